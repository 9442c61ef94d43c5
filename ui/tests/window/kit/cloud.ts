// S3 and MediaConvert on this machine alone: the program behind `make cloud-sim`.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { TARGET } from "./place";

const SIMULATOR = process.env["SPILLWAY_CLOUD_SIM"] ?? join(TARGET, "debug/cloud-sim");

export class Cloud {
  private constructor(
    private readonly process: ChildProcess,
    /** What Spillway needs to know of the services. */
    readonly variables: Record<string, string>,
  ) {}

  static async open(): Promise<Cloud> {
    const services = spawn(SIMULATOR, ["--attached", "--rate", "20"], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const ended = once(services, "exit").then(([code]) => {
      throw new Error(`The services of the cloud ended: ${code}`);
    });
    try {
      const [line] = (await Promise.race([once(createInterface(services.stdout), "line"), ended])) as [
        string,
      ];
      return new Cloud(services, JSON.parse(line) as Record<string, string>);
    } finally {
      ended.catch(() => undefined);
    }
  }

  /** Jobs that are on the bill of MediaConvert. */
  async billed(): Promise<number> {
    const address = `${this.variables["SPILLWAY_CLOUD_MEDIACONVERT_ENDPOINT"]}/simulator/bill`;
    const bill = (await (await fetch(address)).json()) as { lines: unknown[] };
    return bill.lines.length;
  }

  /** They end with their input, even if the tests are killed. */
  async close(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, "exit");
    this.process.stdin?.end();
    await ended;
  }
}
