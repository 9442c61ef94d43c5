import { commands, type JobId, type LedgerLine, type RemoteView } from "$/ipc";

/** What the cloud did of a job, and what was charged for it. */
export class CloudWork {
  /** `null` before the first answer. */
  remote = $state.raw<readonly RemoteView[] | null>(null);
  ledger = $state.raw<readonly LedgerLine[] | null>(null);
  error = $state.raw<unknown>(null);
  #asked = 0;

  constructor(readonly id: JobId) {}

  async load(): Promise<void> {
    const mine = ++this.#asked;
    try {
      const [remote, ledger] = await Promise.all([commands.remoteJobs(this.id), commands.ledger(this.id)]);
      if (mine === this.#asked) [this.remote, this.ledger, this.error] = [remote, ledger, null];
    } catch (error) {
      if (mine === this.#asked) this.error = error;
    }
  }
}

/** Sums of charges: what is settled, what it was expected to be, and what is only reserved. */
export function sumsOf(ledger: readonly LedgerLine[]): {
  settled: number;
  estimate: number;
  reserved: number;
  all: number;
} {
  const sums = { settled: 0, estimate: 0, reserved: 0, all: 0 };
  for (const line of ledger) {
    if (line.state === "void") continue;
    sums.all += line.amount_microusd;
    if (line.state === "reserved") sums.reserved += line.amount_microusd;
    else {
      sums.settled += line.amount_microusd;
      sums.estimate += line.estimate_microusd;
    }
  }
  return sums;
}
