// What can be done with a watched folder and with a file in it, as menus.
import Copy from "@lucide/svelte/icons/copy";
import FileVideo from "@lucide/svelte/icons/file-video";
import FolderOpen from "@lucide/svelte/icons/folder-open";
import FolderOutput from "@lucide/svelte/icons/folder-output";
import List from "@lucide/svelte/icons/list";
import Pause from "@lucide/svelte/icons/pause";
import Pencil from "@lucide/svelte/icons/pencil";
import Play from "@lucide/svelte/icons/play";
import RefreshCw from "@lucide/svelte/icons/refresh-cw";
import RotateCcw from "@lucide/svelte/icons/rotate-ccw";
import Trash2 from "@lucide/svelte/icons/trash-2";

import { m } from "$/i18n";
import type { ArrivalView, WatchView } from "$/ipc";
import type { MenuItem } from "$/parts/menu";
import {
  againLabel,
  canDeliverAgain,
  copyPath,
  deliverAgain,
  edit,
  isPaused,
  lookNow,
  openJob,
  pause,
  reveal,
  show,
} from "./actions";
import { partners } from "./partners.svelte";

interface FolderOptions {
  /** Its page is shown. */
  inside: boolean;
  onremove: (watch: WatchView) => void;
}

export function folderMenu(watch: WatchView, { inside, onremove }: FolderOptions): MenuItem[] {
  const paused = isPaused(watch);
  const outside: MenuItem[] = [
    { label: m.watches_open_row(), icon: List, shortcut: "Enter", onselect: () => show(watch) },
    { label: m.watches_look_now(), icon: RefreshCw, disabled: paused, onselect: () => lookNow(watch) },
    {
      label: paused ? m.watches_resume() : m.watches_pause(),
      icon: paused ? Play : Pause,
      onselect: () => pause(watch),
    },
    { label: m.watches_edit(), icon: Pencil, onselect: () => edit(watch) },
  ];
  return [
    ...(inside ? [] : outside),
    {
      label: m.watches_open_folder(),
      icon: FolderOpen,
      separated: !inside,
      disabled: watch.place.kind === "bucket",
      onselect: () => reveal({ what: "watch", id: watch.id }),
    },
    {
      label: m.watches_open_results(),
      icon: FolderOutput,
      onselect: () => reveal({ what: "watch-output", id: watch.id }),
    },
    {
      label: m.watches_remove(),
      icon: Trash2,
      danger: true,
      separated: true,
      shortcut: inside ? undefined : "Delete",
      onselect: () => onremove(watch),
    },
  ];
}

export function fileMenu(watch: WatchView, file: ArrivalView): MenuItem[] {
  const single = file.jobs.length === 1;
  const earlier = file.reason.reason === "same" ? file.reason.job : null;
  return [
    ...file.jobs.map((job, at) => ({
      label: single ? m.watches_open_job() : m.watches_open_job_of({ profile: partners.of(job.profile) }),
      icon: FileVideo,
      shortcut: at === 0 ? "Enter" : undefined,
      onselect: () => openJob(job.id),
    })),
    ...(earlier === null
      ? []
      : [{ label: m.watches_open_first(), icon: FileVideo, onselect: () => openJob(earlier) }]),
    {
      label: againLabel(file),
      icon: RotateCcw,
      disabled: !canDeliverAgain(file),
      onselect: () => deliverAgain(file),
    },
    {
      label: m.watches_reveal_file(),
      icon: FolderOpen,
      separated: true,
      disabled: file.state === "gone" || watch.place.kind === "bucket",
      onselect: () => reveal({ what: "arrival", id: file.id }),
    },
    { label: m.watches_copy_path(), icon: Copy, onselect: () => copyPath(watch, file) },
  ];
}
