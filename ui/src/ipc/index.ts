import type { CommandError, JobId } from "./bindings";

export * from "./bindings";
export { Channel } from "@tauri-apps/api/core";

type Picture = (path: string) => string;
let picture: Picture = (path) => `preview://localhost/${path}`;

/** Lets pictures come from elsewhere; for the fake back end. */
export function usePictures(source: Picture) {
  picture = source;
}

const query = (height: number, at?: number) =>
  `height=${height}${at === undefined ? "" : `&at=${Math.round(at)}`}`;

/** Addresses of pictures: of a file on a sheet, of a job's source, of a delivered output. `at` in ms. */
export const previewUrl = {
  sheet: (sheet: number, file: number, height = 96) => picture(`sheet/${sheet}/${file}?${query(height)}`),
  source: (job: JobId, height = 96, at?: number) => picture(`source/${job}?${query(height, at)}`),
  output: (job: JobId, index: number, height = 540, at?: number) =>
    picture(`output/${job}/${index}?${query(height, at)}`),
};

/** What a command throws, or anything else thrown in its shape. */
export function asCommandError(thrown: unknown): CommandError {
  if (typeof thrown === "object" && thrown !== null && "kind" in thrown && "message" in thrown)
    return thrown as CommandError;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { kind: "internal", message, failure: null, field: null };
}
