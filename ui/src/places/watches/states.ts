// Marks of states; the colour only repeats what mark and word say.
import CircleCheck from "@lucide/svelte/icons/circle-check";
import CircleDashed from "@lucide/svelte/icons/circle-dashed";
import CirclePause from "@lucide/svelte/icons/circle-pause";
import CircleX from "@lucide/svelte/icons/circle-x";
import CopyCheck from "@lucide/svelte/icons/copy-check";
import Eye from "@lucide/svelte/icons/eye";
import FileX from "@lucide/svelte/icons/file-x-2";
import Hourglass from "@lucide/svelte/icons/hourglass";
import LoaderCircle from "@lucide/svelte/icons/loader-circle";
import RefreshCw from "@lucide/svelte/icons/refresh-cw";
import TriangleAlert from "@lucide/svelte/icons/triangle-alert";
import Unplug from "@lucide/svelte/icons/unplug";

import type { ArrivalState, JobState, WatchState } from "$/ipc";
import type { Icon } from "$/parts/icon";

export type Tone = "neutral" | "good" | "info" | "warn" | "bad" | "accent";

interface Mark {
  icon: Icon;
  tone: Tone;
}

export const watchMarks: Record<WatchState["state"], Mark> = {
  new: { icon: CircleDashed, tone: "neutral" },
  watching: { icon: Eye, tone: "good" },
  polling: { icon: RefreshCw, tone: "info" },
  paused: { icon: CirclePause, tone: "neutral" },
  unreachable: { icon: Unplug, tone: "bad" },
};

export const arrivalMarks: Record<ArrivalState, Mark> = {
  waiting: { icon: Hourglass, tone: "info" },
  held: { icon: TriangleAlert, tone: "warn" },
  "at-work": { icon: LoaderCircle, tone: "accent" },
  delivered: { icon: CircleCheck, tone: "good" },
  failed: { icon: CircleX, tone: "bad" },
  skipped: { icon: CopyCheck, tone: "neutral" },
  gone: { icon: FileX, tone: "neutral" },
};

export const jobMarks: Record<JobState, Mark> = {
  queued: { icon: CircleDashed, tone: "neutral" },
  running: { icon: LoaderCircle, tone: "accent" },
  delivered: { icon: CircleCheck, tone: "good" },
  failed: { icon: CircleX, tone: "bad" },
  cancelled: { icon: CircleX, tone: "neutral" },
};
