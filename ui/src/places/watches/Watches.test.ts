import { cleanup, fireEvent, render, screen, within } from "@testing-library/svelte";
import { clearMocks, mockIPC } from "@tauri-apps/api/mocks";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { m } from "$/i18n";
import type { ArrivalView, WatchSettings, WatchView } from "$/ipc";
import { toasts } from "$/parts/toasts.svelte";
import { feed } from "$/state/feed.svelte";
import { view } from "$/state/view.svelte";
import { watches } from "$/state/watches.svelte";
import { DEFAULTS } from "./draft";
import Watch from "./Watch.svelte";
import Watches from "./Watches.svelte";

const NOW = new Date(2026, 10, 22, 14, 2, 3).getTime();

const folder = (id: string, more: Partial<WatchView> = {}): WatchView => ({
  id,
  place: { kind: "folder", path: `/masters/${id}` },
  settings: { ...DEFAULTS, profiles: ["web-mp4"] },
  out_dir: `/masters/${id}-delivered`,
  state: { state: "watching" },
  counts: { waiting: 1, held: 0, at_work: 0, delivered: 3, failed: 0, skipped: 1 },
  scanned_ms: NOW - 20_000,
  scan_took_ms: 40,
  next_scan_ms: NOW + 12_000,
  closed_until_ms: null,
  created_ms: NOW - 1e9,
  ...more,
});

const file = (id: number, more: Partial<ArrivalView> = {}): ArrivalView => ({
  id,
  watch: "inbox",
  path: `A_${id}.mov`,
  bytes: 1e9,
  state: "waiting",
  reason: { reason: "being-written" },
  next_look_ms: NOW + 5_000,
  first_seen_ms: NOW - 60_000,
  changed_ms: NOW - 60_000,
  jobs: [],
  ...more,
});

let all: WatchView[] = [];
let files: ArrivalView[] = [];
let calls: { command: string; args: unknown }[] = [];
let refusal: object | null = null;

beforeEach(() => {
  vi.useFakeTimers();
  vi.setSystemTime(NOW);
  all = [folder("inbox"), folder("share")];
  files = [file(1)];
  [calls, refusal] = [[], null];
  mockIPC((command, args) => {
    calls.push({ command, args });
    if (command === "watches") return all;
    if (command === "arrivals") return { rows: files, total: files.length };
    if (command === "profiles")
      return ["web-mp4", "youtube"].map((id) => ({ id, partner: id, title: `The ${id}`, problems: [] }));
    if (command === "choose_watch_folder") return "/masters/new";
    if (refusal) throw refusal;
    if (command === "add_watch") return "new";
    return null;
  });
});

afterEach(async () => {
  watches.form = null;
  cleanup();
  await vi.runOnlyPendingTimersAsync();
  for (const one of toasts.list) toasts.dismiss(one.id);
  watches.all = null;
  view.reset();
  clearMocks();
  vi.useRealTimers();
});

const settled = () => vi.advanceTimersByTimeAsync(1);
const named = (command: string) => calls.filter((one) => one.command === command);
const added = () =>
  (named("add_watch")[0] ?? expect.fail("nothing was added")).args as {
    place: string;
    settings: WatchSettings;
  };
async function press(name: string | RegExp) {
  await fireEvent.click(screen.getByRole("button", { name }));
  await settled();
}

describe("the list", () => {
  it("says of each folder how it is, and what a drive that is gone means", async () => {
    all = [
      folder("inbox"),
      folder("share", {
        state: {
          state: "unreachable",
          since_ms: NOW - 1_000,
          why: { because: "not-mounted", source: "//nas/share", mount_point: "/mnt/share" },
        },
      }),
      folder("nas", {
        state: {
          state: "polling",
          every_s: 30,
          why: { because: "network-drive", file_system: "cifs", source: "//nas/post" },
        },
      }),
    ];
    render(Watches);
    await settled();
    const text = screen.getByRole("grid").textContent ?? "";
    for (const words of [
      "Watching",
      "Unreachable since 14:02",
      "//nas/share is not mounted at /mnt/share.",
      "Nothing is deleted or forgotten.",
      "Polling every 30 sec",
      "network drive (cifs //nas/post)",
      "Next look in 12 sec",
    ])
      expect(text).toContain(words);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(screen.getByRole("grid").textContent).toContain("Next look in 9 sec");
  });

  it("without folders teaches what they are for, and offers one", async () => {
    all = [];
    render(Watches);
    await settled();
    await press(m.watches_add());
    expect(screen.getByRole("dialog", { name: m.watches_form_add() })).toBeTruthy();
    expect(screen.getByDisplayValue("/masters/new")).toBeTruthy();
  });

  it("asks before a folder is watched no more", async () => {
    render(Watches);
    await settled();
    const row = screen.getByRole("grid").querySelector<HTMLElement>('[data-index="1"]');
    await fireEvent.keyDown(row ?? expect.fail("no row"), { key: "Delete" });
    await settled();
    expect(named("remove_watch")).toEqual([]);
    const asked = screen.getByRole("alertdialog");
    expect(asked.textContent).toContain(m.watches_remove_stays());
    await fireEvent.click(within(asked).getByRole("button", { name: m.watches_remove_confirm() }));
    await settled();
    expect(named("remove_watch").map((one) => one.args)).toEqual([{ watch: "share" }]);
  });
});

describe("the form", () => {
  const submit = () => press(m.watches_form_start());
  const alerts = () => screen.queryAllByRole("alert").map((one) => one.textContent?.trim());

  async function form(places: string[]) {
    render(Watches);
    await settled();
    watches.form = { for: "add", places };
    await settled();
  }
  const tick = async (name: RegExp) => {
    await fireEvent.click(screen.getByRole("checkbox", { name }));
    await settled();
  };

  it("asks nothing of the engine as long as something is missing, and says what", async () => {
    await form(["/masters/new"]);
    expect(alerts()).toEqual([]);
    await submit();
    expect(alerts()).toEqual([m.watches_fault_profiles()]);
    await tick(/web-mp4/);
    expect(alerts()).toEqual([]);
    await submit();
    const { place, settings } = added();
    expect(place).toBe("/masters/new");
    expect(settings).toEqual({ ...DEFAULTS, profiles: ["web-mp4"] });
    expect(watches.form).toBeNull();
  });

  it("shows what the engine refuses at the field, until the field is changed", async () => {
    await form(["/masters/new"]);
    await tick(/youtube/);
    const message = "/masters/new is watched already.";
    refusal = { kind: "bad-watch", message, failure: null, field: "place" };
    await submit();
    expect(alerts()).toEqual([message]);
    const place = screen.getByDisplayValue("/masters/new");
    expect(place.getAttribute("aria-invalid")).toBe("true");
    await fireEvent.input(place, { target: { value: "/masters/newer" } });
    await settled();
    expect(alerts()).toEqual([]);
  });

  it("opens what is folded when the engine finds fault with it", async () => {
    await form(["/masters/new"]);
    await tick(/youtube/);
    const message = "The pattern “[” makes no sense: unclosed.";
    refusal = { kind: "bad-watch", message, failure: null, field: "patterns" };
    expect(screen.queryByRole("textbox", { name: m.watches_form_include() })).toBeNull();
    await submit();
    expect(screen.getByRole("textbox", { name: m.watches_form_include() })).toBeTruthy();
    expect(alerts()).toEqual([message]);
  });

  it("watches dropped folders one by one, and those that were taken are not asked for again", async () => {
    await form(["/a", "/b", "/c"]);
    await tick(/youtube/);
    let taken = 0;
    mockIPC((command, args) => {
      calls.push({ command, args });
      if (command === "watches") return all;
      taken += 1;
      if (taken === 2) throw { kind: "file", message: "The drive is gone.", failure: null, field: null };
      return "id";
    });
    await submit();
    expect(screen.getByRole("dialog").textContent).toContain("The drive is gone.");
    await submit();
    expect(named("add_watch").map((one) => (one.args as { place: string }).place)).toEqual([
      "/a",
      "/b",
      "/b",
      "/c",
    ]);
  });

  it("hours are switched with the keyboard", async () => {
    await form(["/masters/new"]);
    await tick(/youtube/);
    await press(m.watches_form_more());
    await fireEvent.click(screen.getByRole("radio", { name: m.watches_form_some_hours() }));
    await press(m.watches_hours_clear());
    const week = screen.getByRole("grid", { name: m.watches_hours_grid() });
    const key = (name: string, shiftKey = false) => fireEvent.keyDown(week, { key: name, shiftKey });
    for (let n = 0; n < 48; n++) await key("ArrowLeft");
    await key(" ");
    for (const _ of [1, 2, 3]) await key("ArrowRight", true);
    await key("ArrowDown", true);
    await submit();
    const { settings } = added();
    expect(settings.hours).toEqual([
      { days: ["mon"], from_minute: 0, to_minute: 120 },
      { days: ["tue"], from_minute: 90, to_minute: 120 },
    ]);
  });
});

describe("one folder", () => {
  const shown = async () => {
    render(Watch, { id: "inbox" });
    await settled();
    return screen.getByRole("grid");
  };

  it("counts down to the next look at each file", async () => {
    const grid = await shown();
    expect(grid.textContent).toContain("in 5 sec");
    await vi.advanceTimersByTimeAsync(2_000);
    expect(grid.textContent).toContain("in 3 sec");
    await vi.advanceTimersByTimeAsync(9_000);
    expect(grid.textContent).toContain("now");
  });

  it("reads again what changed, and nothing when nothing did", async () => {
    const grid = await shown();
    const before = named("arrivals").length;
    feed.fold({
      type: "revisions",
      revisions: { watches: feed.revisions.watches, outbox: 9, hold: 9, costs: 0 },
    });
    await settled();
    expect(named("arrivals")).toHaveLength(before);
    files = [file(1, { state: "held", reason: { reason: "incomplete", why: "The end is missing." } })];
    feed.fold({
      type: "revisions",
      revisions: { watches: feed.revisions.watches + 1, outbox: 9, hold: 9, costs: 0 },
    });
    await settled();
    expect(named("arrivals")).toHaveLength(before + 1);
    expect(grid.textContent).toContain("The end is missing.");
  });

  it("delivers again only what has ended, and opens the jobs of a file", async () => {
    files = [
      file(1),
      file(2, { state: "skipped", reason: { reason: "same", path: "A_1.mov", job: "earlier" } }),
      file(3, {
        state: "failed",
        reason: { reason: "submitted" },
        jobs: [{ id: "job", profile: "web-mp4", state: "failed" }],
      }),
    ];
    const grid = await shown();
    const again = within(grid).getAllByRole("button", { name: m.watches_again() });
    expect(again).toHaveLength(2);
    await fireEvent.click(again[0] ?? expect.fail("nothing to deliver again"));
    await settled();
    expect(named("deliver_again").map((one) => one.args)).toEqual([{ arrival: 2 }]);
    await fireEvent.click(within(grid).getByRole("button", { name: /web-mp4/ }));
    expect(view.current).toEqual({ place: "job", id: "job" });
  });

  it("Escape leads back, unless it closes something", async () => {
    view.go("watches");
    view.go({ place: "watch", id: "inbox" });
    await shown();
    watches.form = { for: "add", places: ["/masters/new"] };
    await settled();
    await fireEvent.keyDown(screen.getByRole("dialog"), { key: "Escape" });
    await settled();
    expect(watches.form).toBeNull();
    expect(view.current.place).toBe("watch");
    await fireEvent.keyDown(document.body, { key: "Escape" });
    expect(view.current.place).toBe("watches");
  });

  it("that is watched no more says so", async () => {
    render(Watch, { id: "inbox" });
    await settled();
    all = [];
    await watches.touch();
    await settled();
    expect(screen.getByText(m.watches_gone_title())).toBeTruthy();
  });
});
