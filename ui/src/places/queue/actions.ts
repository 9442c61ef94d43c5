/** What can be done with jobs of the queue. */
import { number } from "$/format";
import { m } from "$/i18n";
import { commands, type JobId, type Refused, type Thing, type Wish } from "$/ipc";
import { toast } from "$/parts/toasts.svelte";
import { openSettings } from "$/places/settings/tab.svelte";
import { feed, type FeedJob } from "$/state/feed.svelte";
import { view } from "$/state/view.svelte";
import { errorWords, nextAction } from "$/state/words";
import { moveTarget, type Direction } from "./list";

/** Does it, and says so where it fails. */
export async function told<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (thrown) {
    toast({ tone: "bad", text: errorWords(thrown) });
    return undefined;
  }
}

/** Says which jobs refused; returns those that obeyed. */
async function obeyed(jobs: JobId[], work: (jobs: JobId[]) => Promise<Refused[]>): Promise<JobId[]> {
  if (jobs.length === 0) return [];
  const refused = await told(() => work(jobs));
  if (!refused) return [];
  const first = refused[0];
  if (first) {
    const why = errorWords(first.error);
    toast({ tone: "warn", text: m.queue_refused({ count: number(refused.length), why }) });
  }
  const kept = new Set(refused.map((one) => one.job));
  return jobs.filter((id) => !kept.has(id));
}

export const isOpen = (job: FeedJob) => job.group === "open";
export const canPause = (job: FeedJob) => isOpen(job) && job.view.wish === "run";
export const canResume = (job: FeedJob) => isOpen(job) && job.view.wish === "pause";
export const canCancel = (job: FeedJob) => isOpen(job) && job.view.wish !== "cancel";
export const canRetry = (job: FeedJob) => job.view.state === "failed";
export const canDismiss = (job: FeedJob) => !isOpen(job);
export const hasOutput = (job: FeedJob) => job.view.state === "delivered" && job.view.outputs.length > 0;

const ids = (jobs: readonly FeedJob[]) => jobs.map((job) => job.id);

export async function wish(jobs: readonly FeedJob[], what: Wish): Promise<void> {
  const able = { run: canResume, pause: canPause, cancel: canCancel }[what];
  await obeyed(ids(jobs.filter(able)), (list) => commands.wishJobs(list, what));
}

export async function retry(jobs: readonly FeedJob[]): Promise<void> {
  await obeyed(ids(jobs.filter(canRetry)), (list) => commands.retryJobs(list));
}

export async function dismiss(jobs: readonly FeedJob[]): Promise<void> {
  feed.forget(await obeyed(ids(jobs.filter(canDismiss)), (list) => commands.dismissJobs(list)));
}

export async function move(jobs: readonly FeedJob[], direction: Direction): Promise<void> {
  const target = moveTarget(ids(feed.open), new Set(ids(jobs.filter(isOpen))), direction);
  if (target) await place(target.moved, target.before);
}

/** Puts jobs, in that order, before another one or behind all. */
export async function place(moved: JobId[], before: JobId | null): Promise<void> {
  const done = await told(async () => {
    await commands.moveJobs(moved, before);
    return true;
  });
  if (done) feed.reorder(moved, before);
}

export const runAgain = (jobs: readonly FeedJob[]) => told(() => commands.runAgain(ids(jobs)));
export const openPage = (job: FeedJob) => view.go({ place: "job", id: job.id });
export const openThing = (thing: Thing) => told(() => commands.open(thing));
export const revealThing = (thing: Thing) => told(() => commands.reveal(thing));

/** Shows the first output where there is one, otherwise the source. */
export const reveal = (job: FeedJob) =>
  revealThing(hasOutput(job) ? { what: "output", job: job.id, index: 0 } : { what: "source", job: job.id });

/** The one next step of a failed job. */
export function takeNext(job: FeedJob): unknown {
  switch (job.view.error ? nextAction(job.view.error.code) : "retry") {
    case "retry":
      return retry([job]);
    case "again":
      return runAgain([job]);
    case "reveal":
      return revealThing({ what: "source", job: job.id });
    case "open":
      return openPage(job);
    case "cloud":
      return openSettings("cloud");
  }
}

/** Its words on a button. */
export function nextLabel(job: FeedJob): string {
  const words = {
    retry: m.queue_retry(),
    again: m.queue_again(),
    reveal: m.queue_show_source(),
    open: m.queue_see_why(),
    cloud: m.queue_cloud_settings(),
  };
  return words[job.view.error ? nextAction(job.view.error.code) : "retry"];
}

export const addFiles = () => told(() => commands.chooseFiles(feed.sheet?.id ?? null));
export const addFolder = () => told(() => commands.chooseFolder(feed.sheet?.id ?? null));
export const deliverSample = () => told(() => commands.deliverSample());
