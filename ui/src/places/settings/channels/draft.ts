/** A channel as it is typed, on the way to settings and back. Pure. */
import { m } from "$/i18n";
import type { ChannelSettings, ChannelView, SecretChange, Security, Target, Topic } from "$/ipc";
import { chosenOf, keptOf } from "./topics";

export type Kind = Target["kind"];
export const KINDS: readonly Kind[] = ["webhook", "email", "command", "stomp"];

/** What becomes of the secret. */
export type SecretDraft = { do: "keep" | "clear" } | { do: "set"; typed: string };

/** Everything that can be typed; what belongs to other kinds is kept while one looks around. */
export interface Draft {
  kind: Kind;
  name: string;
  webhook: { url: string };
  command: { program: string; arguments: string; timeout: string };
  email: { host: string; port: string; security: Security; user: string; from: string; to: string };
  stomp: { host: string; port: string; tls: boolean; destination: string; user: string };
  secret: SecretDraft;
  topics: Topic[];
  /** Only jobs of some profiles. */
  only: boolean;
  /** Their ids. */
  profiles: string[];
  paused: boolean;
}

/** Names of settings that something can be wrong with, as the engine calls them. */
const FIELDS = [
  "name",
  "url",
  "program",
  "timeout_s",
  "host",
  "port",
  "from",
  "to",
  "destination",
  "secret",
  "topics",
  "profiles",
] as const;
export type Field = (typeof FIELDS)[number];

export const isField = (name: string | null): name is Field => FIELDS.includes(name as Field);

export type Problems = Partial<Record<Field, string>>;

const PORTS: Record<Security, string> = { tls: "465", "start-tls": "587", none: "25" };
const STOMP_PORTS = { plain: "61613", tls: "61614" };

export function blank(kind: Kind = "webhook"): Draft {
  return {
    kind,
    name: "",
    webhook: { url: "" },
    command: { program: "", arguments: "", timeout: "30" },
    email: { host: "", port: PORTS.tls, security: "tls", user: "", from: "", to: "" },
    stomp: { host: "", port: STOMP_PORTS.plain, tls: false, destination: "/queue/spillway", user: "" },
    secret: { do: "keep" },
    topics: chosenOf([]),
    only: false,
    profiles: [],
    paused: false,
  };
}

/** The draft of a channel that is there. */
export function draftOf({ settings }: Pick<ChannelView, "settings">): Draft {
  const { target } = settings;
  const draft = blank(target.kind);
  Object.assign(draft, {
    name: settings.name,
    topics: chosenOf(settings.topics),
    only: settings.profiles.length > 0,
    profiles: [...settings.profiles],
    paused: settings.paused,
  });
  switch (target.kind) {
    case "webhook":
      draft.webhook = { url: target.url };
      break;
    case "command":
      draft.command = {
        program: target.program,
        arguments: target.arguments.join("\n"),
        timeout: String(target.timeout_s),
      };
      break;
    case "email": {
      const { host, port, security, user, from, to } = target;
      draft.email = { host, port: String(port), security, user: user ?? "", from, to: to.join(", ") };
      break;
    }
    case "stomp": {
      const { host, port, tls, destination, user } = target;
      draft.stomp = { host, port: String(port), tls, destination, user: user ?? "" };
    }
  }
  return draft;
}

/** With another protection; the port follows where it is the usual one. */
export function secured(email: Draft["email"], security: Security): Draft["email"] {
  const port = email.port === PORTS[email.security] ? PORTS[security] : email.port;
  return { ...email, security, port };
}

/** With TLS or without; the port follows where it is the usual one. */
export function encrypted(stomp: Draft["stomp"], tls: boolean): Draft["stomp"] {
  const usual = (on: boolean) => (on ? STOMP_PORTS.tls : STOMP_PORTS.plain);
  return { ...stomp, tls, port: stomp.port === usual(stomp.tls) ? usual(tls) : stomp.port };
}

/** Addresses between commas, semicolons, spaces or line breaks; those with a name in front of them stay whole. */
export function addresses(typed: string): string[] {
  const parts = typed.includes("<") ? typed.split(/[,;\n]/u) : typed.split(/[\s,;]+/u);
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

/** One argument a line; a line break at the end is none. */
export const argumentsOf = (typed: string): string[] => {
  const lines = typed.split("\n");
  while (lines.at(-1) === "") lines.pop();
  return lines;
};

function targetOf(draft: Draft): Target {
  switch (draft.kind) {
    case "webhook":
      return { kind: "webhook", url: draft.webhook.url.trim() };
    case "command": {
      const { program, arguments: typed, timeout } = draft.command;
      return {
        kind: "command",
        program: program.trim(),
        arguments: argumentsOf(typed),
        timeout_s: Number(timeout),
      };
    }
    case "email": {
      const { host, port, security, user, from, to } = draft.email;
      return {
        kind: "email",
        host: host.trim(),
        port: Number(port),
        security,
        user: user.trim() || null,
        from: from.trim(),
        to: addresses(to),
      };
    }
    case "stomp": {
      const { host, port, tls, destination, user } = draft.stomp;
      return {
        kind: "stomp",
        host: host.trim(),
        port: Number(port),
        tls,
        destination: destination.trim(),
        user: user.trim() || null,
      };
    }
  }
}

export function settingsOf(draft: Draft): ChannelSettings {
  return {
    name: draft.name.trim(),
    topics: keptOf(draft.topics),
    profiles: draft.only ? draft.profiles : [],
    paused: draft.paused,
    target: targetOf(draft),
  };
}

/** A secret that was begun and left empty changes nothing. */
export function secretOf(draft: Draft): SecretChange {
  const { secret } = draft;
  if (secret.do !== "set") return { do: secret.do };
  return secret.typed === "" ? { do: "keep" } : { do: "set", secret: secret.typed };
}

const whole = (typed: string, least: number, most: number) =>
  /^\d+$/.test(typed.trim()) && Number(typed) >= least && Number(typed) <= most;

function badUrl(typed: string): boolean {
  try {
    const { protocol, hostname } = new URL(typed.trim());
    return !["https:", "http:"].includes(protocol) || hostname === "";
  } catch {
    return true;
  }
}

/** What can be told at once; the engine has the last word. `taken`: names of other channels. */
export function problemsOf(draft: Draft, taken: readonly string[]): Problems {
  const found: Problems = {};
  const check = (field: Field, wrong: boolean, why: () => string) => {
    if (wrong) found[field] = why();
  };
  const name = draft.name.trim();
  check("name", name === "", m.channels_need_name);
  const others = taken.map((other) => other.toLowerCase());
  check("name", others.includes(name.toLowerCase()), () => m.channels_name_taken({ name }));
  check("topics", draft.topics.length === 0, m.channels_need_topic);
  check("profiles", draft.only && draft.profiles.length === 0, m.channels_need_profile);
  const { kind, webhook, command, email, stomp } = draft;
  if (kind === "webhook") check("url", badUrl(webhook.url), m.channels_need_url);
  if (kind === "command") {
    check("program", command.program.trim() === "", m.channels_need_program);
    check("timeout_s", !whole(command.timeout, 1, 86_400), m.channels_need_timeout);
  }
  if (kind === "email" || kind === "stomp") {
    const { host, port } = draft[kind];
    check("host", !/^\S+$/u.test(host.trim()), m.channels_need_host);
    check("port", !whole(port, 1, 65_535), m.channels_need_port);
  }
  if (kind === "email") {
    const to = addresses(email.to);
    check("from", !email.from.includes("@"), m.channels_need_from);
    check("to", to.length === 0 || !to.every((one) => one.includes("@")), m.channels_need_to);
  }
  if (kind === "stomp") check("destination", stomp.destination.trim() === "", m.channels_need_destination);
  return found;
}
