import { locale, systemLocale } from "$/i18n";
import { asCommandError, commands, type CommandError, type Settings, type SettingsPage } from "$/ipc";

type Edit = (settings: Settings) => Settings;

let page = $state.raw<SettingsPage | null>(null);
/** Changes on their way, oldest first; what is shown has them already. */
let pending = $state.raw<readonly Edit[]>([]);
let error = $state.raw<CommandError | null>(null);
let last: Promise<unknown> = Promise.resolve();

/** One after the other: an answer never takes back what a later one said. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const turn = last.then(work);
  last = turn.catch(() => {});
  return turn;
}

/** Settings, and the window's looks that follow from them. */
export const prefs = {
  /** As the back end last told; `null` before it did. */
  get page(): SettingsPage | null {
    return page;
  },
  /** As they will be when everything on its way is written. */
  get settings(): Settings | null {
    return page && pending.reduce((settings, edit) => edit(settings), page.settings);
  },
  /** Why they could not be read. */
  get error(): CommandError | null {
    return error;
  },
  load: () =>
    inTurn(async () => {
      try {
        page = await commands.settings();
        error = null;
      } catch (thrown) {
        error = asCommandError(thrown);
      }
      applyLooks();
    }),
  /** Changes settings at once, and takes it back if they cannot be written. Returns what went wrong. */
  change(edit: Edit): Promise<CommandError | null> {
    pending = [...pending, edit];
    applyLooks();
    return inTurn(async () => {
      try {
        if (page) page = await commands.saveSettings(edit(page.settings));
        return null;
      } catch (thrown) {
        return asCommandError(thrown);
      } finally {
        pending = pending.filter((one) => one !== edit);
        applyLooks();
      }
    });
  },
};

const dark = () => matchMedia("(prefers-color-scheme: dark)");
const contrast = () => matchMedia("(prefers-contrast: more)");

/** Language, theme and contrast as the settings want them, or the system does. */
export function applyLooks() {
  const desktop = prefs.settings?.desktop;
  const theme = desktop?.appearance ?? "system";
  const root = document.documentElement;
  root.dataset.theme = theme === "system" ? (dark().matches ? "dark" : "light") : theme;
  if (desktop?.contrast === "high" || contrast().matches) root.dataset.contrast = "high";
  else delete root.dataset.contrast;
  const language = desktop?.language ?? "system";
  locale.set(language === "system" ? systemLocale() : language);
}

/** Follows the system's changes; call what comes back to stop. */
export function followSystem(): () => void {
  const lists = [dark(), contrast()];
  for (const list of lists) list.addEventListener("change", applyLooks);
  return () => lists.forEach((list) => list.removeEventListener("change", applyLooks));
}
