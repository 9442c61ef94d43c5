// A real drop: another program's window offers files, the pointer carries them over.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";

import type { Window } from "./window";

const SOURCE = resolve(import.meta.dirname, "drag_source.py");

/** Drags files over the middle of the window; `held` is called before they are let go. */
export async function drop(window: Window, files: string[], held?: () => Promise<void>): Promise<void> {
  const source = spawn("/usr/bin/python3", [SOURCE, "4", "4", ...files], {
    env: window.place.variables,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const died = once(source, "exit").then(([code]) => {
    throw new Error(`The program with the files ended: ${code}`);
  });
  try {
    await Promise.race([once(source.stdout, "data"), died]);
    const [x, y] = middle();
    pointer("mousemove", "50", "50");
    // The source must be mapped and under the pointer before the button goes down.
    await pause(400);
    pointer("mousedown", "1");
    for (let step = 1; step <= 15; step += 1) {
      const at = (from: number, to: number) => String(Math.round(from + ((to - from) * step) / 15));
      pointer("mousemove", at(50, x), at(50, y));
      await pause(25);
    }
    if (held) await held();
    const ended = once(source.stdout, "data");
    pointer("mousemove", String(x + 1), String(y));
    await pause(100);
    pointer("mouseup", "1");
    await Promise.race([ended, died]);
  } finally {
    died.catch(() => undefined);
    source.kill("SIGTERM");
  }
}

function middle(): [number, number] {
  const search = ["search", "--sync", "--onlyvisible", "--name", "^Spillway", "getwindowgeometry", "--shell"];
  const text = execFileSync("xdotool", search, { encoding: "utf8" });
  const value = (name: string) => Number(new RegExp(`^${name}=(-?\\d+)$`, "m").exec(text)?.[1]);
  return [value("X") + Math.round(value("WIDTH") / 2), value("Y") + Math.round(value("HEIGHT") / 2)];
}

function pointer(...args: string[]): void {
  execFileSync("xdotool", args);
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
