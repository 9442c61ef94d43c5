import { clearMocks, mockIPC } from "@tauri-apps/api/mocks";
import { cleanup, render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { locale, m } from "$/i18n";
import type { DoctorCheck, Settings as Saved, SettingsPage } from "$/ipc";
import { toasts } from "$/parts/toasts.svelte";
import { prefs } from "$/state/prefs.svelte";
import Settings from "./Settings.svelte";

let stored: Saved;
let overridden: string[];
let refusing: boolean;
let checks: DoctorCheck[];

beforeEach(() => {
  stored = { engine: { work_dir: "/scratch" }, desktop: { keep_awake: true, language: "en" } };
  [overridden, refusing, checks] = [[], false, []];
  const page = (): SettingsPage => ({
    settings: stored,
    effective: { workers: 3, nice: 19, work_dir: "/scratch", worker_memory_mb: 2048, cloud: {}, cost: {} },
    overridden_by: overridden,
    data_dir: "/data",
    cores: 4,
    version: "9.8.7",
  });
  mockIPC((command, args) => {
    if (command === "doctor") return checks;
    if (command === "save_settings") {
      if (refusing) throw { kind: "file", message: "The disk is full.", failure: null };
      stored = (args as { settings: Saved }).settings;
    }
    return page();
  });
});
afterEach(async () => {
  cleanup();
  for (const one of toasts.list) toasts.dismiss(one.id);
  await new Promise((done) => setTimeout(done));
  clearMocks();
  locale.set("en");
});

async function open() {
  await prefs.load();
  render(Settings);
}

describe("settings", () => {
  it("are written at once", async () => {
    await open();
    await userEvent.click(screen.getByRole("switch", { name: m.settings_keep_awake() }));
    await waitFor(() => expect(stored.desktop?.keep_awake).toBe(false));
    expect(stored.engine?.work_dir).toBe("/scratch");
  });

  it("go back, with a reason, when they cannot be written", async () => {
    await open();
    refusing = true;
    const keep = screen.getByRole<HTMLInputElement>("switch", { name: m.settings_keep_awake() });
    await userEvent.click(keep);
    await waitFor(() => expect(toasts.list.map((one) => one.text).join()).toContain("The disk is full."));
    expect(keep.checked).toBe(true);
  });

  it("take a folder at Enter, give it up at Escape, and the default when it is empty", async () => {
    await open();
    const field = screen.getByRole<HTMLInputElement>("textbox", { name: m.settings_folder() });
    await userEvent.clear(field);
    await userEvent.type(field, "/elsewhere{Escape}");
    expect(field.value).toBe("/scratch");
    await userEvent.clear(field);
    await userEvent.type(field, "/fast{Enter}");
    await waitFor(() => expect(stored.engine?.work_dir).toBe("/fast"));
    await userEvent.clear(field);
    await userEvent.tab();
    await waitFor(() => expect(stored.engine?.work_dir).toBeNull());
  });

  it("that the environment holds say so and cannot be changed", async () => {
    overridden = ["SPILLWAY_WORKERS", "SPILLWAY_NICE", "SPILLWAY_WORK_DIR", "SPILLWAY_WORKER_MEMORY_MB"];
    await open();
    for (const name of overridden) expect(screen.getByText(m.settings_overridden({ name }))).toBeTruthy();
    for (const level of screen.getAllByRole("radio", { name: /Low|Normal/ }))
      expect(level).toHaveProperty("disabled", true);
    expect(screen.getByRole("textbox", { name: m.settings_folder() })).toHaveProperty("disabled", true);
    expect(screen.getByRole("combobox", { name: /^Workers at a time: 3/ })).toHaveProperty("disabled", true);
  });

  it("show what the doctor finds, the worst first, in the language of the window", async () => {
    checks = [
      { name: "database", verdict: "ok", text: "The job list is sound.", advice: "" },
      { name: "work-space", verdict: "fail", text: "Nothing is free.", advice: "Free some." },
    ];
    await open();
    const rows = await screen.findAllByRole("listitem");
    expect(rows.map((row) => row.textContent)).toEqual([
      expect.stringContaining(m.settings_advice_space()),
      expect.stringContaining("The job list is sound."),
    ]);
    await prefs.change((now) => ({ ...now, desktop: { ...now.desktop, language: "zh-CN" } }));
    await waitFor(() => expect(rows[0]?.textContent).toContain(m.doctor_work_space({}, { locale: "zh-CN" })));
  });
});
