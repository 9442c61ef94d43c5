/** The context menu of selected jobs. */
import ArrowDown from "@lucide/svelte/icons/arrow-down";
import ArrowUp from "@lucide/svelte/icons/arrow-up";
import ArrowUpToLine from "@lucide/svelte/icons/arrow-up-to-line";
import FolderOpen from "@lucide/svelte/icons/folder-open";
import FolderSync from "@lucide/svelte/icons/folder-sync";
import FileSearch from "@lucide/svelte/icons/file-search";
import ListX from "@lucide/svelte/icons/list-x";
import Pause from "@lucide/svelte/icons/pause";
import PanelRight from "@lucide/svelte/icons/panel-right-open";
import Play from "@lucide/svelte/icons/play";
import Receipt from "@lucide/svelte/icons/receipt-text";
import Redo from "@lucide/svelte/icons/copy-plus";
import RotateCcw from "@lucide/svelte/icons/rotate-ccw";
import X from "@lucide/svelte/icons/x";

import { m } from "$/i18n";
import type { MenuItem } from "$/parts/menu";
import type { FeedJob } from "$/state/feed.svelte";
import { view } from "$/state/view.svelte";
import * as act from "./actions";

/** Everything that makes sense for these jobs. `cancel` asks first. */
export function menuOf(jobs: readonly FeedJob[], cancel: (jobs: readonly FeedJob[]) => void): MenuItem[] {
  const items: MenuItem[] = [];
  const one = jobs.length === 1 ? jobs[0] : undefined;
  const add = (when: boolean, item: MenuItem) => when && items.push(item);
  const line = () => items.length > 0;
  add(one !== undefined, {
    label: m.queue_open(),
    icon: PanelRight,
    shortcut: "Enter",
    onselect: () => one && act.openPage(one),
  });
  add(jobs.some(act.canPause), {
    label: m.queue_pause(),
    icon: Pause,
    shortcut: "P",
    onselect: () => act.wish(jobs, "pause"),
  });
  add(jobs.some(act.canResume), {
    label: m.queue_resume(),
    icon: Play,
    shortcut: "P",
    onselect: () => act.wish(jobs, "run"),
  });
  add(jobs.some(act.canRetry), {
    label: m.queue_retry(),
    icon: RotateCcw,
    shortcut: "R",
    onselect: () => act.retry(jobs),
  });
  if (jobs.some(act.isOpen)) {
    add(true, {
      label: m.queue_move_up(),
      icon: ArrowUp,
      shortcut: "Alt+Up",
      separated: line(),
      onselect: () => act.move(jobs, "up"),
    });
    add(true, {
      label: m.queue_move_down(),
      icon: ArrowDown,
      shortcut: "Alt+Down",
      onselect: () => act.move(jobs, "down"),
    });
    add(true, {
      label: m.queue_move_top(),
      icon: ArrowUpToLine,
      shortcut: "Alt+Home",
      onselect: () => act.move(jobs, "top"),
    });
  }
  if (one) {
    const output = act.hasOutput(one);
    const thing = { job: one.id, index: 0, what: "output" as const };
    add(output, {
      label: m.queue_open_output(),
      icon: Play,
      separated: line(),
      onselect: () => act.openThing(thing),
    });
    add(output, { label: m.queue_reveal_output(), icon: FolderOpen, onselect: () => act.revealThing(thing) });
    add(output, {
      label: m.queue_receipt(),
      icon: Receipt,
      onselect: () => act.openThing({ what: "receipt", job: one.id }),
    });
    add(true, {
      label: m.queue_reveal_source(),
      icon: FileSearch,
      separated: !output && line(),
      onselect: () => act.revealThing({ what: "source", job: one.id }),
    });
  }
  const watch = one?.view.extras.watch ?? null;
  add(watch !== null, {
    label: m.queue_show_watch(),
    icon: FolderSync,
    onselect: () => watch !== null && view.go({ place: "watch", id: watch }),
  });
  add(true, { label: m.queue_run_again(), icon: Redo, onselect: () => act.runAgain(jobs) });
  add(jobs.some(act.canCancel), {
    label: m.queue_cancel_menu(),
    icon: X,
    shortcut: "Delete",
    danger: true,
    separated: true,
    onselect: () => cancel(jobs),
  });
  add(jobs.some(act.canDismiss), {
    label: m.queue_dismiss(),
    icon: ListX,
    shortcut: "Delete",
    separated: true,
    onselect: () => act.dismiss(jobs),
  });
  return items;
}
