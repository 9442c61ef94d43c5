import type { EventBody, JobForecast, JobView, LiveJob, StepProgress } from "$/ipc";
import {
  applyProgress,
  applyStep,
  groupOf,
  trackOf,
  viewAfter,
  type FeedCell,
  type SegmentCounts,
  type Track,
} from "$/state/fold";
import { figuresOf, Pace, type Figures } from "$/state/pace";

/** A job on the page. Cells are changed in place; whoever draws them reads `version` first. */
export class FeedJob {
  readonly id: string;
  /** The list's view. */
  view = $state.raw() as JobView;
  /** Frames to encode for each second of playing time. */
  frameRate = $state.raw<number | null>(null);
  /** When it will probably be through. */
  forecast = $state.raw<JobForecast | null>(null);
  /** Progress, speed, time left, phase. */
  figures = $state.raw() as Figures;
  /** How many segments stand where. */
  segments = $state.raw() as SegmentCounts;
  /** Rises with every change of a cell. */
  version = $state.raw(0);
  /** Where on the queue page it belongs. */
  readonly group = $derived(groupOf(this.view));

  #track: Track;
  #pace = new Pace();

  constructor(live: LiveJob) {
    this.id = live.job.id;
    this.#track = trackOf(live);
    this.view = live.job;
    this.frameRate = live.frame_rate;
    this.#refresh();
  }

  /** Every step in order; not reactive by itself. */
  get cells(): readonly FeedCell[] {
    return this.#track.cells;
  }

  /** Takes the place of what was known; progress of running steps is kept. */
  seed(live: LiveJob): void {
    this.#track = trackOf(live, this.#track);
    this.view = live.job;
    this.frameRate = live.frame_rate;
    this.#refresh();
  }

  /** Takes over a journal entry. */
  apply(body: EventBody, at: number): void {
    if (body.event === "step") applyStep(this.#track, body);
    if (body.event === "wished" && body.wish !== "run") this.#pace.reset();
    const view = viewAfter(this.view, body, at);
    this.view = body.event === "step" ? { ...view, steps: this.#track.tally.counts } : view;
    this.#refresh();
  }

  /** Takes over progress without drawing yet; says whether [`progressed`](FeedJob.progressed) is due. */
  move(progress: StepProgress): boolean {
    return applyProgress(this.#track, progress);
  }

  /** Progress was taken over at `now` (ms). */
  progressed(now: number): void {
    this.#pace.sample(now, this.#track.frames.done);
    this.#refresh();
  }

  #refresh(): void {
    this.segments = this.#track.tally.segments;
    this.figures = figuresOf(this.view, this.#track, this.frameRate, this.#pace);
    this.version += 1;
  }
}
