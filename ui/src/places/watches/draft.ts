// What stands in the form of a watched folder, and what is wrong with it as far as can be seen from here.
import { number } from "$/format";
import { m } from "$/i18n";
import type { Hours, WatchSettings } from "$/ipc";
import { spansOf } from "./hours";

/** The parts of the form that something can be wrong with. */
export type Field =
  "place" | "profiles" | "out_dir" | "patterns" | "settle_s" | "hours" | "after" | "queue_url";

export interface Draft {
  place: string;
  profiles: string[];
  outDir: string;
  mirror: boolean;
  recursive: boolean;
  /** One pattern a line. */
  include: string;
  exclude: string;
  settle: string;
  /** Only at `hours`. */
  limited: boolean;
  hours: Hours[];
  priority: number;
  sidecar: boolean;
  moves: boolean;
  moveTo: string;
  queueUrl: string;
}

/** Longest time that a file has to be still, seconds. */
export const LONGEST_SETTLE = 86_400;

/** As the engine sets up a folder that nothing is said of. */
export const DEFAULTS: WatchSettings = {
  profiles: [],
  out_dir: null,
  include: [],
  exclude: [],
  recursive: true,
  mirror: true,
  settle_s: 5,
  after: { do: "leave" },
  hours: [],
  priority: 0,
  sidecar: "optional",
  queue_url: null,
};

export const isBucket = (place: string) => /^\s*s3:/i.test(place);
const isAbsolute = (path: string) => /^(\/|\\\\|[a-z]:[\\/])/i.test(path);
const lines = (text: string) =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

export function draftOf(settings: WatchSettings, place: string): Draft {
  return {
    place,
    profiles: [...settings.profiles],
    outDir: settings.out_dir ?? "",
    mirror: settings.mirror,
    recursive: settings.recursive,
    include: settings.include.join("\n"),
    exclude: settings.exclude.join("\n"),
    settle: String(settings.settle_s),
    limited: settings.hours.length > 0,
    hours: settings.hours,
    priority: settings.priority,
    sidecar: settings.sidecar === "required",
    moves: settings.after.do === "move",
    moveTo: settings.after.do === "move" ? settings.after.folder : "delivered",
    queueUrl: settings.queue_url ?? "",
  };
}

export function settingsOf(draft: Draft): WatchSettings {
  return {
    profiles: draft.profiles,
    out_dir: draft.outDir.trim() || null,
    include: lines(draft.include),
    exclude: lines(draft.exclude),
    recursive: draft.recursive,
    mirror: draft.recursive && draft.mirror,
    settle_s: Number(draft.settle),
    after: draft.moves ? { do: "move", folder: draft.moveTo.trim() } : { do: "leave" },
    hours: draft.limited ? draft.hours : [],
    priority: draft.priority,
    sidecar: draft.sidecar ? "required" : "optional",
    queue_url: (isBucket(draft.place) && draft.queueUrl.trim()) || null,
  };
}

/** What a field holds, to see whether it was changed since something was said about it. */
export function valueOf(draft: Draft, field: Field): string {
  const { place, profiles, outDir, include, exclude, settle, limited, hours, moves, moveTo, queueUrl } =
    draft;
  const values: Record<Field, unknown> = {
    place,
    profiles,
    out_dir: [place, outDir],
    patterns: [include, exclude],
    settle_s: settle,
    hours: [limited, hours],
    after: [moves, moveTo],
    queue_url: queueUrl,
  };
  return JSON.stringify(values[field]);
}

function placeFault(place: string): string | null {
  const path = place.trim();
  if (path === "") return m.watches_fault_place();
  if (isBucket(path)) return /^s3:\/\/[^/\s]+(\/.*)?$/i.test(path) ? null : m.watches_fault_bucket();
  return isAbsolute(path) ? null : m.watches_fault_place_relative();
}

function outputFault(draft: Draft): string | null {
  const path = draft.outDir.trim();
  if (path === "") return isBucket(draft.place) ? m.watches_fault_output() : null;
  return isAbsolute(path) ? null : m.watches_fault_place_relative();
}

/** What is wrong, by field. */
export function faultsOf(draft: Draft): Partial<Record<Field, string>> {
  const seconds = draft.settle.trim() === "" ? NaN : Number(draft.settle);
  const sound = Number.isInteger(seconds) && seconds >= 1 && seconds <= LONGEST_SETTLE;
  const never = draft.limited && spansOf(draft.hours).length === 0;
  const url = draft.queueUrl.trim();
  const found: [Field, string | null | false][] = [
    ["place", placeFault(draft.place)],
    ["profiles", draft.profiles.length === 0 && m.watches_fault_profiles()],
    ["out_dir", outputFault(draft)],
    ["settle_s", !sound && m.watches_fault_settle({ least: "1", most: number(LONGEST_SETTLE) })],
    ["hours", never && m.watches_fault_hours()],
    ["after", draft.moves && draft.moveTo.trim() === "" && m.watches_fault_after()],
    [
      "queue_url",
      isBucket(draft.place) && url !== "" && !/^https?:\/\/\S+$/i.test(url) && m.watches_fault_queue(),
    ],
  ];
  return Object.fromEntries(found.filter(([, words]) => words)) as Partial<Record<Field, string>>;
}
