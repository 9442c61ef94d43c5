/** Colours of the theme for what is drawn on a canvas. */
const NAMES = ["blocked", "ready", "running", "waiting", "done", "failed", "skipped"] as const;

export type Palette = Record<(typeof NAMES)[number], string>;

function read(): Palette {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(
    NAMES.map((name) => [name, style.getPropertyValue(`--cell-${name}`).trim()]),
  ) as Palette;
}

let colors = $state.raw<Palette | null>(null);

function watch() {
  const again = () => (colors = read());
  new MutationObserver(again).observe(document.documentElement, {
    attributes: true,
    attributeFilter: ["data-theme", "data-contrast"],
  });
  again();
}

/** Colours of cells by state; whoever reads them draws again when the theme changes. */
export function palette(): Palette {
  if (colors === null) queueMicrotask(() => colors === null && watch());
  return colors ?? read();
}
