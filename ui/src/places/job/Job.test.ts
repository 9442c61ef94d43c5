import { render, screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, test, vi } from "vitest";

import { commands, usePictures, type ChargeState, type LedgerLine, type Message } from "$/ipc";
import { handlers } from "$/ipc/fake/job";
import { world } from "$/ipc/fake/queue";
import { connect } from "$/ipc/fake/wire";
import { feed } from "$/state/feed.svelte";
import { snapshotOf } from "$/state/sample";
import { view } from "$/state/view.svelte";
import { sumsOf } from "./cloudwork.svelte";
import Job from "./Job.svelte";

const answer = (name: string, args: unknown) =>
  Promise.resolve().then(() => structuredClone(handlers[name]?.(args)));
const find = (state: string) =>
  world.jobs.find((job) => job.view.state === state && job.steps.length > 3)!.view.id;

beforeEach(() => {
  view.reset();
  usePictures((path) => `data:,${path}`);
  connect({ onmessage: (message: Message) => feed.fold(message) });
  feed.fold(world.snapshot());
  vi.spyOn(commands, "job").mockImplementation((id) => answer("job", { id }) as never);
  vi.spyOn(commands, "ledger").mockImplementation((job) => answer("ledger", { job }) as never);
  vi.spyOn(commands, "remoteJobs").mockImplementation((job) => answer("remote_jobs", { job }) as never);
  vi.spyOn(commands, "receipt").mockImplementation((job) => answer("receipt", { job }) as never);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(600);
});
afterEach(() => feed.fold(snapshotOf(0, [])));

const open = async (id: string, tab?: string) => {
  const user = userEvent.setup();
  render(Job, { id });
  if (tab) await user.click(await screen.findByRole("tab", { name: new RegExp(`^${tab}`) }));
  return user;
};

describe("the job page", () => {
  it("opens a job that the queue page no longer has", async () => {
    const delivered = find("delivered");
    feed.fold(snapshotOf(1, []));
    expect(feed.job(delivered)).toBeUndefined();
    const user = await open(delivered);
    expect(await screen.findByRole("heading", { level: 1, name: /\.(mov|mxf)$/ })).toBeTruthy();
    await user.click(await screen.findByRole("tab", { name: /^Outputs/ }));
    expect(await screen.findAllByRole("button", { name: "Show in folder" })).not.toHaveLength(0);
  });

  it("shows what a sidecar asked, and leads to the folder it came from", async () => {
    const job = world.jobs.find((one) => one.view.extras.title !== null)!.view;
    const watch = { id: job.extras.watch, place: { kind: "folder", path: "/in/from-partner" } };
    vi.spyOn(commands, "watches").mockResolvedValue([watch] as never);
    const user = await open(job.id);
    expect(await screen.findByText(job.extras.title!)).toBeTruthy();
    const sent = Object.entries(job.extras.metadata);
    expect(sent.length).toBeGreaterThan(0);
    for (const [name, value] of sent)
      expect(screen.getByText(name).nextElementSibling?.textContent).toBe(value);
    await user.click(await screen.findByRole("button", { name: "/in/from-partner" }));
    expect(view.current).toEqual({ place: "watch", id: job.extras.watch });
  });

  it("says that a folder is watched no more", async () => {
    const job = world.jobs.find((one) => one.view.extras.watch !== null)!.view;
    vi.spyOn(commands, "watches").mockResolvedValue([]);
    await open(job.id);
    expect(await screen.findByText("Not watched any more")).toBeTruthy();
  });

  it("shows all parts of a failure", async () => {
    await open(find("failed"));
    const card = (await screen.findByText("Next step")).closest("section") as HTMLElement;
    for (const part of [
      "Why",
      "What Spillway did",
      "Is the material safe",
      "Spent",
      "Another way",
      "Does waiting help",
      "Code",
      "Details",
    ])
      expect(within(card).getByText(part)).toBeTruthy();
    expect(within(card).getByText("DSK-01")).toBeTruthy();
    expect(within(card).getByRole("heading", { name: /not enough free space/ })).toBeTruthy();
    expect(within(card).getByRole("button", { name: "Retry" })).toBeTruthy();
  });

  it("tells each segment under the keyboard", async () => {
    const user = await open(find("running"));
    const cells = await screen.findAllByRole("option");
    cells[0]?.focus();
    await user.keyboard("{ArrowRight}{ArrowRight}");
    expect(screen.getByText("Segment 3 of 110")).toBeTruthy();
    expect(screen.getByText("600–899")).toBeTruthy();
    await user.keyboard("{End}");
    expect(screen.getByText("Segment 110 of 110")).toBeTruthy();
  });

  it("says the timeline as a table, too", async () => {
    const user = await open(find("running"));
    await user.click(await screen.findByRole("radio", { name: "Table" }));
    const rows = screen.getAllByRole("row");
    const tries = world.find(find("running")).steps.reduce((sum, step) => sum + step.attempts.length, 0);
    expect(rows).toHaveLength(tries + 1);
    expect(screen.getAllByRole("cell", { name: "Failed" }).length).toBeGreaterThan(0);
  });

  it("steps through frames, and shows the source beside them", async () => {
    const user = await open(find("delivered"), "Outputs");
    const slider = await screen.findByRole("slider", { name: "Time" });
    slider.focus();
    await user.keyboard("...,");
    expect(slider).toHaveProperty("value", "2");
    expect(slider.getAttribute("aria-valuetext")).toBe("00:00:00:02");
    await user.keyboard("b");
    expect(screen.getByRole("radio", { name: "Source" })).toHaveProperty("checked", true);
  });

  it("shows the receipt with every rule, and where rules come from", async () => {
    const id = find("delivered");
    await open(id, "Receipt");
    expect(await screen.findByText("Files")).toBeTruthy();
    const receipt = handlers["receipt"]?.({ job: id }) as { outputs: { rules: { expected: string }[] }[] };
    const rules = receipt.outputs.flatMap((output) => output.rules);
    expect(screen.getAllByRole("row")).toHaveLength(rules.length + receipt.outputs.length);
    expect(screen.getAllByText("Recommended upload encoding settings").length).toBeGreaterThan(0);
  });

  it("follows what happens, and goes back with Escape", async () => {
    const id = find("running");
    const user = await open(id);
    await screen.findAllByRole("option");
    const job = world.find(id);
    job.view.wish = "pause";
    world.tell(job, { event: "wished", wish: "pause" });
    expect(await screen.findByRole("button", { name: "Resume" })).toBeTruthy();
    view.go({ place: "job", id });
    await user.keyboard("{Escape}");
    expect(view.current).toEqual({ place: "queue" });
  });

  it("says that a job is gone", async () => {
    await open("nobody");
    expect(await screen.findByText("This job is gone.")).toBeTruthy();
  });

  it("of the cloud says why it went there, how far each chunk is, and every charge", async () => {
    const job = world.jobs.find((one) => one.view.engine === "cloud" && one.view.state === "running")!;
    const user = await open(job.view.id);
    expect((await screen.findAllByText(/would miss the deadline/)).length).toBeGreaterThan(0);
    expect(screen.getAllByRole("option", { name: /Transcoding in the cloud, \d+%/ }).length).toBeGreaterThan(
      0,
    );
    expect(screen.getAllByRole("option", { name: /Uploading, \d+%/ }).length).toBeGreaterThan(0);
    await user.click(screen.getByRole("button", { name: "Show every charge" }));
    const charges = within(await screen.findByRole("group", { name: "Charges" }));
    expect(charges.getAllByRole("row")).toHaveLength(job.ledger.length + 1);
    expect(charges.getAllByText("Settled")).toHaveLength(
      job.ledger.filter((line) => line.state === "settled").length,
    );
    const jobs = within(screen.getByRole("group", { name: "MediaConvert jobs" }));
    expect(jobs.getAllByRole("row")).toHaveLength(job.remote.length + 1);
    expect(jobs.getByText(job.remote[0]!.remote_id!)).toBeTruthy();
  });

  it("of this machine has no tab for the cloud", async () => {
    await open(world.jobs.find((one) => one.view.cost_microusd === 0)!.view.id);
    await screen.findByRole("tab", { name: "Log" });
    expect(screen.queryByRole("tab", { name: "Cloud" })).toBeNull();
  });
});

test("sums of charges leave out what is void, and compare only what is settled", () => {
  const line = (state: ChargeState, estimate: number, amount: number) =>
    ({ state, estimate_microusd: estimate, amount_microusd: amount }) as LedgerLine;
  const lines = [
    line("settled", 100, 90),
    line("settled", 50, 70),
    line("reserved", 40, 40),
    line("void", 30, 0),
  ];
  expect(sumsOf(lines)).toEqual({ settled: 160, estimate: 150, reserved: 40, all: 200 });
});
