import { render, screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { commands } from "$/ipc";
import { handlers as profiles } from "$/ipc/fake/profiles";
import { changeSettings, handlers as settings, settingsNow } from "$/ipc/fake/settings";
import { handlers as sheets } from "$/ipc/fake/sheet";
import { connect } from "$/ipc/fake/wire";
import { feed } from "$/state/feed.svelte";
import { prefs } from "$/state/prefs.svelte";
import { view } from "$/state/view.svelte";
import SheetView from "./Sheet.svelte";

const answer = (name: string, args: unknown) => Promise.resolve({ ...profiles, ...sheets }[name]?.(args));

beforeEach(() => {
  localStorage.clear();
  connect({ onmessage: (message) => message.type === "sheet" && feed.fold(message) });
  vi.spyOn(commands, "profiles").mockImplementation(() => answer("profiles", {}) as never);
  vi.spyOn(commands, "look").mockImplementation((sheet, file) => answer("look", { sheet, file }) as never);
  vi.spyOn(commands, "rehearse").mockImplementation(
    (sheet, picks, terms) => answer("rehearse", { sheet, picks, terms }) as never,
  );
  vi.spyOn(commands, "closeSheet").mockResolvedValue(undefined);
});
const ready = settingsNow();
afterEach(() => {
  feed.sheet = null;
  view.reset();
  changeSettings(() => ready);
});

const profile = (name: RegExp) => screen.findByRole("checkbox", { name }, { timeout: 5_000 });

describe("the sheet", { timeout: 30_000 }, () => {
  it("looks at two files at a time, shows facts, and lets one that fails not block the others", async () => {
    let [busy, most] = [0, 0];
    vi.mocked(commands.look).mockImplementation(async (sheet, file) => {
      most = Math.max(most, ++busy);
      try {
        return (await answer("look", { sheet, file })) as never;
      } finally {
        busy -= 1;
      }
    });
    sheets["choose_folder"]?.({ sheet: null });
    render(SheetView);
    expect(screen.getByText("3 left out")).toBeTruthy();
    expect(await screen.findByText("Incomplete file", {}, { timeout: 5_000 })).toBeTruthy();
    await vi.waitFor(() => expect(screen.getAllByText(/ProRes · 3840/)).toHaveLength(2), { timeout: 5_000 });
    expect(most).toBe(2);
  });

  it("says why it cannot start, then starts what was ticked and remembers it", async () => {
    const start = vi.spyOn(commands, "start").mockResolvedValue(["a", "b", "c"]);
    sheets["choose_files"]?.({ sheet: null });
    const user = userEvent.setup();
    render(SheetView);
    expect(await screen.findByText("Tick a profile to start", {}, { timeout: 5_000 })).toBeTruthy();
    const button = screen.getByRole("button", { name: "Start" });
    expect(button).toHaveProperty("disabled", true);
    await user.click(await profile(/ProRes 422/));
    // One of the three has a variable frame rate, which this profile does not accept.
    expect(await screen.findByText("2 jobs", { exact: false }, { timeout: 5_000 })).toBeTruthy();
    await user.keyboard("{Control>}{Enter}{/Control}");
    expect(start).toHaveBeenCalledWith(
      feed.sheet?.id ?? expect.anything(),
      [0, 1].map((file) => ({ file, profiles: ["prores-mezzanine"] })),
      { engine: "auto", deadline_ms: null },
    );
    await vi.waitFor(() => expect(feed.sheet).toBeNull());
    expect(localStorage.getItem("spillway.sheet.profiles")).toBe('["prores-mezzanine"]');
  });

  it("has exceptions for single files, and drops removed ones", async () => {
    sheets["choose_files"]?.({ sheet: null });
    const user = userEvent.setup();
    render(SheetView);
    await user.click(await profile(/Web MP4/));
    await screen.findByText("3 jobs", { exact: false }, { timeout: 5_000 });
    await user.click(screen.getByRole("button", { name: "Profiles of Interview_phone_IMG_2291.mp4" }));
    const list = screen.getByRole("list", { name: "Files" });
    await user.click(within(list).getByRole("checkbox", { name: /Web MP4/ }));
    await screen.findByText("2 jobs", { exact: false }, { timeout: 5_000 });
    expect(screen.getByText("1 of its own")).toBeTruthy();
    await user.click(screen.getByRole("button", { name: /Take Northlight/ }));
    await screen.findByText("1 job", { exact: false }, { timeout: 5_000 });
  });

  it("says what each engine needs, which one it would be and why, and what the price is made of", async () => {
    sheets["choose_files"]?.({ sheet: null });
    const user = userEvent.setup();
    render(SheetView);
    await user.click(await profile(/Apple HLS/));
    await screen.findByText(/on this machine, .* in the cloud|This machine needs/, {}, { timeout: 5_000 });
    await user.click(screen.getByRole("button", { name: /What Apple HLS.* says/ }));
    const row = (await screen.findAllByText("does it:", { exact: false }))[0]?.closest("li") as HTMLElement;
    expect(within(row).getByText(/^(Cloud|This machine)$/)).toBeTruthy();
    expect(screen.getAllByText(/This machine needs \d+ min/).length).toBeGreaterThan(0);
    await user.click(screen.getAllByRole("button", { name: "What the price is made of" })[0] as HTMLElement);
    const lines = screen.getByRole("list", { name: "Price of: Cloud" });
    expect(within(lines).getByText(/88.4 normalised min at \$0.0075 a minute/)).toBeTruthy();
    expect(screen.getByText(/Prices as of Nov 22, 2026/)).toBeTruthy();
  });

  it("leaves out what the chosen engine refuses, remembers the engine, and starts the rest with it", async () => {
    const start = vi.spyOn(commands, "start").mockResolvedValue(["a"]);
    sheets["choose_files"]?.({ sheet: null });
    const user = userEvent.setup();
    render(SheetView);
    await user.click(await profile(/HEVC archive/));
    await user.click(screen.getByRole("radio", { name: "Cloud" }));
    await screen.findByText("The chosen engine can do none of it", {}, { timeout: 5_000 });
    expect(screen.getByRole("button", { name: "Start" })).toHaveProperty("disabled", true);
    await user.click(await profile(/Apple HLS/));
    await screen.findByText("3 jobs are left out.", { exact: false }, { timeout: 5_000 });
    await vi.waitFor(() =>
      expect(screen.getByRole("button", { name: "Start" })).toHaveProperty("disabled", false),
    );
    await user.click(screen.getByRole("button", { name: "Start" }));
    expect(start.mock.calls[0]?.slice(1)).toEqual([
      [0, 1, 2].map((file) => ({ file, profiles: ["apple-hls"] })),
      { engine: "cloud", deadline_ms: null },
    ]);
    expect(localStorage.getItem("spillway.sheet.engine")).toBe("cloud");
  });

  it("leads to the settings where the cloud is not set up, and is there again afterwards", async () => {
    changeSettings((settings) => ({ ...settings, cloud: {} }));
    vi.spyOn(commands, "settings").mockImplementation(() =>
      Promise.resolve(settings["settings"]?.({}) as never),
    );
    await prefs.load();
    sheets["choose_files"]?.({ sheet: null });
    const user = userEvent.setup();
    render(SheetView);
    await user.click(screen.getByRole("radio", { name: "Cloud" }));
    await user.click(await screen.findByRole("button", { name: "Set up the cloud…" }));
    expect(view.current).toEqual({ place: "settings" });
    await vi.waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(commands.closeSheet).not.toHaveBeenCalled();
    view.go("queue");
    await screen.findByRole("dialog", {}, { timeout: 5_000 });
  });

  it("takes a deadline, and has it tried out", async () => {
    sheets["choose_files"]?.({ sheet: null });
    const user = userEvent.setup();
    render(SheetView);
    await user.click(await profile(/Web MP4/));
    await user.click(screen.getByRole("button", { name: "Deliver by…" }));
    await user.click(await screen.findByRole("button", { name: /In two hours/ }));
    await screen.findByRole("button", { name: /Deliver by .*\d/ });
    const due = () => vi.mocked(commands.rehearse).mock.lastCall?.[2].deadline_ms ?? 0;
    await vi.waitFor(() => expect(due()).toBeGreaterThan(Date.now() + 7_000_000), { timeout: 5_000 });
    await user.click(screen.getByRole("button", { name: "No deadline" }));
    expect(screen.getByRole("button", { name: "Deliver by…" })).toBeTruthy();
  });
});
