import { place } from "./actions";
import { dropTarget, type Line } from "./list";
import type { FeedJob } from "$/state/feed.svelte";

interface Ground {
  lines: readonly Line[];
  tops: readonly number[];
  scroller: HTMLElement | undefined;
}

/** So near to an edge the list scrolls by itself, pixels. */
const EDGE = 36;

/** Jobs being dragged to another place of the queue. */
export class Drag {
  /** What is being dragged. */
  ids = $state.raw<ReadonlySet<string>>(new Set());
  /** Where it would go. */
  target = $state.raw<{ before: string | null; y: number } | null>(null);

  #ground: () => Ground;

  constructor(ground: () => Ground) {
    this.#ground = ground;
  }

  /** A grip was pressed. */
  begin(event: PointerEvent, jobs: readonly FeedJob[]): void {
    const grip = event.currentTarget as HTMLElement;
    if (event.button !== 0 || jobs.length === 0) return;
    event.preventDefault();
    grip.setPointerCapture(event.pointerId);
    const ids = jobs.map((job) => job.id);
    let y = event.clientY;
    let timer: ReturnType<typeof setInterval> | undefined;
    const aim = () => {
      const { lines, tops, scroller } = this.#ground();
      if (!scroller) return;
      const box = scroller.getBoundingClientRect();
      if (y < box.top + EDGE) scroller.scrollTop -= 12;
      else if (y > box.bottom - EDGE) scroller.scrollTop += 12;
      this.ids = new Set(ids);
      this.target = dropTarget(lines, tops, y - box.top + scroller.scrollTop) ?? null;
    };
    const move = (moved: PointerEvent) => {
      y = moved.clientY;
      timer ??= setInterval(aim, 30);
      aim();
    };
    const end = (drop: boolean) => {
      clearInterval(timer);
      stop.abort();
      const target = this.target;
      this.ids = new Set();
      this.target = null;
      if (!drop || !target || (target.before !== null && ids.includes(target.before))) return;
      void place(ids, target.before);
    };
    const stop = new AbortController();
    const { signal } = stop;
    grip.addEventListener("pointermove", move, { signal });
    grip.addEventListener("pointerup", () => end(true), { signal });
    grip.addEventListener("pointercancel", () => end(false), { signal });
    addEventListener(
      "keydown",
      (key) => {
        if (key.key !== "Escape") return;
        key.stopPropagation();
        end(false);
      },
      { signal, capture: true },
    );
  }
}
