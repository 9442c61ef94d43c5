import { clearMocks, mockIPC } from "@tauri-apps/api/mocks";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { locale } from "$/i18n";
import type { Settings, SettingsPage } from "$/ipc";
import { prefs } from "./prefs.svelte";

let stored: Settings;
let refusing = false;
/** Answers wait here until a test lets them go. */
let gates: (() => void)[] = [];
let gated = false;

async function openGates(count: number) {
  for (let i = 0; i < count; i++) {
    await vi.waitFor(() => expect(gates).not.toHaveLength(0));
    gates.shift()?.();
  }
}

const page = (): SettingsPage => ({
  settings: stored,
  effective: { workers: 8, nice: 0, work_dir: "/work", worker_memory_mb: 0, cloud: {}, cost: {} },
  overridden_by: [],
  data_dir: "/data",
  cores: 8,
  version: "1.0.0",
});

beforeEach(async () => {
  stored = { engine: {}, desktop: { appearance: "light", language: "en" } };
  [refusing, gated, gates] = [false, false, []];
  mockIPC(async (command, args) => {
    if (command === "settings") return page();
    if (gated) await new Promise<void>((open) => gates.push(open));
    if (refusing) throw { kind: "file", message: "The disk is full.", failure: null };
    stored = (args as { settings: Settings }).settings;
    return page();
  });
  await prefs.load();
});
afterEach(() => {
  clearMocks();
  locale.set("en");
});

const dark = (now: Settings): Settings => ({ ...now, desktop: { ...now.desktop, appearance: "dark" } });
const chinese = (now: Settings): Settings => ({ ...now, desktop: { ...now.desktop, language: "zh-CN" } });

describe("settings", () => {
  it("hold before they are written", async () => {
    gated = true;
    const saving = prefs.change(dark);
    expect(prefs.settings?.desktop?.appearance).toBe("dark");
    expect(document.documentElement.dataset.theme).toBe("dark");
    expect(stored.desktop?.appearance).toBe("light");
    await openGates(1);
    expect(await saving).toBeNull();
    expect(stored.desktop?.appearance).toBe("dark");
  });

  it("are as before when they cannot be written", async () => {
    refusing = true;
    const error = await prefs.change(chinese);
    expect(error?.message).toBe("The disk is full.");
    expect(prefs.settings?.desktop?.language).toBe("en");
    expect(locale.current).toBe("en");
  });

  it("do not lose a change made while another is on its way", async () => {
    gated = true;
    const both = [prefs.change(dark), prefs.change(chinese)];
    expect(prefs.settings?.desktop).toMatchObject({ appearance: "dark", language: "zh-CN" });
    await openGates(2);
    expect(await Promise.all(both)).toEqual([null, null]);
    expect(stored.desktop).toMatchObject({ appearance: "dark", language: "zh-CN" });
  });

  it("keep what was written when a later change is refused", async () => {
    gated = true;
    const first = prefs.change(dark);
    const second = prefs.change(chinese);
    await openGates(1);
    expect(await first).toBeNull();
    refusing = true;
    await openGates(1);
    expect((await second)?.kind).toBe("file");
    expect(prefs.settings?.desktop).toMatchObject({ appearance: "dark", language: "en" });
  });

  it("switch the language of the window", async () => {
    await prefs.change(chinese);
    expect(locale.current).toBe("zh-CN");
    expect(document.documentElement.lang).toBe("zh-CN");
  });
});
