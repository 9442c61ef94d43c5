import { render, screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { commands } from "$/ipc";
import { feed } from "$/state/feed.svelte";
import { cloudOf, idOf, liveOf, snapshotOf } from "$/state/sample";
import { view } from "$/state/view.svelte";
import Queue from "./Queue.svelte";

const failure = {
  code: "ARR-02" as const,
  what: "\u201cbroken.mov\u201d was not delivered: the file is incomplete.",
  why: "It ends early.",
  did: "",
  safe: "The source was only read.",
  spent_microusd: 0,
  next: "Copy it again.",
  otherwise: "",
  waiting_helps: false,
  details: "",
};

beforeEach(() => {
  // Rows in view need a height, which this DOM does not know.
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(700);
  view.reset();
});
afterEach(() => feed.fold(snapshotOf(0, [])));

const show = () => {
  feed.fold(
    snapshotOf(1, [
      liveOf(1, ["done", "running", "ready"]),
      liveOf(2, ["ready"], { state: "queued" }),
      liveOf(3, ["ready"], { state: "queued", wish: "pause" }),
      liveOf(4, ["failed"], { state: "failed", error: failure, ended_ms: 9 }),
      liveOf(5, ["done"], { state: "delivered", ended_ms: 8 }),
    ]),
  );
  render(Queue);
  const row = (name: string) => screen.getByRole("row", { name });
  return { user: userEvent.setup(), row };
};
const chosen = () =>
  screen.getAllByRole("row", { selected: true }).map((row) => row.getAttribute("data-job"));

describe("the queue", () => {
  it("shows what needs attention first, with its reason and one next step", async () => {
    const { user } = show();
    const rows = screen.getAllByRole("row").flatMap((row) => row.getAttribute("data-job") ?? []);
    expect(rows).toEqual([4, 1, 2, 3, 5].map(idOf));
    const broken = screen.getByText(failure.what).closest("[role=row]") as HTMLElement;
    expect(within(broken).getByText(failure.why)).toBeTruthy();
    const retry = vi.spyOn(commands, "retryJobs").mockResolvedValue([]);
    await user.click(within(broken).getByRole("button", { name: "Retry" }));
    expect(retry).toHaveBeenCalledWith([idOf(4)]);
  });

  it("says how segments stand in words", () => {
    show();
    expect(screen.getByRole("img", { name: "1 of 3 segments done, 1 running" })).toBeTruthy();
  });

  it("is walked, selected and opened with the keyboard", async () => {
    const { user, row } = show();
    row("master 1.mov").focus();
    await user.keyboard(" {Shift>}{ArrowDown}{/Shift}");
    expect(chosen()).toEqual([1, 2].map(idOf));
    expect(document.activeElement).toBe(row("master 2.mov"));
    await user.keyboard("{Escape}");
    expect(screen.queryAllByRole("row", { selected: true })).toEqual([]);
    await user.keyboard("{Control>}a{/Control}");
    expect(chosen()).toHaveLength(5);
    await user.keyboard("{End}{Enter}");
    expect(view.current).toEqual({ place: "job", id: idOf(5) });
  });

  it("moves with Alt and arrows, and says where to", async () => {
    const { user, row } = show();
    const move = vi.spyOn(commands, "moveJobs").mockResolvedValue(null);
    row("master 3.mov").focus();
    await user.keyboard("{Alt>}{ArrowUp}{/Alt}");
    expect(move).toHaveBeenCalledWith([idOf(3)], idOf(2));
    expect(feed.open.map((job) => job.id)).toEqual([1, 3, 2].map(idOf));
    await vi.waitFor(() => expect(screen.getByText("master 3.mov is now number 2 of 3")).toBeTruthy());
    expect(document.activeElement).toBe(row("master 3.mov"));
  });

  it("asks before it cancels", async () => {
    const { user, row } = show();
    const wish = vi.spyOn(commands, "wishJobs").mockResolvedValue([]);
    row("master 1.mov").focus();
    await user.keyboard("{Delete}");
    const dialog = await screen.findByRole("alertdialog");
    expect(wish).not.toHaveBeenCalled();
    await user.click(within(dialog).getByRole("button", { name: "Cancel job" }));
    expect(wish).toHaveBeenCalledWith([idOf(1)], "cancel");
  });

  it("pauses and resumes only those that can be", async () => {
    const { user } = show();
    const wish = vi.spyOn(commands, "wishJobs").mockResolvedValue([]);
    await user.click(screen.getByRole("button", { name: "Pause all" }));
    expect(wish).toHaveBeenCalledWith([1, 2].map(idOf), "pause");
  });

  it("takes dismissed jobs away, and keeps those that refuse", async () => {
    const { user, row } = show();
    const error = { kind: "not-possible" as const, message: "No.", failure: null, field: null };
    const dismiss = vi.spyOn(commands, "dismissJobs").mockResolvedValueOnce([{ job: idOf(5), error }]);
    row("master 5.mov").focus();
    await user.keyboard("{Delete}");
    expect(row("master 5.mov")).toBeTruthy();
    dismiss.mockResolvedValueOnce([]);
    await user.keyboard("{Delete}");
    await vi.waitFor(() => expect(screen.queryByRole("row", { name: "master 5.mov" })).toBeNull());
  });

  it("says how to begin when it is empty", async () => {
    feed.fold(snapshotOf(1, []));
    render(Queue);
    const sample = vi.spyOn(commands, "deliverSample").mockResolvedValue([]);
    await userEvent.click(screen.getByRole("button", { name: "Deliver a sample" }));
    expect(sample).toHaveBeenCalled();
    expect(screen.getByText("Drop masters or folders here")).toBeTruthy();
  });

  it("says what it waits for, and where there is something to be done", async () => {
    const { user } = show();
    const why = {
      because: "space" as const,
      folder: "/scratch",
      needed: 38_400_000_000,
      free: 6_120_000_000,
    };
    feed.fold({ type: "hold", hold: { why, since_ms: 0, next_look_ms: 30_000 } });
    const banner = await screen.findByRole("region", { name: "The queue waits for space" });
    for (const part of ["/scratch", "38.4 GB", "6.12 GB"]) expect(banner.textContent).toContain(part);
    const open = vi.spyOn(commands, "open").mockResolvedValue(null);
    await user.click(within(banner).getByRole("button", { name: "Show folder" }));
    expect(open).toHaveBeenCalledWith({ what: "hold-folder" });
    await user.click(within(banner).getByRole("button", { name: "Temporary folder…" }));
    expect(view.current).toEqual({ place: "settings" });
    feed.fold({ type: "hold", hold: null });
    await vi.waitFor(() => expect(screen.queryByText("The queue waits for space")).toBeNull());
  });

  it("shows the title that a sidecar gave, when it is due, and the way to its watched folder", async () => {
    const watch = "0193f000-0000-7000-8000-000000000001";
    const extras = { title: "Northlight E04", metadata: {}, deadline_ms: 1, watch };
    feed.fold(snapshotOf(1, [liveOf(1, ["ready"], { extras })]));
    render(Queue);
    const row = screen.getByRole("row", { name: "master 1.mov" });
    for (const part of ["Northlight E04", "master 1.mov", "overdue", "From a watched folder"])
      expect(row.textContent).toContain(part);
    const user = userEvent.setup();
    await user.click(within(row).getByRole("button", { name: /^More/ }));
    await user.click(await screen.findByRole("menuitem", { name: "Show watched folder" }));
    expect(view.current).toEqual({ place: "watch", id: watch });
  });

  it("says who else works, or why nobody does", async () => {
    show();
    feed.fold({ type: "runner", runner: { state: "stopped", why: "The work folder is gone." } });
    expect(await screen.findByText("The work folder is gone.")).toBeTruthy();
    feed.fold({ type: "runner", runner: { state: "here" } });
    await vi.waitFor(() => expect(screen.queryByText("The work folder is gone.")).toBeNull());
  });

  it("shows the engine with its reason, and what a job costs as it is charged", async () => {
    const route = {
      engine: "cloud" as const,
      id: "asked-cloud",
      text: "The cloud was asked for.",
      values: {},
    };
    feed.fold(snapshotOf(1, [cloudOf(1, [["done", "running", "blocked"]], { route })]));
    render(Queue);
    const row = (await screen.findByText("master 1.mov")).closest("[role=row]") as HTMLElement;
    expect(row.textContent).toContain("Cloud: The cloud was asked for.");
    expect(row.textContent).not.toContain("$");
    feed.fold({
      type: "event",
      event: { seq: 2, at_ms: 5, job: idOf(1), body: { event: "charged", cost_microusd: 1_230_000 } },
    });
    await vi.waitFor(() => expect(row.textContent).toContain("$1.23 so far"));
    const back = {
      engine: "local" as const,
      id: "failed-there",
      text: "It failed there.",
      values: { why: "x" },
    };
    feed.fold({
      type: "event",
      event: { seq: 3, at_ms: 6, job: idOf(1), body: { event: "routed", route: back } },
    });
    await vi.waitFor(() => expect(row.textContent).toContain("This machine: It failed there."));
  });
});
