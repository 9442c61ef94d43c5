// One virtual display with a window manager for all tests of a run.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";

const children: ChildProcess[] = [];

export async function setup(): Promise<void> {
  const display = spawn("Xvfb", ["-displayfd", "3", "-screen", "0", "1600x1000x24", "-nolisten", "tcp"], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  children.push(display);
  const number = display.stdio[3];
  if (!number) throw new Error("Xvfb has no descriptor to tell its number");
  const [text] = (await once(number, "data")) as [Buffer];
  process.env["DISPLAY"] = `:${text.toString().trim()}`;
  children.push(spawn("openbox", ["--sm-disable"], { stdio: "ignore" }));
}

export async function teardown(): Promise<void> {
  for (const child of children.reverse()) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill("SIGTERM");
    await once(child, "exit");
  }
}
