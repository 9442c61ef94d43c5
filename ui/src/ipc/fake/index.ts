// A back end that lives in the page: for browser tests and for work on the design.
import { mockIPC } from "@tauri-apps/api/mocks";

import { usePictures } from "..";
import { drawPicture } from "./picture";
import { emit } from "./wire";

// oxlint-disable-next-line no-explicit-any
export type Handlers = Record<string, (args: any) => unknown>;

const tables = import.meta.glob<{ handlers: Handlers }>(
  [
    "./queue.ts",
    "./job.ts",
    "./sheet.ts",
    "./history.ts",
    "./profiles.ts",
    "./settings.ts",
    "./channels.ts",
    "./watches.ts",
    "./costs.ts",
    "./cloud.ts",
  ],
  { eager: true },
);

/** Answers of the whole back end, by the name of the command. */
export function allHandlers(): Handlers {
  return Object.assign({}, ...Object.values(tables).map((table) => table.handlers)) as Handlers;
}

const calls: { command: string; args: unknown }[] = [];

export function install() {
  const handlers = allHandlers();
  usePictures(drawPicture);
  mockIPC(async (command, args) => {
    const handler = handlers[command];
    if (!handler) throw new Error(`No such command: ${command}`);
    calls.push({ command, args });
    const answer = await handler(args);
    return answer === undefined ? null : structuredClone(answer);
  });
  Object.assign(window, { spillway: { emit, calls } });
}
