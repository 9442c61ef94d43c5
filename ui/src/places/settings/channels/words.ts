/** What channels and their messages say of themselves. */
import { number } from "$/format";
import { locale, m } from "$/i18n";
import type { ChannelView, MessageState, MessageView, Target, TryView } from "$/ipc";
import { clockTime } from "$/places/queue/rowwords";
import type { Kind } from "./draft";
import { topicName } from "./topics";

const KINDS: Record<Kind, () => string> = {
  webhook: m.channels_kind_webhook,
  email: m.channels_kind_email,
  command: m.channels_kind_command,
  stomp: m.channels_kind_stomp,
};

export const kindName = (kind: Kind): string => KINDS[kind]();

/** Where messages go, in one line. */
export function targetWords(target: Target): string {
  switch (target.kind) {
    case "webhook":
      return target.url;
    case "command":
      return [target.program, ...target.arguments].join(" ");
    case "email":
      return m.channels_target_email({ to: target.to.join(", "), host: target.host });
    case "stomp":
      return m.channels_target_stomp({
        destination: target.destination,
        host: `${target.host}:${target.port}`,
      });
  }
}

/** How a channel is. */
export type Standing = "paused" | "trouble" | "working" | "new";

export function standingOf(channel: ChannelView): Standing {
  if (channel.settings.paused) return "paused";
  if (channel.trouble !== null) return "trouble";
  return channel.sent_ms === null ? "new" : "working";
}

const STANDINGS: Record<Standing, () => string> = {
  paused: m.channels_state_paused,
  trouble: m.channels_state_trouble,
  working: m.channels_state_working,
  new: m.channels_state_new,
};

export const standingName = (standing: Standing): string => STANDINGS[standing]();

/** What a channel is told of, and for which profiles. */
export function scopeWords({ settings }: ChannelView): string {
  const topics = settings.topics.length === 0 ? [m.channels_topics_usual()] : settings.topics.map(topicName);
  const profiles = settings.profiles.join(", ");
  return [...topics, ...(profiles ? [m.channels_scope({ profiles })] : [])].join(" · ");
}

export const sentWords = (channel: ChannelView): string =>
  channel.sent_ms === null ? "" : m.channels_last_sent({ time: clockTime(channel.sent_ms) });

const STATES: Record<MessageState["state"], () => string> = {
  waiting: m.channels_message_waiting,
  sent: m.channels_message_sent,
  "given-up": m.channels_message_given_up,
};

export const messageState = (state: MessageState): string => STATES[state.state]();

/** Where a message stands, with the time that matters. */
export function standsWords({ state, tries }: MessageView, now = Date.now()): string {
  switch (state.state) {
    case "waiting":
      if (state.next_ms <= now) return m.channels_stands_due();
      return tries.length === 0
        ? m.channels_stands_waiting({ time: moment(state.next_ms) })
        : m.channels_stands_again({ time: moment(state.next_ms) });
    case "sent":
      return m.channels_stands_sent({ time: moment(state.at_ms) });
    case "given-up":
      return m.channels_stands_given_up({ time: moment(state.at_ms) });
  }
}

/** Date and time to the second. */
export const moment = (ms: number): string =>
  new Intl.DateTimeFormat(locale.current, {
    dateStyle: "medium",
    timeStyle: "medium",
    hourCycle: "h23",
  }).format(ms);

/** `240 ms`, `1.2 sec`. */
export function tookWords({ took_ms }: TryView): string {
  const [value, unit] = took_ms < 1_000 ? [took_ms, "millisecond"] : [took_ms / 1_000, "second"];
  return new Intl.NumberFormat(locale.current, {
    style: "unit",
    unit,
    unitDisplay: "short",
    maximumFractionDigits: 1,
  }).format(value);
}

export const triesWords = ({ tries }: MessageView): string =>
  tries.length === 0 ? "" : m.channels_tries({ count: number(tries.length) });

/** The JSON for reading; what is none as it is. */
export function readable(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
