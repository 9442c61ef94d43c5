/** The one subscription to the engine, folded into what the window shows. */
import {
  Channel,
  commands,
  type Event,
  type Hold,
  type JobId,
  type Message,
  type Revisions,
  type Runner,
  type Sheet,
} from "$/ipc";
import { FeedJob } from "$/state/feedjob.svelte";
import { arranged, reordered } from "$/state/fold";

export { FeedJob } from "$/state/feedjob.svelte";

/** Wait before another try when a subscription was refused, ms. */
const AGAIN = 2_000;

/** Everything that the engine tells. */
export class JobFeed {
  /** A snapshot has come, and nothing has been missed since. */
  connected = $state.raw(false);
  /** Why a subscription was refused. */
  error = $state.raw<unknown>(null);
  /** Who works through the queue; `null` before the first snapshot. */
  runner = $state.raw<Runner | null>(null);
  /** Open jobs in the order of the queue, then failed ones, then ended ones, both newest first. */
  jobs = $state.raw<readonly FeedJob[]>([]);
  /** Files held above the window. */
  hover = $state.raw(0);
  /** The sheet to show; set it to `null` once it is closed. */
  sheet = $state.raw<Sheet | null>(null);
  /** The window is being closed; set it to `null` once it is answered. */
  closing = $state.raw<{ running: number; queued: number } | null>(null);
  /** The job to be shown; set it to `null` once it is. */
  opened = $state.raw<JobId | null>(null);
  /** Rises whenever settings were changed. */
  settingsVersion = $state.raw(0);
  /** Counters of what is read again when they rise. */
  revisions = $state.raw<Revisions>({ watches: 0, outbox: 0, hold: 0, costs: 0 });
  /** Rises with every snapshot: something may have been missed before it. */
  snapshots = $state.raw(0);
  /** Why no new job is begun; `null`: jobs are begun. */
  hold = $state.raw<Hold | null>(null);
  /** Folders that were dropped to be watched; set it to `null` once they are offered. */
  watchFolders = $state.raw<readonly string[] | null>(null);

  #byId = new Map<JobId, FeedJob>();
  #listeners = new Set<(event: Event) => void>();
  #seq = 0;
  #subscription = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Jobs that have not ended. */
  get open(): readonly FeedJob[] {
    return this.jobs.filter((job) => job.group === "open");
  }

  /** Begins, or begins anew: the engine answers with a snapshot. */
  async start(): Promise<void> {
    clearTimeout(this.#retry);
    const mine = ++this.#subscription;
    const channel = new Channel<Message>();
    channel.onmessage = (message) => {
      if (mine === this.#subscription) this.fold(message);
    };
    try {
      await commands.subscribe(channel);
      if (mine === this.#subscription) this.error = null;
    } catch (error) {
      if (mine !== this.#subscription) return;
      this.error = error;
      this.connected = false;
      this.#retry = setTimeout(() => void this.start(), AGAIN);
    }
  }

  /** Listens no more. */
  stop(): void {
    clearTimeout(this.#retry);
    this.#subscription += 1;
    this.connected = false;
  }

  /** A job on the queue page. */
  job(id: JobId): FeedJob | undefined {
    void this.jobs;
    return this.#byId.get(id);
  }

  /** Calls for each journal entry; returns how to end that. */
  listen(hear: (event: Event) => void): () => void {
    this.#listeners.add(hear);
    return () => this.#listeners.delete(hear);
  }

  /** Takes jobs off the page at once; the engine has already said yes. */
  forget(ids: readonly JobId[]): void {
    for (const id of ids) this.#byId.delete(id);
    this.#show(this.jobs.filter((job) => this.#byId.has(job.id)));
  }

  /** Shows a new order at once; the engine has already said yes. */
  reorder(moved: readonly JobId[], before: JobId | null): void {
    this.#show(reordered(this.open, moved, before).concat(this.jobs.filter((job) => job.group !== "open")));
  }

  /** Applies one message. */
  fold(message: Message): void {
    switch (message.type) {
      case "snapshot": {
        this.#seq = message.snapshot.seq;
        const jobs = message.snapshot.jobs.map((live) => this.#seeded(live));
        this.#byId = new Map(jobs.map((job) => [job.id, job]));
        this.jobs = jobs;
        this.runner = message.runner;
        this.hold = message.snapshot.hold ?? null;
        this.connected = true;
        this.snapshots += 1;
        return;
      }
      case "event":
        return this.#event(message.event);
      case "job": {
        const known = this.#byId.has(message.job.job.id);
        const job = this.#seeded(message.job);
        this.#byId.set(job.id, job);
        return this.#show(known ? this.jobs : [...this.jobs, job]);
      }
      case "progress": {
        const touched = new Set<FeedJob>();
        let job: FeedJob | undefined;
        for (const step of message.steps) {
          // Steps of a job come together.
          if (job?.id !== step.job) job = this.#byId.get(step.job);
          if (job?.move(step)) touched.add(job);
        }
        const now = this.#now();
        for (const one of touched) one.progressed(now);
        return;
      }
      case "forecast":
        return this.#forecast(message.jobs);
      case "runner":
        this.runner = message.runner;
        return;
      case "sheet":
        this.sheet = message.sheet;
        return;
      case "hover":
        this.hover = message.files;
        return;
      case "open":
        this.opened = message.job;
        return;
      case "closing":
        this.closing = { running: message.running, queued: message.queued };
        return;
      case "settings":
        this.settingsVersion += 1;
        return;
      case "revisions":
        this.revisions = message.revisions;
        return;
      case "hold":
        this.hold = message.hold;
        return;
      case "watch-folders":
        this.watchFolders = message.folders;
    }
  }

  #event(event: Event): void {
    if (!this.connected || event.seq <= this.#seq) return;
    if (event.seq !== this.#seq + 1) {
      this.connected = false;
      void this.start();
      return;
    }
    this.#seq = event.seq;
    const job = this.#byId.get(event.job);
    const gone = event.body.event === "removed" || event.body.event === "dismissed";
    if (gone) this.forget([event.job]);
    else if (event.body.event === "moved") this.reorder([event.job], event.body.before);
    else if (job) {
      const group = job.group;
      job.apply(event.body, event.at_ms);
      if (job.group !== group) this.#show(this.jobs);
    }
    for (const hear of this.#listeners) hear(event);
  }

  #forecast(forecasts: Extract<Message, { type: "forecast" }>["jobs"]): void {
    const place = new Map(forecasts.map((forecast, at) => [forecast.job, { forecast, at }]));
    for (const job of this.jobs) job.forecast = place.get(job.id)?.forecast ?? null;
    const open = this.open;
    // Only a forecast that names every open job says how they are ordered.
    if (open.length === 0 || !open.every((job) => place.has(job.id))) return;
    const order = open.map((job) => place.get(job.id)?.at ?? 0);
    if (order.every((at, index) => index === 0 || (order[index - 1] ?? 0) < at)) return;
    const sorted = [...open].sort((a, b) => (place.get(a.id)?.at ?? 0) - (place.get(b.id)?.at ?? 0));
    this.#show([...sorted, ...this.jobs.filter((job) => job.group !== "open")]);
  }

  #seeded(live: Parameters<FeedJob["seed"]>[0]): FeedJob {
    const known = this.#byId.get(live.job.id);
    known?.seed(live);
    return known ?? new FeedJob(live);
  }

  #show(jobs: readonly FeedJob[]): void {
    const next = arranged(jobs);
    const same = next.length === this.jobs.length && next.every((job, at) => job === this.jobs[at]);
    if (!same) this.jobs = next;
  }
}

/** The window's feed. */
export const feed = new JobFeed();
