import { render, screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { commands } from "$/ipc";
import { handlers as profiles } from "$/ipc/fake/profiles";
import { handlers as sheets } from "$/ipc/fake/sheet";
import { connect } from "$/ipc/fake/wire";
import { feed } from "$/state/feed.svelte";
import SheetView from "./Sheet.svelte";

const answer = (name: string, args: unknown) => Promise.resolve({ ...profiles, ...sheets }[name]?.(args));

beforeEach(() => {
  localStorage.clear();
  connect({ onmessage: (message) => message.type === "sheet" && feed.fold(message) });
  vi.spyOn(commands, "profiles").mockImplementation(() => answer("profiles", {}) as never);
  vi.spyOn(commands, "look").mockImplementation((sheet, file) => answer("look", { sheet, file }) as never);
  vi.spyOn(commands, "rehearse").mockImplementation(
    (sheet, picks) => answer("rehearse", { sheet, picks }) as never,
  );
  vi.spyOn(commands, "closeSheet").mockResolvedValue(undefined);
});
afterEach(() => {
  feed.sheet = null;
});

const profile = (name: RegExp) => screen.findByRole("checkbox", { name });

describe("the sheet", () => {
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
});
