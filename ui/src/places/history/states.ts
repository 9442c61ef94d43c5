// States of jobs as word and mark; the colour only repeats what both say.
import CircleCheck from "@lucide/svelte/icons/circle-check";
import CircleDashed from "@lucide/svelte/icons/circle-dashed";
import CircleSlash from "@lucide/svelte/icons/circle-slash";
import CircleX from "@lucide/svelte/icons/circle-x";
import LoaderCircle from "@lucide/svelte/icons/loader-circle";

import { m } from "$/i18n";
import type { JobState } from "$/ipc";
import type { Icon } from "$/parts/icon";

const words: Record<JobState, () => string> = {
  queued: m.history_state_queued,
  running: m.history_state_running,
  delivered: m.history_state_delivered,
  failed: m.history_state_failed,
  cancelled: m.history_state_cancelled,
};

const icons: Record<JobState, Icon> = {
  queued: CircleDashed,
  running: LoaderCircle,
  delivered: CircleCheck,
  failed: CircleX,
  cancelled: CircleSlash,
};

export const stateWord = (state: JobState) => words[state]();
export const stateIcon = (state: JobState) => icons[state];
