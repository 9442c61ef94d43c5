import type { DoctorCheck, Settings, SettingsPage } from "../bindings";
import type { Handlers } from ".";
import { report } from "./account";
import { emit } from "./wire";

const CORES = 8;
const asked = new URLSearchParams(globalThis.location?.search ?? "");
const among = <T extends string>(name: string, allowed: readonly T[]): T | undefined =>
  allowed.find((one) => one === asked.get(name));

let settings: Settings = {
  engine: { workers: null, nice: 10, work_dir: null, worker_memory_mb: null },
  desktop: {
    language: among("language", ["en", "zh-CN"]) ?? "system",
    appearance: among("appearance", ["light", "dark"]) ?? "system",
    contrast: among("contrast", ["high"]) ?? "system",
    notify_delivered: true,
    notify_failed: true,
    stay_in_tray: false,
    keep_awake: true,
    out_dir: null,
  },
  // `?cloud=none` in the address: not set up.
  cloud:
    asked.get("cloud") === "none"
      ? {}
      : {
          region: "eu-central-1",
          bucket: "river-post-spillway",
          role_arn: "arn:aws:iam::123456789012:role/SpillwayMediaConvert",
          bandwidth_mbps: 400,
        },
  cost: asked.get("cloud") === "none" ? {} : { month_usd: 250, machine_usd_per_hour: 0.1 },
};

/** As they are. */
export const settingsNow = () => settings;

/** Changes settings from the engine's side, and tells the window. */
export function changeSettings(edit: (settings: Settings) => Settings) {
  settings = edit(settings);
  emit({ type: "settings" });
}

function page(): SettingsPage {
  const engine = settings.engine ?? {};
  return {
    settings,
    effective: {
      workers: engine.workers || CORES,
      nice: engine.nice ?? 0,
      work_dir: engine.work_dir ?? "/home/mira/.local/share/spillway/work",
      worker_memory_mb: 4096,
      cloud: settings.cloud ?? {},
      cost: settings.cost ?? {},
    },
    overridden_by: ["SPILLWAY_WORKER_MEMORY_MB"],
    data_dir: "/home/mira/.local/share/spillway",
    cores: CORES,
    version: "0.1.0",
  };
}

const fine = (name: string, text: string): DoctorCheck => ({ name, verdict: "ok", text, advice: "" });

const checks: DoctorCheck[] = [
  fine("data-folder", "/home/mira/.local/share/spillway can be written."),
  fine("work-folder", "/home/mira/.local/share/spillway/work can be written."),
  fine("data-space", "212 GB are free in /home/mira/.local/share/spillway."),
  {
    name: "work-space",
    verdict: "warn",
    text: "8 GB are free in /home/mira/.local/share/spillway/work.",
    advice: "Free some space before delivering long programmes.",
  },
  fine("database", "The job list is sound."),
  fine("runner", "No other Spillway runs the queue."),
  fine("worker", "Worker processes start (libavcodec 61.19, libx264 164)."),
  ...["libx264", "libx265", "prores_ks", "aac", "pcm_s24le", "pcm_s16le"].map((name) =>
    fine(`encoder-${name}`, `The encoder ${name} is there.`),
  ),
];

/** `?setup=role-policy` in the address: what goes wrong in the account. */
function cloudChecks(): DoctorCheck[] {
  const { bucket, role_arn } = settings.cloud ?? {};
  if (!bucket || !role_arn)
    return [fine("cloud", "The cloud engine is not set up: all work is done on this machine.")];
  return report({ bucket, role: null, queue: null, check_only: true }, asked.get("setup")).steps.map(
    (step) => ({
      name: `cloud-${step.name}`,
      verdict: step.outcome === "missing" ? "fail" : step.outcome === "skipped" ? "warn" : "ok",
      text: step.text,
      advice: step.advice,
    }),
  );
}

export const handlers: Handlers = {
  settings: () => page(),
  save_settings: ({ settings: next }: { settings: Settings }) => {
    settings = structuredClone(next);
    emit({ type: "settings" });
    return page();
  },
  choose_work_dir: () => "/media/scratch/spillway",
  choose_default_out_dir: () => "/media/deliveries",
  doctor: () => [...checks, ...cloudChecks()],
  ready: () => null,
  drawn: () => null,
  set_unsaved: () => null,
  close: () => null,
};
