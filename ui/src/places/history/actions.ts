// What can be done with rows of the history.
import { m } from "$/i18n";
import { asCommandError, commands, type HistoryRow, type JobId } from "$/ipc";
import { number } from "$/format";
import { toast } from "$/parts/toasts.svelte";

import type { Question } from "./cache.svelte";

async function told<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (thrown) {
    toast({ tone: "bad", text: asCommandError(thrown).message });
    return undefined;
  }
}

export const ended = (row: HistoryRow) => row.state !== "queued" && row.state !== "running";
export const hasOutput = (row: HistoryRow) => row.state === "delivered" && row.outputs > 0;

export const runAgain = (jobs: JobId[]) => told(() => commands.runAgain(jobs));

export const reveal = (row: HistoryRow) =>
  told(() =>
    commands.reveal(
      hasOutput(row) ? { what: "output", job: row.id, index: 0 } : { what: "source", job: row.id },
    ),
  );

/** Removes ended jobs; returns those that are gone. */
export async function remove(jobs: JobId[]): Promise<JobId[]> {
  const refused = await told(() => commands.removeJobs(jobs));
  if (!refused) return [];
  const kept = new Set(refused.map((one) => one.job));
  const gone = jobs.filter((id) => !kept.has(id));
  if (gone.length > 0) toast({ tone: "good", text: m.history_removed({ count: number(gone.length) }) });
  const why = refused[0]?.error.message;
  if (why) toast({ tone: "warn", text: m.history_refused({ count: number(refused.length), why }) });
  return gone;
}

export async function exportCsv(question: Question): Promise<void> {
  const rows = await told(() => commands.exportHistory({ ...question, offset: 0, limit: 0 }));
  if (typeof rows === "number") toast({ tone: "good", text: m.history_exported({ count: number(rows) }) });
}

export async function copyPath(row: HistoryRow): Promise<void> {
  await told(() => navigator.clipboard.writeText(row.source));
  toast({ tone: "good", text: m.history_copied() });
}
