/** Which lines of the queue page are in view, which row the keyboard is on, and what keys do. */
import { tick } from "svelte";

import { number } from "$/format";
import { m } from "$/i18n";
import { feed, type FeedJob } from "$/state/feed.svelte";
import * as act from "./actions";
import { HEIGHTS, keptRow, linesOf, moveTarget, offsetsOf, windowOf, type Direction } from "./list";
import { fileName } from "./rowwords";
import { all, extended, NOTHING, only, toggled, type Chosen } from "./selection";

interface Host {
  chosen: Chosen;
  cancel: (jobs: readonly FeedJob[]) => void;
}

const MOVES: Record<string, Direction> = { ArrowUp: "up", ArrowDown: "down", Home: "top", End: "bottom" };

export class Listing {
  scroller: HTMLElement | undefined = $state();
  top = $state(0);
  height = $state(0);
  /** The row that the keyboard is on, or was. */
  active = $state<string | null>(null);
  /** For those who do not see what moved. */
  said = $state("");

  readonly lines = $derived(linesOf(feed.jobs));
  readonly tops = $derived(offsetsOf(this.lines));
  readonly order = $derived(this.lines.flatMap((line) => (line.kind === "heading" ? [] : [line.job.id])));
  readonly seen = $derived(windowOf(this.tops, this.top, this.height));
  readonly current = $derived(
    this.active !== null && this.order.includes(this.active) ? this.active : (this.order[0] ?? null),
  );
  readonly drawn = $derived.by(() => {
    const { first, last } = this.seen;
    const shown = this.lines.slice(first, last).map((line, at) => ({ line, at: first + at }));
    // The row with the keyboard on it stays, wherever the view went.
    const at = this.#lineOf(this.current);
    const line = this.lines[at];
    if (line && (at < first || at >= last)) shown.push({ line, at });
    return shown;
  });

  #host: Host;
  #before: readonly string[] = [];

  constructor(host: Host) {
    this.#host = host;
  }

  /** Jobs that an action on this one means: the selection, where it belongs to it. */
  meant(id: string): FeedJob[] {
    const { ids } = this.#host.chosen;
    const chosen = ids.has(id) ? ids : new Set([id]);
    return feed.jobs.filter((job) => chosen.has(job.id));
  }

  /** Puts the keyboard on a job. */
  async focus(id: string): Promise<void> {
    this.active = id;
    const at = this.#lineOf(id);
    const line = this.lines[at];
    const { scroller, height } = this;
    if (!scroller || !line) return;
    const start = this.tops[at] ?? 0;
    // The first row of a section brings its heading along.
    const above = this.lines[at - 1]?.kind === "heading" ? HEIGHTS.heading : 0;
    if (start - above < scroller.scrollTop) scroller.scrollTop = start - above;
    else if (start + HEIGHTS[line.kind] > scroller.scrollTop + height)
      scroller.scrollTop = start + HEIGHTS[line.kind] - height;
    this.top = scroller.scrollTop;
    await tick();
    scroller.querySelector<HTMLElement>(`[data-job="${id}"]`)?.focus({ preventScroll: true });
  }

  /**
   * Before each drawing: a row that moves or goes loses the keyboard, which then goes on from there and not
   * from the top of the page.
   */
  keep(): void {
    const [was, now] = [this.#before, this.order];
    this.#before = now;
    const held = document.activeElement?.closest<HTMLElement>("[data-job]")?.dataset.job;
    if (held === undefined || !this.scroller?.contains(document.activeElement)) return;
    void tick().then(() => {
      const kept = document.activeElement === document.body ? keptRow(was, now, held) : null;
      if (kept !== null) void this.focus(kept);
    });
  }

  keydown(event: KeyboardEvent): void {
    const row = (event.target as HTMLElement).closest<HTMLElement>("[data-job]");
    const id = row?.dataset.job;
    if (!row || id === undefined) return;
    const done = event.altKey
      ? this.#moved(event, id)
      : event.ctrlKey || event.metaKey
        ? this.#chosenAll(event)
        : this.#walked(event, id) || this.#acted(event, id, event.target === row);
    if (done) event.preventDefault();
  }

  #lineOf(id: string | null): number {
    return this.lines.findIndex((line) => line.kind !== "heading" && line.job.id === id);
  }

  #moved(event: KeyboardEvent, id: string): boolean {
    const direction = MOVES[event.key];
    if (direction) void this.#shift(id, direction);
    return direction !== undefined;
  }

  async #shift(id: string, direction: Direction): Promise<void> {
    const jobs = this.meant(id).filter(act.isOpen);
    const ids = feed.open.map((job) => job.id);
    if (!moveTarget(ids, new Set(jobs.map((job) => job.id)), direction)) return;
    await act.move(jobs, direction);
    await this.focus(id);
    const job = feed.job(id);
    const position = feed.open.findIndex((one) => one.id === id) + 1;
    if (!job) return;
    const name = fileName(job.view.source);
    this.said = m.queue_moved({ name, position: number(position), all: number(feed.open.length) });
  }

  #chosenAll(event: KeyboardEvent): boolean {
    if (event.key !== "a") return false;
    this.#host.chosen = all(this.order);
    return true;
  }

  #walked(event: KeyboardEvent, id: string): boolean {
    const at = this.order.indexOf(id);
    const page = Math.max(1, Math.floor(this.height / HEIGHTS.open) - 1);
    const last = this.order.length - 1;
    const to = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: last,
    }[event.key];
    if (to === undefined) return false;
    const next = this.order[Math.max(0, Math.min(last, to))];
    if (next === undefined) return true;
    const { chosen } = this.#host;
    if (event.shiftKey)
      this.#host.chosen = extended(chosen.anchor === null ? only(id) : chosen, this.order, next);
    void this.focus(next);
    return true;
  }

  #acted(event: KeyboardEvent, id: string, onRow: boolean): boolean {
    const host = this.#host;
    const jobs = this.meant(id);
    const job = feed.job(id);
    if (event.key === " " && onRow) host.chosen = toggled(host.chosen, id);
    else if (event.key === "Enter" && onRow && job) act.openPage(job);
    else if (event.key === "Escape" && host.chosen.ids.size > 0) host.chosen = NOTHING;
    else if (event.key === "Delete") {
      if (jobs.some(act.canCancel)) host.cancel(jobs.filter(act.canCancel));
      else void act.dismiss(jobs);
    } else if (event.key.toLowerCase() === "p")
      void act.wish(jobs, jobs.some(act.canPause) ? "pause" : "run");
    else if (event.key.toLowerCase() === "r") void act.retry(jobs);
    else return false;
    return true;
  }
}
