/** The jobs of the fake back end, and how they go on. Deterministic: no clock, no chance. */
import type {
  AttemptView,
  Cell,
  EngineWish,
  Event,
  EventBody,
  Failure,
  Finding,
  Hold,
  JobDetail,
  JobExtras,
  JobId,
  JobState,
  JobView,
  LedgerLine,
  LiveJob,
  Message,
  OutputView,
  RemoteView,
  Route,
  StepKind,
  StepProgress,
  StepState,
  StepView,
} from "../bindings";
import { PRICE_BOOK } from "./engines";
import { emit } from "./wire";

/** A step that can be worked on. */
export interface FakeStep extends StepView {
  needs: number[];
  doneFrames: number;
  /** Done by MediaConvert: takes no worker. */
  remote: boolean;
}

/** A job with all that the fake knows. */
export interface FakeJob {
  view: JobView;
  frameRate: number | null;
  steps: FakeStep[];
  findings: Finding[];
  events: Event[];
  /** Frames of the picture, and its rate. */
  frames: number;
  rate: number;
  dismissed: boolean;
  ledger: LedgerLine[];
  remote: RemoteView[];
}

/** What a job is to be like at first. */
export interface Spec {
  source: string;
  profile: string;
  state?: JobState;
  wish?: JobView["wish"];
  minutes?: number;
  rate?: number;
  /** Segments done before the start. */
  reached?: number;
  failure?: Failure;
  agoMinutes?: number;
  /** Segments that fail at their first try. */
  troubled?: number[];
  /** Which engine was asked for. */
  engineWish?: EngineWish;
  /** Which engine does it; absent: this machine, and nobody says why. */
  route?: Route | null;
  extras?: Partial<JobExtras>;
}

const PARTNERS: Record<string, string> = {
  "apple-hls": "Apple HLS",
  "hevc-archive": "Archive",
  "prores-mezzanine": "Post production",
  "proxy-edit": "Editing",
  "web-mp4": "Web",
  youtube: "YouTube",
};
const SEGMENT_SECONDS = 12;
const CHUNK_SECONDS = 60;
const WORKERS = 4;
const TRANSFERS = 3;
const FRAMES_PER_SECOND = 85;
const EXTENSION: Record<string, string> = { "apple-hls": "", "prores-mezzanine": ".mov" };

const title = (source: string) => (source.split("/").at(-1) ?? source).replace(/\.[^.]+$/, "");

/** Jobs, journal and listeners. */
export class World {
  jobs: FakeJob[] = [];
  hold: Hold | null = null;
  seq = 4_200;
  #count = 0;

  constructor(public now: number) {}

  find(id: JobId): FakeJob {
    const job = this.jobs.find((one) => one.view.id === id);
    if (!job) throw { kind: "no-such-job", message: "This job is gone.", failure: null };
    return job;
  }

  /** A journal entry, kept and told. */
  tell(job: FakeJob, body: EventBody) {
    const event: Event = { seq: ++this.seq, at_ms: this.now, job: job.view.id, body };
    job.events.push(event);
    emit({ type: "event", event });
  }

  add(spec: Spec): FakeJob {
    const number = ++this.#count;
    const ago = (spec.agoMinutes ?? 12) * 60_000;
    const id = `01933f20-${(0x1000 + number).toString(16)}-7a3c-9d10-${(0x5b1e00000000 + number * 7919).toString(16)}`;
    const rate = spec.rate ?? 25;
    const job: FakeJob = {
      view: {
        id,
        source: spec.source,
        profile: spec.profile,
        partner: PARTNERS[spec.profile] ?? spec.profile,
        engine: spec.route?.engine ?? "local",
        engine_wish: spec.engineWish ?? "auto",
        route: spec.route ?? null,
        state: "queued",
        wish: spec.wish ?? "run",
        priority: 0,
        created_ms: this.now - ago,
        started_ms: null,
        ended_ms: null,
        out_dir: "/media/deliveries/november",
        steps: { total: 2, done: 0, running: 0, failed: 0 },
        error: null,
        outputs: [],
        receipt: null,
        cost_microusd: 0,
        extras: { title: null, metadata: {}, deadline_ms: null, watch: null, ...spec.extras },
      },
      frameRate: null,
      steps: [step(0, "inspect", "inspect", "ready", 0, []), step(1, "hash", "hash", "ready", 0, [])],
      findings: [],
      events: [],
      frames: Math.round((spec.minutes ?? 5) * 60 * rate),
      rate,
      dismissed: false,
      ledger: [],
      remote: [],
    };
    this.jobs.push(job);
    this.#bring(job, spec, ago);
    return job;
  }

  /** Brings a new job to where it is to be at first. */
  #bring(job: FakeJob, spec: Spec, ago: number) {
    const target = spec.state ?? "queued";
    const real = this.now;
    this.now = real - ago;
    this.tell(job, { event: "submitted" });
    if (job.view.route) this.tell(job, { event: "routed", route: job.view.route });
    if (target === "queued") {
      this.now = real;
      return;
    }
    job.view.state = "running";
    job.view.started_ms = this.now + 4_000;
    this.now += 4_000;
    this.tell(job, { event: "job", state: "running", failure: null });
    // What fails before anything was encoded failed while it was looked at.
    const unreadable = target === "failed" && spec.reached === undefined;
    if (!unreadable) this.finish(job, job.steps[0] as FakeStep, 1_800);
    const segments = job.steps.filter((one) => one.kind === "segment");
    const all = target === "delivered";
    const reached = all ? segments.length : (spec.reached ?? 0);
    const pieces = Math.max(1, segments.length);
    const each = Math.max(900, Math.floor((ago - 14_000) / pieces));
    const kind = (name: StepKind) => job.steps.filter((one) => one.kind === name);
    // The cloud is some chunks ahead.
    const ahead = reached === 0 && !all ? 0 : 3;
    for (const upload of kind("upload").slice(0, reached + ahead + 1)) this.finish(job, upload, 3_000);
    for (const [at, segment] of segments.entries()) {
      if (at >= reached) break;
      if (spec.troubled?.includes(at)) this.stumble(job, segment);
      this.finish(job, segment, segment.remote ? 14_000 : Math.min(each, 9_000));
    }
    for (const download of kind("download").slice(0, Math.max(0, all ? reached : reached - 1)))
      this.finish(job, download, 2_500);
    if (reached > 0) {
      this.finish(job, job.steps[1] as FakeStep, 6_200);
      for (const one of job.steps.filter((step) => step.kind === "audio")) this.finish(job, one, 5_100);
    }
    if (all) for (const one of job.steps) if (one.state !== "done") this.finish(job, one, 1_200);
    if (target === "cancelled") this.end(job, "cancelled", null);
    if (target === "failed" && spec.failure) {
      const broken = job.steps.find((one) => one.state !== "done") ?? (job.steps[0] as FakeStep);
      for (let tries = 0; tries < (unreadable ? 1 : 2); tries++) this.stumble(job, broken, spec.failure);
      broken.state = "failed";
      this.end(job, "failed", spec.failure);
    }
    this.now = real;
  }

  /** A try that fails and will be repeated. */
  stumble(job: FakeJob, one: FakeStep, failure: Failure = crashed(job.view.source)) {
    one.attempt += 1;
    one.attempts.push({
      number: one.attempt,
      started_ms: this.now,
      ended_ms: this.now + 2_400,
      outcome: "failed",
      failure,
    });
    this.now += 3_000;
    this.step(job, one, "waiting", failure);
  }

  /** Tells a step's new state. */
  step(job: FakeJob, one: FakeStep, state: StepState, failure: Failure | null = null) {
    one.state = state;
    // What is in the cloud waits for nothing that has a time.
    one.due_ms = state === "waiting" && (failure !== null || !one.remote) ? this.now + 4_000 : null;
    job.view.steps = {
      total: job.steps.length,
      done: job.steps.filter((two) => two.state === "done").length,
      running: job.steps.filter((two) => two.state === "running").length,
      failed: job.steps.filter((two) => two.state === "failed").length,
    };
    const { ord, kind, label, attempt, frames, due_ms } = one;
    this.tell(job, { event: "step", ord, kind, label, state, attempt, frames, failure, due_ms });
  }

  /** Begins a try. */
  begin(job: FakeJob, one: FakeStep) {
    one.attempt += 1;
    one.doneFrames = 0;
    one.attempts.push({
      number: one.attempt,
      started_ms: this.now,
      ended_ms: null,
      outcome: null,
      failure: null,
    });
    if (job.view.state === "queued") {
      job.view.state = "running";
      job.view.started_ms = this.now;
      this.tell(job, { event: "job", state: "running", failure: null });
    }
    if (one.remote) this.#hand(job, one);
    this.step(job, one, one.remote ? "waiting" : "running");
  }

  /** Gives a chunk to the cloud: first it is put down what it will cost. */
  #hand(job: FakeJob, one: FakeStep) {
    const minutes = one.frames / job.rate / 60;
    const estimate = Math.round(minutes * 4 * 7_500);
    job.ledger.push({
      at_ms: this.now,
      job: job.view.id,
      profile: job.view.profile,
      partner: job.view.partner,
      engine: "cloud",
      resource: "transcode",
      item: one.label,
      quantity: Math.round(minutes * 4 * 1000) / 1000,
      unit: "normalized-minute",
      unit_nanousd: 7_500_000,
      estimate_microusd: estimate,
      amount_microusd: estimate,
      state: "reserved",
      price_book: PRICE_BOOK,
    });
    job.remote.push({
      ord: one.ord,
      remote_id: `1763816400${String(one.ord).padStart(3, "0")}-q8r2kd`,
      state: "submitted",
      phase: null,
      submitted_ms: this.now,
      finished_ms: null,
      error: null,
    });
    this.#charged(job);
  }

  /** The service has said what it did. */
  #settle(job: FakeJob, one: FakeStep) {
    const line = job.ledger.findLast((entry) => entry.item === one.label);
    if (line)
      Object.assign(line, {
        state: "settled",
        amount_microusd: Math.round(line.estimate_microusd * (0.96 + 0.01 * (one.ord % 9))),
      });
    const remote = job.remote.findLast((entry) => entry.ord === one.ord);
    if (remote) Object.assign(remote, { state: "complete", phase: null, finished_ms: this.now });
    this.#charged(job);
  }

  #charged(job: FakeJob) {
    job.view.cost_microusd = job.ledger.reduce((sum, line) => sum + line.amount_microusd, 0);
    this.tell(job, { event: "charged", cost_microusd: job.view.cost_microusd });
  }

  /** Ends a step well; begins it first where nobody did. */
  finish(job: FakeJob, one: FakeStep, tookMs = 0) {
    if (one.state !== "running" && !(one.remote && one.state === "waiting" && one.due_ms === null)) {
      this.begin(job, one);
      this.now += tookMs;
    }
    if (one.remote) this.#settle(job, one);
    const last = one.attempts.at(-1) as AttemptView;
    last.ended_ms = this.now;
    last.outcome = "done";
    one.doneFrames = one.frames;
    this.step(job, one, "done");
    if (one.kind === "inspect" && job.steps.length === 2) this.#plan(job);
    for (const two of job.steps) {
      const free = two.needs.every((ord) => job.steps.find((need) => need.ord === ord)?.state === "done");
      if (two.state === "blocked" && free) this.step(job, two, "ready");
    }
    if (one.kind === "tidy") this.end(job, "delivered", null);
  }

  end(job: FakeJob, state: JobState, failure: Failure | null) {
    Object.assign(job.view, { state, error: failure, ended_ms: this.now });
    if (state === "delivered") {
      job.view.outputs = this.#outputs(job);
      job.view.receipt = "{}";
    }
    this.tell(job, { event: "job", state, failure });
    emit({ type: "job", job: this.live(job) });
  }

  #outputs(job: FakeJob): OutputView[] {
    const { source, profile, out_dir } = job.view;
    const duration = (job.frames / job.rate) * 1000;
    const path = `${out_dir}/${title(source)}_${profile === "apple-hls" ? "hls" : profile}${EXTENSION[profile] ?? ".mp4"}`;
    const main = {
      id: "main",
      path,
      bytes: Math.round(duration * 820),
      frames: job.frames,
      duration_ms: duration,
    };
    if (profile !== "web-mp4") return [main];
    return [
      main,
      { ...main, id: "trailer", path: path.replace(".mp4", "_small.mp4"), bytes: Math.round(duration * 210) },
    ];
  }

  #plan(job: FakeJob) {
    const away = job.view.engine === "cloud";
    const size = (away ? CHUNK_SECONDS : SEGMENT_SECONDS) * job.rate;
    const segments = Math.ceil(job.frames / size);
    const [encoded, audio]: [number[], number[]] = [[], []];
    const push = (kind: StepKind, label: string, frames: number, needs: number[]) => {
      const ord = job.steps.length;
      job.steps.push(step(ord, kind, label, needs.length === 0 ? "ready" : "blocked", frames, needs));
      return ord;
    };
    for (let at = 0; at < segments; at++) {
      const frames = at === segments - 1 ? job.frames - size * (segments - 1) : size;
      const of = `${at + 1} of ${segments}`;
      if (!away) {
        encoded.push(push("segment", `segment ${of}`, frames, []));
        continue;
      }
      const upload = push("upload", `send segment ${of}`, 0, []);
      // The first one back shows that the others may go.
      const segment = push("segment", `segment ${of}`, frames, [upload, ...encoded.slice(0, 1)]);
      (job.steps[segment] as FakeStep).remote = true;
      encoded.push(push("download", `fetch segment ${of}`, 0, [segment]));
    }
    audio.push(push("audio", "audio stereo", 0, []));
    const outputs = this.#outputs(job).map((output) => {
      const stitch = push("stitch", `stitch ${output.id}`, 0, [...encoded, ...audio]);
      return push("verify", `verify ${output.id}`, 0, [stitch]);
    });
    const deliver = push("deliver", "deliver", 0, [...outputs, 1]);
    push("tidy", "tidy", 0, [
      away ? push("clear", "remove everything from the cloud", 0, [deliver]) : deliver,
    ]);
    job.frameRate = job.rate;
    job.findings = [
      {
        verdict: "warn",
        id: "smaller-than-output",
        text: "The source is 1280 × 720, smaller than the 1920 × 1080 asked for; it is not enlarged.",
        advice: "Deliver the largest master there is.",
        values: { width: "1280", height: "720", wanted_width: "1920", wanted_height: "1080" },
      },
    ];
    this.tell(job, {
      event: "planned",
      steps: job.steps.length,
      segments,
      frames: job.frames,
      findings: job.findings,
    });
    emit({ type: "job", job: this.live(job) });
  }

  live(job: FakeJob): LiveJob {
    const cells: Cell[] = job.steps.map(({ ord, kind, state, frames, attempt, due_ms }) => ({
      ord,
      kind,
      state,
      frames,
      attempt,
      due_ms,
    }));
    return { job: { ...job.view }, frame_rate: job.frameRate, cells };
  }

  detail(job: FakeJob): JobDetail {
    const steps = job.steps.map(({ needs: _needs, doneFrames: _done, remote: _remote, ...view }) => ({
      ...view,
      attempts: view.attempts.map((attempt) => ({ ...attempt })),
    }));
    return {
      job: { ...job.view },
      steps,
      findings: job.findings,
      frame_rate: job.frameRate,
      events: [...job.events],
    };
  }

  /** Lets `ms` pass. */
  advance(ms: number) {
    this.now += ms;
    const progress: StepProgress[] = [];
    const open = this.jobs.filter((job) => job.view.state === "queued" || job.view.state === "running");
    // Transfers and the cloud take no worker.
    let [free, lanes] = [WORKERS, TRANSFERS];
    const takes = (one: FakeStep, count: number) => {
      if (one.kind === "upload" || one.kind === "download") lanes -= count;
      else if (!one.remote) free -= count;
    };
    const room = (one: FakeStep) =>
      one.remote || (one.kind === "upload" || one.kind === "download" ? lanes : free) > 0;
    for (const job of open) {
      for (const one of job.steps) {
        const handed = one.remote && one.state === "waiting" && one.due_ms === null;
        if (one.state === "waiting" && !handed && (one.due_ms ?? 0) <= this.now) this.step(job, one, "ready");
        if (one.state !== "running" && !handed) continue;
        takes(one, 1);
        const total = one.frames > 0 ? one.frames : 200;
        const speed = FRAMES_PER_SECOND * (0.8 + 0.1 * (one.ord % 5)) * (handed ? 2.2 : 1);
        one.doneFrames += (ms / 1000) * speed;
        const remote = handed ? job.remote.findLast((entry) => entry.ord === one.ord) : undefined;
        if (remote) Object.assign(remote, { state: "progressing", phase: phaseOf(one.doneFrames / total) });
        if (one.doneFrames >= total) {
          this.finish(job, one);
          takes(one, -1);
        } else progress.push({ job: job.view.id, ord: one.ord, done: Math.floor(one.doneFrames), total });
      }
    }
    for (const job of open) {
      if (job.view.wish !== "run") continue;
      for (const one of job.steps) {
        if (one.state !== "ready" || !room(one)) continue;
        this.begin(job, one);
        takes(one, 1);
      }
    }
    if (progress.length > 0) emit({ type: "progress", steps: progress });
  }

  /** Tells how far running steps are. */
  progress() {
    const steps = this.jobs.flatMap((job) =>
      job.steps.flatMap((one): StepProgress[] => {
        const total = one.frames > 0 ? one.frames : 200;
        const done = Math.floor(one.doneFrames);
        const busy = one.state === "running" || (one.remote && one.state === "waiting");
        return busy ? [{ job: job.view.id, ord: one.ord, done, total }] : [];
      }),
    );
    if (steps.length > 0) emit({ type: "progress", steps });
  }

  /** When everything will probably be through. */
  forecast() {
    let at = this.now;
    const open = this.jobs.filter((job) => job.view.state === "queued" || job.view.state === "running");
    const jobs = open.map((job) => {
      const start = job.view.state === "queued" ? Math.round(at) : null;
      const known = job.steps.some((one) => one.kind === "segment");
      const left = known ? job.steps.reduce((sum, one) => sum + one.frames - one.doneFrames, 0) : job.frames;
      at += (left / (FRAMES_PER_SECOND * WORKERS)) * 1000 + 8_000;
      return { job: job.view.id, start_ms: start, finish_ms: Math.round(at), measured: known };
    });
    emit({ type: "forecast", jobs });
  }

  snapshot(): Message {
    const shown = this.jobs.filter((job) => !job.dismissed);
    const state = (job: FakeJob) => job.view.state;
    const open = shown.filter((job) => state(job) === "queued" || state(job) === "running");
    const failed = shown.filter((job) => state(job) === "failed");
    const ended = shown.filter((job) => state(job) === "delivered" || state(job) === "cancelled");
    return {
      type: "snapshot",
      snapshot: {
        seq: this.seq,
        jobs: [...open, ...failed, ...ended].map((job) => this.live(job)),
        hold: this.hold,
      },
      runner: { state: "here" },
    };
  }
}

function step(
  ord: number,
  kind: StepKind,
  label: string,
  state: StepState,
  frames: number,
  needs: number[],
): FakeStep {
  return {
    ord,
    kind,
    label,
    state,
    attempt: 0,
    due_ms: null,
    frames,
    attempts: [],
    needs,
    doneFrames: 0,
    remote: false,
  };
}

/** What MediaConvert is at. */
const phaseOf = (part: number) => (part < 0.1 ? "probing" : part < 0.9 ? "transcoding" : "uploading");

/** A failure of the job on `source`. */
export function failed(
  source: string,
  parts: Partial<Failure> & Pick<Failure, "code" | "why" | "next">,
): Failure {
  const name = source.split("/").at(-1) ?? source;
  return {
    what: `\u201c${name}\u201d was not delivered.`,
    did: "The step \u201cinspect\u201d was tried once.",
    safe: "The source was only read.",
    spent_microusd: 0,
    otherwise: "",
    waiting_helps: false,
    details: `source: ${source}\nspillway 0.1.0`,
    ...parts,
  };
}

function crashed(source: string): Failure {
  return failed(source, {
    code: "ENC-01",
    what: `\u201c${source.split("/").at(-1)}\u201d was not delivered: a worker process kept ending early.`,
    why: "The worker ended with signal 9, probably for want of memory.",
    next: "`spillway retry {id}` tries again and keeps what is finished.",
  });
}
