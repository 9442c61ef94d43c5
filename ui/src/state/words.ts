/** What the engine says by codes and names, in the language of the window; the engine's English where there is none. */
import { minutesSpan } from "$/format";
import { locale, m } from "$/i18n";
import * as named from "$/i18n/generated/named.js";
import type { EngineKind, Failure, JobId, LeftOutReason, Route, StepKind, StepState } from "$/ipc";
import { asCommandError, type Code } from "$/ipc";

export type Texts = Record<string, ((values?: Record<string, string>) => string) | undefined>;

/** A piece of text; `original`: the engine's English in a window of another language. */
export interface Said {
  text: string;
  original: boolean;
}

export const key = (prefix: string, name: string) => `${prefix}_${name.toLowerCase().replaceAll("-", "_")}`;
const text = (name: string) => (named as unknown as Texts)[name];
export const english = () => locale.current === "en";
export const raw = (words: string): Said => ({ text: words, original: !english() });
export const own = (words: string): Said => ({ text: words, original: false });

/** A text under a made-up name, or what stands for it. */
function byName(prefix: string, name: string, otherwise: string): string {
  return text(key(prefix, name))?.() ?? otherwise;
}

/** A text with values in it; the engine's English where there is none, or where an older engine names no values. */
export function filled(
  template: ((values?: Record<string, string>) => string) | undefined,
  values: Record<string, string>,
  otherwise: string,
): Said {
  const said = english() ? undefined : template?.(values);
  return said !== undefined && !/undefined|\{[a-z_]+\}/.test(said) ? own(said) : raw(otherwise);
}

/** An engine for people. */
export const engineName = (engine: EngineKind) =>
  engine === "cloud" ? m.job_engine_cloud() : m.job_engine_local();

/** Values of routes that are minutes. */
const SPANS: ReadonlySet<string> = new Set(["local", "cloud", "deadline", "patience"]);

/** Why an engine does a job, or cannot. */
export function routeWords(route: Route): Said {
  const values = Object.entries(route.values).map(([name, value]) => [
    name,
    SPANS.has(name) ? minutesSpan(Number(value)) : value,
  ]);
  return filled(text(key("route", route.id)), Object.fromEntries(values), route.text);
}

/** A failure for people. */
export interface FailureWords {
  what: Said;
  why: Said;
  did: Said;
  safe: Said;
  next: Said;
  otherwise: Said;
}

const NAMED = /^\u201c(.*?)\u201d /su;
const TRIED = /^The step \u201c(.*)\u201d was tried (once|(\d+) times)\.$/u;
const SAFE = /^The source was only read(?:; (\d+) of (\d+) finished segments are kept)?\.$/;

function what(failure: Failure): Said {
  const name = NAMED.exec(failure.what)?.[1];
  const words = text(`${key("code", failure.code)}_what`)?.();
  if (english() || name === undefined || !words) return raw(failure.what);
  return own(m.failure_named({ name, what: words }));
}

function did(words: string): Said {
  const found = TRIED.exec(words);
  if (english() || !found?.[1]) return raw(words);
  const step = stepName(found[1]);
  return own(found[3] ? m.failure_tried({ step, count: found[3] }) : m.failure_tried_once({ step }));
}

function safe(words: string): Said {
  const found = SAFE.exec(words);
  if (english() || !found) return raw(words);
  return own(found[1] ? m.failure_kept({ done: found[1], total: found[2] ?? "" }) : m.failure_safe());
}

/** Something to be typed. */
const COMMAND = /`|\s-o\b/;

/** Advice that names a command of the command line is said for the window instead. */
function advice(code: Code, part: "next" | "otherwise", words: string): Said {
  if (words === "") return own("");
  if (english() && !COMMAND.test(words)) return raw(words);
  const known = text(`${key("code", code)}_${part}`)?.();
  if (known) return own(known);
  // Better nothing than something that cannot be done here.
  return COMMAND.test(words) ? own("") : raw(words);
}

/** See [`FailureWords`]. */
export function failureWords(failure: Failure): FailureWords {
  return {
    what: what(failure),
    why: raw(failure.why),
    did: did(failure.did),
    safe: safe(failure.safe),
    next: advice(failure.code, "next", failure.next),
    otherwise: advice(failure.code, "otherwise", failure.otherwise),
  };
}

/** A few words for a code. */
export const codeTitle = (code: Code) => byName(`${key("code", code)}`, "title", code);

/** What a person can do about a failure with one press. */
export type NextAction = "retry" | "again" | "reveal" | "open" | "cloud";

const ACTIONS: Partial<Record<Code, NextAction>> = {
  "MED-02": "reveal",
  "MED-03": "reveal",
  "MED-04": "reveal",
  "MED-05": "reveal",
  "MED-06": "again",
  "MED-07": "reveal",
  "MED-08": "reveal",
  "MED-09": "reveal",
  "SEC-01": "reveal",
  "PRE-01": "again",
  "PRE-02": "again",
  "DST-03": "again",
  "ENC-03": "again",
  "VER-01": "open",
  "CLD-03": "cloud",
  "CLD-04": "again",
};

/** See [`NextAction`]. */
export const nextAction = (code: Code): NextAction => ACTIONS[code] ?? "retry";

/** Everything about a failure as plain text, in the engine's own words. */
export function failureText(failure: Failure, job?: JobId): string {
  const { code, what, why, did, safe, next, otherwise, details } = failure;
  const id = job === undefined ? [] : [`job: ${job}`];
  return [`${code}: ${what}`, why, did, safe, next, otherwise, ...id, details]
    .filter((line) => line !== "")
    .join("\n");
}

export const leftOutReason = (reason: LeftOutReason) => byName("left_out", reason, reason);
export const stepKind = (kind: StepKind) => byName("step", kind, kind);
export const stepState = (state: StepState) => byName("state", state, state);
export const attemptOutcome = (outcome: string | null) =>
  byName("attempt", outcome ?? "running", outcome ?? "");

/** Steps that there is one of in a job: their labels say more than a name would. */
const ONLY: Readonly<Record<string, StepKind>> = {
  "inspect the source": "inspect",
  "hash the source": "hash",
  "remove temporary files": "tidy",
  "remove everything from the cloud": "clear",
  "remove from the cloud what is not needed any more": "clear",
};

const PIECE = /^((?:send |fetch )?segment) (\d+) of (\d+)(?: of (.+))?$/;
const PIECES: Record<string, (values: { n: string; all: string }) => string> = {
  segment: m.step_segment_of,
  "send segment": m.step_upload_of,
  "fetch segment": m.step_download_of,
};

/** `segment 3 of 12`, `audio main` in the language of the window. */
export function stepName(label: string): string {
  const only = ONLY[label];
  if (only) return stepKind(only);
  const [, piece = "", n = "", all = "", output] = PIECE.exec(label) ?? [];
  const one = PIECES[piece]?.({ n, all });
  if (one !== undefined) return output ? m.step_of_output({ step: one, output }) : one;
  const [kind = "", ...rest] = label.split(" ");
  const known = text(key("step", kind))?.();
  if (!known) return label;
  return rest.length === 0 ? known : m.step_of({ step: known, name: rest.join(" ") });
}

/** What a command threw, in words: the failure's where there is one. */
export function errorWords(thrown: unknown): string {
  const error = asCommandError(thrown);
  if (error.failure) return what(error.failure).text;
  return english() ? error.message : byName("error", error.kind, error.message);
}
