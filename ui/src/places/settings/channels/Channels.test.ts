import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { locale } from "$/i18n";
import { commands, type ChannelView, type MessageQuery, type MessageView } from "$/ipc";
import { toasts } from "$/parts/toasts.svelte";
import { feed } from "$/state/feed.svelte";
import { idOf, snapshotOf } from "$/state/sample";
import { view } from "$/state/view.svelte";
import { shown } from "../tab.svelte";
import Channels from "./Channels.svelte";
import DeliveryLog from "./DeliveryLog.svelte";
import { store } from "./store.svelte";

const SECRET = "correct horse battery staple";

function channel(id: string, name: string, more: Partial<ChannelView> = {}): ChannelView {
  return {
    id,
    settings: {
      name,
      topics: [],
      profiles: [],
      paused: false,
      target: { kind: "webhook", url: `https://${id}.example/hook` },
    },
    has_secret: false,
    waiting: 0,
    given_up: 0,
    sent_ms: null,
    trouble: null,
    created_ms: 0,
    ...more,
  };
}

function message(id: number, more: Partial<MessageView> = {}): MessageView {
  return {
    id,
    channel: "one",
    channel_name: "One",
    topic: "job.delivered",
    job: null,
    subject: `Reel ${id}.mov`,
    state: { state: "sent", at_ms: 1_000 },
    created_ms: 1_000,
    tries: [],
    body: '{"id":1}',
    ...more,
  };
}

let channels: ChannelView[];
let outbox = 0;
const news = () =>
  feed.fold({ type: "revisions", revisions: { watches: 0, outbox: ++outbox, hold: 0, costs: 0 } });

beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(700);
  channels = [];
  vi.spyOn(commands, "channels").mockImplementation(async () => channels);
  view.reset();
  Object.assign(shown, { tab: "channels", channel: null, unsent: false });
  store.list = null;
  feed.fold(snapshotOf(0, []));
});
afterEach(() => {
  for (const one of toasts.list) toasts.dismiss(one.id);
  locale.set("en");
});

async function open() {
  render(Channels);
  await waitFor(() => expect(store.list).not.toBeNull());
  return userEvent.setup({ document });
}
const field = (name: string | RegExp) => screen.getByLabelText<HTMLInputElement>(name);

describe("channels", () => {
  it("are added with a secret that is sent once and never shown", async () => {
    const add = vi.spyOn(commands, "addChannel").mockImplementation(async (settings) => {
      channels = [channel("one", settings.name, { has_secret: true })];
      return "one";
    });
    const user = await open();
    await user.click(await screen.findByRole("button", { name: "Add channel" }));
    await user.type(field("Name"), "Newsroom");
    await user.type(field("Address"), "https://monitor.example/hook");
    expect(field("Signing secret").type).toBe("password");
    await user.type(field("Signing secret"), SECRET);
    const dialog = screen.getByRole("dialog");
    await user.click(within(dialog).getByRole("button", { name: "Add channel" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    const target = { kind: "webhook", url: "https://monitor.example/hook" };
    expect(add.mock.calls).toEqual([
      [{ name: "Newsroom", topics: [], profiles: [], paused: false, target }, SECRET],
    ]);
    await user.click(await screen.findByRole("button", { name: "Edit Newsroom" }));
    expect(screen.getByText("Set. It is never shown.")).toBeTruthy();
    expect(document.body.innerHTML).not.toContain(SECRET);
  });

  it.each([
    ["nothing", async () => {}, { do: "keep" }],
    [
      "Replace…",
      async (user: ReturnType<typeof userEvent.setup>) => {
        await user.click(screen.getByRole("button", { name: "Replace…" }));
        await user.type(field("Signing secret"), SECRET);
      },
      { do: "set", secret: SECRET },
    ],
    [
      "Remove",
      (user: ReturnType<typeof userEvent.setup>) =>
        user.click(screen.getByRole("button", { name: "Remove" })),
      { do: "clear" },
    ],
  ])("after %s a stored secret is changed like that and no other way", async (_, act, change) => {
    channels = [channel("one", "One", { has_secret: true })];
    const edit = vi.spyOn(commands, "editChannel").mockResolvedValue(null);
    const user = await open();
    await user.click(await screen.findByRole("button", { name: "Edit One" }));
    await act(user);
    await user.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(edit).toHaveBeenCalledWith("one", channels[0]?.settings, change));
  });

  it("show what the engine refuses beside the field it is about, until that is changed", async () => {
    channels = [channel("one", "One")];
    const refusal = { kind: "bad-channel", message: "Url: no such host.", failure: null, field: "url" };
    vi.spyOn(commands, "editChannel").mockRejectedValue(refusal);
    const user = await open();
    await user.click(await screen.findByRole("button", { name: "Edit One" }));
    await user.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(field("Address").getAttribute("aria-invalid")).toBe("true"));
    const why = document.getElementById(field("Address").getAttribute("aria-describedby") ?? "");
    expect(why?.textContent).toBe("no such host.");
    await waitFor(() => expect(document.activeElement).toBe(field("Address")));
    await user.type(field("Address"), "s");
    expect(field("Address").getAttribute("aria-invalid")).toBeNull();
  });

  it("are not sent to the engine while something is missing", async () => {
    const add = vi.spyOn(commands, "addChannel");
    const user = await open();
    await user.click(await screen.findByRole("button", { name: "Add channel" }));
    await user.click(screen.getByRole("radio", { name: "E-mail" }));
    await user.click(within(screen.getByRole("dialog")).getByRole("button", { name: "Add channel" }));
    expect(add).not.toHaveBeenCalled();
    const wrong = [...document.querySelectorAll("[aria-invalid=true]")].map((one) => one.id);
    expect(wrong).toEqual(["Name", "Mail server", "From", "To"].map((name) => field(name).id));
    await waitFor(() => expect(document.activeElement).toBe(field("Name")));
  });

  it("are tried, and say what the other side said", async () => {
    channels = [channel("one", "One"), channel("two", "Two")];
    vi.spyOn(commands, "testChannel").mockImplementation(async (id) => {
      if (id === "one") return "204 No Content.";
      throw { kind: "channel-failed", message: "Connection refused.", failure: null, field: null };
    });
    const user = await open();
    for (const name of ["One", "Two"]) {
      const card = await screen.findByRole("article", { name });
      await user.click(within(card).getByRole("button", { name: "Send a test" }));
      const answer = await within(card).findByRole("status");
      const said = name === "One" ? "204 No Content." : "Connection refused.";
      await waitFor(() => expect(answer.textContent).toContain(said));
    }
  });

  it("are read again when something happened, and once for many things", async () => {
    channels = [channel("one", "One")];
    await open();
    await screen.findByRole("article", { name: "One" });
    const before = vi.mocked(commands.channels).mock.calls.length;
    channels = [channel("one", "One", { waiting: 4, trouble: "Connection refused." })];
    for (let at = 0; at < 20; at++) news();
    await screen.findByText("4 waiting");
    expect(screen.getByText("Not getting through")).toBeTruthy();
    expect(vi.mocked(commands.channels).mock.calls.length - before).toBeLessThanOrEqual(2);
  });

  it("are removed only after a question that says what goes with them", async () => {
    channels = [channel("one", "One", { waiting: 3 })];
    const remove = vi.spyOn(commands, "removeChannel").mockImplementation(async () => {
      channels = [];
      return null;
    });
    const user = await open();
    await user.click(await screen.findByRole("button", { name: "More for One" }));
    await user.click(await screen.findByRole("menuitem", { name: "Remove…" }));
    const dialog = await screen.findByRole("alertdialog");
    expect(dialog.textContent).toContain("3 of them unsent");
    expect(remove).not.toHaveBeenCalled();
    await user.click(within(dialog).getByRole("button", { name: "Remove channel" }));
    await screen.findByText("Nobody else is told yet");
    expect(remove).toHaveBeenCalledWith("one");
  });
});

describe("the delivery log", () => {
  let messages: MessageView[];
  let asked: MessageQuery[];

  async function openLog() {
    asked = [];
    channels = [channel("one", "One"), channel("two", "Two")];
    vi.spyOn(commands, "messages").mockImplementation(async (query) => {
      asked.push(query);
      const rows = messages.filter(
        (one) =>
          (query.channel === null || one.channel === query.channel) &&
          (!query.unsent || one.state.state !== "sent"),
      );
      return { rows: rows.slice(query.offset, query.offset + query.limit), total: rows.length };
    });
    render(DeliveryLog);
    await waitFor(() => expect(asked.length).toBeGreaterThan(0));
    return userEvent.setup({ document });
  }

  it("shows a message with every try and its text, and sends it again", async () => {
    const said = "The server answered 503.";
    messages = [
      message(2, {
        job: idOf(1),
        state: { state: "given-up", at_ms: 9_000 },
        tries: [
          { at_ms: 1_000, took_ms: 31, taken: false, said },
          { at_ms: 2_000, took_ms: 32, taken: false, said },
        ],
      }),
      message(1),
    ];
    const again = vi.spyOn(commands, "sendAgain").mockResolvedValue(null);
    const user = await openLog();
    await user.click(await screen.findByText("Reel 2.mov"));
    const dialog = await screen.findByRole("dialog");
    expect(within(dialog).getAllByText(said)).toHaveLength(2);
    expect(within(dialog).getByRole("region").textContent).toBe('{\n  "id": 1\n}');
    await user.click(within(dialog).getByRole("button", { name: "Send again now" }));
    expect(again).toHaveBeenCalledWith(2);
    // It goes on while it is looked at.
    messages = [message(2, { job: idOf(1) }), message(1)];
    news();
    await waitFor(() => expect(within(dialog).queryByRole("button", { name: "Send again now" })).toBeNull());
    await user.click(within(dialog).getByRole("button", { name: "Open job" }));
    expect(view.current).toEqual({ place: "job", id: idOf(1) });
  });

  it("is walked with the keyboard, and Enter opens", async () => {
    messages = [message(2), message(1)];
    const user = await openLog();
    const row = (await screen.findByText("Reel 2.mov")).closest<HTMLElement>("[role=row]");
    row?.focus();
    await user.keyboard("{ArrowDown}{Enter}");
    expect((await screen.findByRole("dialog")).textContent).toContain("Reel 1.mov");
  });

  it("asks for one channel, and for what was not taken", async () => {
    messages = [message(1)];
    shown.channel = "two";
    shown.unsent = true;
    const user = await openLog();
    await screen.findByText("No such messages");
    expect(asked[0]).toMatchObject({ channel: "two", unsent: true, offset: 0 });
    await user.click(screen.getByRole("button", { name: "Show all" }));
    await screen.findByText("Reel 1.mov");
    expect(asked.at(-1)).toMatchObject({ channel: null, unsent: false });
  });
});
