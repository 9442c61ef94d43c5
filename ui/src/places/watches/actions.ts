// What can be done with watched folders and their files.
import { m } from "$/i18n";
import { commands, type ArrivalView, type JobId, type Thing, type WatchView } from "$/ipc";
import { toast } from "$/parts/toasts.svelte";
import { attempt } from "$/shell/attempt";
import { view } from "$/state/view.svelte";
import { watches } from "$/state/watches.svelte";
import { placeText, watchName } from "./words";

/** Asks for a folder, then what is to become of it. */
export const add = () =>
  attempt(async () => {
    const folder = await commands.chooseWatchFolder();
    if (folder !== null) watches.form = { for: "add", places: [folder] };
  });

export function addBucket(): void {
  watches.form = { for: "add", places: ["s3://"] };
}

export function edit(watch: WatchView): void {
  watches.form = { for: "edit", watch };
}

export const show = (watch: WatchView) => view.go({ place: "watch", id: watch.id });

export const lookNow = (watch: WatchView) =>
  attempt(async () => {
    await commands.scanWatch(watch.id);
    toast({ text: m.watches_look_asked({ name: watchName(watch) }) });
  });

export const isPaused = (watch: WatchView) => watch.state.state === "paused";

export const pause = (watch: WatchView) =>
  attempt(async () => {
    await commands.pauseWatch(watch.id, !isPaused(watch));
    await watches.touch();
  });

/** Whether it is watched no more. */
export const remove = (watch: WatchView) =>
  attempt(async () => {
    await commands.removeWatch(watch.id);
    toast({ tone: "good", text: m.watches_removed({ name: watchName(watch) }) });
    await watches.touch();
  });

export const reveal = (thing: Thing) => attempt(() => commands.reveal(thing));
export const openJob = (id: JobId) => view.go({ place: "job", id });

/** Where a file is, for people. */
export const pathOf = (watch: WatchView, file: ArrivalView) =>
  `${placeText(watch.place).replace(/\/$/, "")}/${file.path}`;

export const copyPath = (watch: WatchView, file: ArrivalView) =>
  attempt(async () => {
    await navigator.clipboard.writeText(pathOf(watch, file));
    toast({ tone: "good", text: m.watches_copied() });
  });

/** Whether a file may be taken once more. */
export const canDeliverAgain = (file: ArrivalView) =>
  file.state === "skipped" || file.state === "delivered" || file.state === "failed" || isIncomplete(file);

/** Whether it is held because something of it seems to be missing: it may be taken as it is. */
const isIncomplete = (file: ArrivalView) => file.state === "held" && file.reason.reason === "incomplete";

/** What taking it is called. */
export const againLabel = (file: ArrivalView) =>
  isIncomplete(file) ? m.watches_as_it_is() : m.watches_again();

export const deliverAgain = (file: ArrivalView) =>
  attempt(async () => {
    await commands.deliverAgain(file.id);
    const name = file.path.split("/").at(-1) ?? file.path;
    const done = isIncomplete(file) ? m.watches_as_it_is_done : m.watches_again_done;
    toast({ tone: "good", text: done({ name }) });
  });
