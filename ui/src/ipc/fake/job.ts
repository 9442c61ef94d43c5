/** A job in full, its receipt and its report, of the fake back end. */
import type { JobId, OutputReceipt, Receipt, RuleResult } from "../bindings";
import { past } from "./history";
import { world } from "./queue";
import type { FakeJob } from "./world";

const hex = (seed: string, length = 64) => {
  let value = 2166136261;
  let text = "";
  for (let at = 0; text.length < length; at++) {
    value = Math.imul(value ^ seed.charCodeAt(at % seed.length) ^ at, 16777619) >>> 0;
    text += value.toString(16).padStart(8, "0");
  }
  return text.slice(0, length);
};

const APPLE = {
  title: "HLS authoring specification for Apple devices",
  url: "https://developer.apple.com/documentation/http-live-streaming/hls-authoring-specification-for-apple-devices",
  checked: "2026-11-22",
};
const YOUTUBE = {
  title: "Recommended upload encoding settings",
  url: "https://support.google.com/youtube/answer/1722171",
  checked: "2026-11-20",
};

const rule = (
  id: string,
  title: string,
  expected: string,
  measured: string,
  more: Partial<RuleResult> = {},
): RuleResult => ({
  rule: id,
  title,
  expected,
  measured,
  verdict: "pass",
  source: null,
  place: null,
  ...more,
});

function rules(hls: boolean, frames: number): RuleResult[] {
  const source = hls ? APPLE : YOUTUBE;
  const all = [
    rule("frame-count", "Every frame is there, once", `${frames} frames`, `${frames} frames`),
    rule("times-rise", "Frame times rise", "every one", "every one"),
    rule("seams-decode", "Seams between segments decode cleanly", "all", "all"),
    rule("codec", "Video codec", "h264", "h264", { source }),
    rule("closed-gop", "Closed GOPs", "every keyframe is an IDR", "every keyframe is an IDR", { source }),
    rule("max-gop", "Keyframe distance", "at most 2 s", "2 s", { source }),
    rule("bt709", "Colour", "BT.709, tagged", "BT.709, tagged", { source }),
    rule("audio-rate", "Audio sample rate", "48 000 Hz", "48 000 Hz", { source }),
    rule("loudness", "Loudness", "−14 LUFS ±1 LU, at most −1 dBTP", "−14.2 LUFS, −1.3 dBTP"),
  ];
  if (!hls)
    return [
      ...all,
      rule("moov-first", "Index before the media", "moov before mdat", "moov before mdat", { source }),
    ];
  return [
    ...all,
    rule("segment-length", "Segment length", "at most 6.5 s", "6 s", { source }),
    rule("peak-to-average", "Peak bit rate against the average", "at most 2.0 times", "2.14 times", {
      verdict: "warn",
      source,
      place: "1080p",
    }),
  ];
}

function outputReceipt(job: FakeJob, index: number): OutputReceipt {
  const output = job.view.outputs[index];
  if (!output) throw { kind: "not-possible", message: "The job has no such output.", failure: null };
  const hls = job.view.profile === "apple-hls";
  const names = ["1080p/media.mp4", "720p/media.mp4", "432p/media.mp4", "audio/stereo.mp4", "main.m3u8"];
  const files = hls ? names : [""];
  return {
    id: output.id,
    container: hls ? "hls" : "mp4",
    path: output.path,
    bytes: output.bytes,
    files: files.map((path, at) => ({
      path,
      bytes: at === 4 ? 1_812 : Math.round(output.bytes / files.length),
      sha256: hex(output.path + path),
    })),
    frames: output.frames,
    duration_ms: output.duration_ms,
    picture: {
      copied: false,
      text: "H.264 High 4.0, 1920×1080, 25 frames/s, CRF 18 under 8 Mbit/s",
      renditions: [],
      segments: job.steps
        .filter((step) => step.kind === "segment")
        .map((step, at) => ({ first: at * 300, frames: step.frames, attempts: step.attempt })),
    },
    audio: [
      {
        id: "stereo",
        stream: 1,
        copied: false,
        text: "AAC-LC, stereo, 48 kHz, 192 kbit/s",
        gain_db: -3.4,
        source_lufs: -10.8,
        silence: 0,
        cut: 0,
      },
    ],
    carriage: [
      { what: "color", fate: "carried", text: "BT.709, limited range, as in the source." },
      { what: "resolution", fate: "converted", text: "3840×2160 became 1920×1080." },
      { what: "precision", fate: "converted", text: "10 bits, 4:2:2 became 8 bits, 4:2:0." },
      { what: "timecode", fate: "lost", text: "Start timecode 10:00:00:00; the profile drops it." },
    ],
    verdict: hls ? "warn" : "pass",
    rules: rules(hls, output.frames),
  };
}

function receipt(job: FakeJob): Receipt {
  const { view } = job;
  if (view.state !== "delivered")
    throw { kind: "not-possible", message: "Only delivered jobs have a receipt.", failure: null };
  const outputs = view.outputs.map((_, index) => outputReceipt(job, index));
  return {
    schema: "spillway-receipt-1",
    verdict: outputs.some((output) => output.verdict === "warn") ? "warn" : "pass",
    job: view.id,
    profile: {
      id: view.profile,
      version: 1,
      partner: view.partner,
      title: `${view.partner}, standard delivery`,
    },
    source: {
      path: view.source,
      bytes: 18_402_118_656,
      sha256: hex(view.source),
      format: "mov,mp4,m4a,3gp,3g2,mj2",
      picture: "ProRes 422 HQ, 3840×2160, 25 frames/s, BT.709",
      audio: ["PCM 24 bit, 48 kHz, stereo, eng", "PCM 24 bit, 48 kHz, 5.1, eng"],
      frames: job.frames,
      damaged: 0,
    },
    outputs,
    findings: job.findings,
    tools: [
      { name: "spillway", version: "0.1.0" },
      { name: "FFmpeg", version: "5.1.9" },
      { name: "libx264", version: "164" },
    ],
    times: {
      submitted_ms: view.created_ms,
      started_ms: view.started_ms ?? view.created_ms,
      finished_ms: view.ended_ms ?? view.created_ms,
    },
    cost_microusd: 0,
  };
}

function report(job: FakeJob): string {
  const lines = job.events.map(
    (event) => `${new Date(event.at_ms).toISOString()} ${JSON.stringify(event.body)}`,
  );
  return [`Spillway 0.1.0`, `job ${job.view.id}`, `source ${job.view.source}`, "", ...lines].join("\n");
}

/** A job of the queue page, or one of the history, which looks like one of the queue in the same state. */
function find(id: JobId): FakeJob {
  const row = world.jobs.some((job) => job.view.id === id) ? undefined : past(id);
  const like = row && world.jobs.find((job) => job.view.state === row.state && job.steps.length > 3);
  if (!row || !like) return world.find(id);
  const { source, profile, partner, state, created_ms, started_ms, ended_ms } = row;
  const job = structuredClone(like);
  Object.assign(job.view, { id, source, profile, partner, state, created_ms, started_ms, ended_ms });
  job.events = job.events.map((event) => ({ ...event, job: id }));
  return job;
}

// oxlint-disable-next-line no-explicit-any
export const handlers: Record<string, (args: any) => unknown> = {
  job({ id }: { id: JobId }) {
    const job = find(id);
    const parts = job.steps
      .filter((step) => step.state === "done" && step.frames > 0)
      .map((step) => ({ ord: step.ord, bytes: step.frames * (31_000 + ((step.ord * 7_919) % 9_000)) }));
    return { detail: world.detail(job), live: world.live(job), parts };
  },
  receipt: ({ job }: { job: JobId }) => receipt(find(job)),
  report: ({ job }: { job: JobId }) => report(find(job)),
  ledger: ({ job }: { job: JobId }) => find(job).ledger,
  remote_jobs: ({ job }: { job: JobId }) => find(job).remote,
};
