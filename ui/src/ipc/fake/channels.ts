/** Channels and messages of the fake back end. `?nochannels`: none. `?offline`: nothing can be sent. */
import type {
  ChannelId,
  ChannelSettings,
  ChannelView,
  CommandError,
  ErrorKind,
  MessageId,
  MessagePage,
  MessageQuery,
  MessageView,
  SecretChange,
  Topic,
  TryView,
} from "../bindings";
import type { Handlers } from ".";
import { world } from "./queue";
import { revised } from "./revisions";

const asked = new URLSearchParams(globalThis.location?.search ?? "");
const MINUTE = 60_000;
const now = () => Math.round(world.now);

const refuse = (kind: ErrorKind, message: string, field: string | null = null): never => {
  throw { kind, message, field, failure: null } satisfies CommandError;
};

let count = 0;
const channelId = () => `01933f21-${(0x2000 + ++count).toString(16)}-7b11-8c20-5d2f00a1c3e0`;

function made(settings: ChannelSettings, more: Partial<ChannelView> = {}): ChannelView {
  return {
    id: channelId(),
    settings,
    has_secret: false,
    waiting: 0,
    given_up: 0,
    sent_ms: null,
    trouble: null,
    created_ms: now() - 30 * 24 * 60 * MINUTE,
    ...more,
  };
}

const all = { topics: [], profiles: [], paused: false };

let channels: ChannelView[] =
  asked.has("empty") || asked.has("nochannels")
    ? []
    : [
        made(
          {
            ...all,
            name: "Newsroom monitor",
            target: { kind: "webhook", url: "https://monitor.northlight.example/hooks/spillway" },
          },
          { has_secret: true },
        ),
        made(
          {
            ...all,
            name: "Playout broker",
            topics: ["job.started", "job.progress", "job.delivered", "job.failed"],
            target: {
              kind: "stomp",
              host: "mq.playout.example",
              port: 61613,
              tls: false,
              destination: "/topic/media.deliveries",
              user: "spillway",
            },
          },
          {
            has_secret: true,
            trouble: "mq.playout.example:61613 could not be reached: connection refused.",
          },
        ),
        made(
          {
            ...all,
            name: "Post-production desk",
            topics: ["job.failed", "watch.unreachable", "arrival.held"],
            target: {
              kind: "email",
              host: "smtp.northlight.example",
              port: 465,
              security: "tls",
              user: "spillway",
              from: "Spillway <spillway@northlight.example>",
              to: ["desk@northlight.example", "ana.ruiz@northlight.example"],
            },
          },
          { has_secret: true },
        ),
        made({
          ...all,
          name: "Archive script",
          topics: ["job.delivered"],
          profiles: ["hevc-archive"],
          paused: true,
          target: {
            kind: "command",
            program: "/opt/archive/bin/ingest",
            arguments: ["--receipt", "{receipt}", "--job", "{job}"],
            timeout_s: 120,
          },
        }),
      ];

interface Kept extends MessageView {
  nth: number;
}
let written = 0;
let messages: Kept[] = [];

function body(topic: Topic, sequence: number, at: number, subject: string, job: string | null): string {
  return JSON.stringify({
    schema: "spillway.event/1",
    id: `01933f22-${(0x1000 + (sequence % 0xefff)).toString(16)}-7000-8000-00000000a1b2`,
    sequence,
    topic,
    at: new Date(at).toISOString(),
    job: job && {
      id: job,
      source: `/media/masters/${subject}`,
      profile: "youtube",
      partner: "YouTube",
      state: topic.split(".")[1],
      metadata: { order: "NL-2026-1147" },
    },
  });
}

const taken = (at_ms: number, took_ms: number, said: string): TryView => ({
  at_ms,
  took_ms,
  taken: true,
  said,
});
const failed = (at_ms: number, took_ms: number, said: string): TryView => ({
  at_ms,
  took_ms,
  taken: false,
  said,
});

function write(channel: ChannelView, topic: Topic, subject: string, at: number, job: string | null): Kept {
  written += 1;
  const message: Kept = {
    nth: written,
    id: written as MessageId,
    channel: channel.id,
    channel_name: channel.settings.name,
    topic,
    job,
    subject,
    state: { state: "waiting", next_ms: at },
    created_ms: at,
    tries: [],
    body: body(topic, 4_000 + written, at, subject, job),
  };
  messages.unshift(message);
  return message;
}

const ANSWERS: Record<ChannelSettings["target"]["kind"], string> = {
  webhook: "204 No Content.",
  email: "250 2.0.0 Ok: queued as 4F7C21A0B3.",
  stomp: "The broker confirmed it.",
  command: "It ended with 0.",
};

function fill() {
  const [monitor, broker, desk, script] = channels;
  if (!monitor || !broker || !desk || !script) return;
  const ended = world.jobs.filter((job) => job.view.state === "delivered" || job.view.state === "failed");
  const topics: Topic[] = ["job.submitted", "job.delivered", "job.submitted", "job.failed", "job.delivered"];
  for (let at = 0; at < 320; at++) {
    const job = ended[at % Math.max(1, ended.length)];
    const topic = topics[at % topics.length] ?? "job.delivered";
    const subject = job?.view.source.split("/").at(-1) ?? "Northlight_E02_Master_UHD.mov";
    const when = now() - (330 - at) * 37 * MINUTE;
    const message = write(monitor, topic, subject, when, job?.view.id ?? null);
    if (at % 17 === 4)
      message.tries.push(
        failed(when + 200, 10_004, "monitor.northlight.example did not answer within 10 s."),
      );
    const sent = when + (message.tries.length > 0 ? 12_400 : 180);
    message.tries.push(taken(sent, 90 + ((at * 37) % 240), ANSWERS.webhook));
    message.state = { state: "sent", at_ms: sent };
  }
  const share = write(desk, "watch.unreachable", "/mnt/nas/inbox", now() - 50 * MINUTE, null);
  share.tries.push(taken(now() - 50 * MINUTE + 900, 1_310, ANSWERS.email));
  share.state = { state: "sent", at_ms: now() - 50 * MINUTE + 2_210 };
  const lost = write(broker, "job.failed", "Coastline_Doc_rev1.mov", now() - 4 * 24 * 60 * MINUTE, null);
  for (let at = 0; at < 12; at++)
    lost.tries.push(failed(lost.created_ms + 2 ** at * 1_000, 31, broker.trouble ?? ""));
  lost.state = { state: "given-up", at_ms: now() - 24 * 60 * MINUTE };
  for (const [at, job] of ended.slice(0, 3).entries()) {
    const message = write(
      broker,
      job.view.state === "failed" ? "job.failed" : "job.delivered",
      job.view.source.split("/").at(-1) ?? "",
      now() - (28 - at * 6) * MINUTE,
      job.view.id,
    );
    if (at === 0)
      for (const wait of [0, 1, 3, 9, 21])
        message.tries.push(failed(message.created_ms + wait * MINUTE, 28 + wait, broker.trouble ?? ""));
    message.state = { state: "waiting", next_ms: now() + (2 + at) * MINUTE };
  }
  const held = ended.find((job) => job.view.state === "delivered");
  write(script, "job.delivered", "夜航船 第二集 终版.mov", now() - 11 * MINUTE, held?.view.id ?? null);
  messages.sort((a, b) => b.created_ms - a.created_ms || b.nth - a.nth);
}
fill();

function view(channel: ChannelView): ChannelView {
  const own = messages.filter((one) => one.channel === channel.id);
  const sent = own.flatMap((one) => (one.state.state === "sent" ? [one.state.at_ms] : []));
  return {
    ...channel,
    waiting: own.filter((one) => one.state.state === "waiting").length,
    given_up: own.filter((one) => one.state.state === "given-up").length,
    sent_ms: sent.length > 0 ? Math.max(...sent) : null,
  };
}

function find(id: ChannelId): ChannelView {
  return channels.find((one) => one.id === id) ?? refuse("no-such-channel", "This channel is gone.");
}

function check(settings: ChannelSettings, own: ChannelId | null) {
  const same = (one: ChannelView) => one.settings.name.toLowerCase() === settings.name.toLowerCase();
  if (channels.some((one) => one.id !== own && same(one)))
    refuse("bad-channel", `A channel is called ${settings.name} already.`, "name");
  if (settings.target.kind === "command" && !settings.target.program.startsWith("/"))
    refuse("bad-channel", "Program: give the whole path, beginning with /.", "program");
}

function send(message: Kept): string {
  const channel = find(message.channel);
  const at = now();
  if (asked.has("offline") || channel.trouble !== null) {
    const why = channel.trouble ?? "The network is down.";
    message.tries.push(failed(at, 34, why));
    message.state = { state: "waiting", next_ms: at + 5 * MINUTE };
    revised("outbox");
    return refuse("channel-failed", why);
  }
  message.tries.push(taken(at, 142, ANSWERS[channel.settings.target.kind]));
  message.state = { state: "sent", at_ms: at };
  revised("outbox");
  return ANSWERS[channel.settings.target.kind];
}

export const handlers: Handlers = {
  channels: () => channels.map(view),
  add_channel: ({ settings, secret }: { settings: ChannelSettings; secret: string | null }) => {
    check(settings, null);
    const channel = made(settings, { has_secret: secret !== null, created_ms: now() });
    channels = [...channels, channel];
    revised("outbox");
    return channel.id;
  },
  edit_channel: ({
    channel,
    settings,
    secret,
  }: {
    channel: ChannelId;
    settings: ChannelSettings;
    secret: SecretChange;
  }) => {
    check(settings, channel);
    const has_secret = secret.do === "keep" ? find(channel).has_secret : secret.do === "set";
    channels = channels.map((one) => (one.id === channel ? { ...one, settings, has_secret } : one));
    for (const one of messages) if (one.channel === channel) one.channel_name = settings.name;
    revised("outbox");
  },
  remove_channel: ({ channel }: { channel: ChannelId }) => {
    channels = channels.filter((one) => one.id !== find(channel).id);
    messages = messages.filter((one) => one.channel !== channel);
    revised("outbox");
  },
  test_channel: ({ channel }: { channel: ChannelId }) =>
    send(write(find(channel), "channel.test", find(channel).settings.name, now(), null)),
  messages: ({ query }: { query: MessageQuery }): MessagePage => {
    const found = messages.filter(
      (one) =>
        (query.channel === null || one.channel === query.channel) &&
        (query.job === null || one.job === query.job) &&
        (!query.unsent || one.state.state !== "sent"),
    );
    return {
      rows: found.slice(query.offset, query.offset + query.limit).map(({ nth: _nth, ...message }) => message),
      total: found.length,
    };
  },
  send_again: ({ message }: { message: MessageId }) => {
    const one =
      messages.find((kept) => kept.id === message) ?? refuse("no-such-channel", "The message is gone.");
    one.state = { state: "waiting", next_ms: now() };
    revised("outbox");
  },
  choose_program: () => "/opt/archive/bin/ingest",
};
