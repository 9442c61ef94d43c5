import { clearMocks, mockIPC } from "@tauri-apps/api/mocks";
import { cleanup, render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { locale, m } from "$/i18n";
import type { Settings, SettingsPage, SetupReport, SetupWish } from "$/ipc";
import { toasts } from "$/parts/toasts.svelte";
import { prefs } from "$/state/prefs.svelte";
import Cloud from "./Cloud.svelte";
import { figure, inField, isBucket, isRegion } from "./figures";
import { isReady, STEP_NAMES, stepAdvice, stepTitle } from "./steps";

let stored: Settings;
let wishes: { wish: SetupWish; region: string | null | undefined }[];
let missing: string | null;
/** Settings of the environment. */
let held: Pick<SettingsPage["effective"], "cloud" | "cost">;
let overridden: string[];

function report(): SetupReport {
  const steps = STEP_NAMES.map((name) => ({
    name,
    outcome: name === missing ? ("missing" as const) : ("fine" as const),
    text: `About ${name}.`,
    advice: name === missing ? `Do something about ${name}.` : "",
  }));
  return { steps, role_arn: null, queue_arn: null, identity: null };
}

beforeEach(() => {
  [stored, wishes, missing] = [{}, [], null];
  [held, overridden] = [{ cloud: {}, cost: {} }, []];
  const page = (): SettingsPage => ({
    settings: stored,
    effective: { workers: 1, nice: 0, work_dir: "/w", worker_memory_mb: 0, ...held },
    overridden_by: overridden,
    data_dir: "/d",
    cores: 1,
    version: "1",
  });
  mockIPC((command, args) => {
    if (command === "save_settings") stored = (args as { settings: Settings }).settings;
    if (command === "set_up_cloud") {
      wishes.push({ wish: (args as { wish: SetupWish }).wish, region: stored.cloud?.region });
      return report();
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
  render(Cloud);
}
const field = (name: string) =>
  screen.getAllByRole<HTMLInputElement>("textbox", { name })[0] as HTMLInputElement;

describe("the set-up", () => {
  it("asks the region that was typed, and nothing for what was left empty", async () => {
    await open();
    await userEvent.type(field(m.settings_bucket()), "reels-of-mine");
    await userEvent.type(field(m.settings_region()), "eu-west-3");
    await userEvent.click(screen.getByRole("button", { name: m.settings_setup_run() }));
    await waitFor(() => expect(wishes).toHaveLength(1));
    expect(wishes[0]).toEqual({
      wish: { bucket: "reels-of-mine", role: null, queue: null, check_only: false },
      region: "eu-west-3",
    });
    await screen.findByText(m.settings_setup_ready());
  });

  it("keeps what was typed when something is missing", async () => {
    missing = "role";
    await open();
    await userEvent.type(field(m.settings_bucket()), "reels-of-mine");
    await userEvent.type(field(m.settings_region()), "eu-west-3");
    await userEvent.click(screen.getByRole("button", { name: m.settings_setup_run() }));
    await screen.findByText(m.settings_setup_not_ready());
    await waitFor(() => expect(stored.cloud?.region).toBe("eu-west-3"));
    expect(field(m.settings_bucket()).value).toBe("reels-of-mine");
    expect(field(m.settings_region()).value).toBe("eu-west-3");
  });

  it("sends nothing for a name that no bucket can have", async () => {
    await open();
    await userEvent.type(field(m.settings_bucket()), "My Reels");
    await userEvent.click(screen.getByRole("button", { name: m.settings_setup_run() }));
    expect(await screen.findByText(m.settings_bucket_wrong())).toBeTruthy();
    expect(wishes).toEqual([]);
  });

  it("says of every step what came of it, and what to do in the language of the window", async () => {
    missing = "role-policy";
    stored = { cloud: { bucket: "reels", role_arn: "arn:aws:iam::123456789012:role/x" } };
    await open();
    await userEvent.click(screen.getByRole("button", { name: m.settings_setup_check() }));
    await screen.findByText(m.settings_setup_not_ready());
    expect(wishes[0]?.wish).toEqual({ bucket: "reels", role: null, queue: null, check_only: true });
    for (const name of STEP_NAMES) expect(screen.getByText(`About ${name}.`)).toBeTruthy();
    expect(screen.getByText("Do something about role-policy.")).toBeTruthy();
    await prefs.change((now) => ({ ...now, desktop: { ...now.desktop, language: "zh-CN" } }));
    await screen.findByText(m.settings_step_policy_advice({}, { locale: "zh-CN" }));
  });

  it("goes by what the environment holds, which cannot be changed here", async () => {
    const cloud = { bucket: "reels", region: "eu-west-3", role_arn: "arn:aws:iam::1:role/x", transfers: 7 };
    held = { cloud, cost: { month_usd: 40 } };
    overridden = Object.keys(cloud).map((name) => `SPILLWAY_CLOUD_${name.toUpperCase()}`);
    overridden.push("SPILLWAY_MONTH_USD");
    await open();
    expect(screen.getByText(m.settings_setup_known({ bucket: "reels", region: "eu-west-3" }))).toBeTruthy();
    for (const name of overridden) expect(screen.getByText(m.settings_overridden({ name }))).toBeTruthy();
    const fields = screen.getAllByRole<HTMLInputElement>("textbox").filter((one) => one.disabled);
    const values = fields.map((one) => one.value).sort();
    expect(values).toEqual(["40", "7", "arn:aws:iam::1:role/x", "eu-west-3", "reels"]);
    expect(stored).toEqual({});
  });

  it("has words for every step, and is not ready while one is missing", () => {
    const steps = report();
    expect(isReady(steps)).toBe(true);
    for (const name of STEP_NAMES) {
      missing = name;
      expect(isReady(report())).toBe(false);
      expect(stepTitle(name)).not.toBe(name);
      locale.set("zh-CN");
      expect(stepAdvice({ name, advice: "x" }).original).toBe(false);
      locale.set("en");
    }
  });
});

describe("figures", () => {
  it("are taken at Enter, and not what is none", async () => {
    stored = { cost: { month_usd: 50 } };
    await open();
    const month = screen.getByRole<HTMLInputElement>("textbox", { name: new RegExp(m.settings_month()) });
    await userEvent.clear(month);
    await userEvent.type(month, "a lot{Enter}");
    expect(screen.getByRole("alert").textContent).toBe(m.settings_figure_wrong());
    expect(stored.cost?.month_usd).toBe(50);
    await userEvent.clear(month);
    await userEvent.type(month, "120.5{Enter}");
    await waitFor(() => expect(stored.cost?.month_usd).toBe(120.5));
    await userEvent.clear(month);
    await userEvent.tab();
    await waitFor(() => expect(stored.cost?.month_usd).toBeNull());
  });

  it("that are being typed stay when others are written meanwhile", async () => {
    await open();
    const machine = screen.getByRole<HTMLInputElement>("textbox", {
      name: new RegExp(m.settings_machine()),
    });
    await userEvent.type(machine, "0.2");
    await prefs.change((now) => ({ ...now, cost: { ...now.cost, month_usd: 10 } }));
    expect(machine.value).toBe("0.2");
  });

  it("read back as they were written", () => {
    for (const value of [0, 1, 0.68, 250, 20_000, 1_234.5]) expect(figure(inField(value))).toBe(value);
    expect(figure(" 0,5 ")).toBe(0.5);
    expect(figure("")).toBeNull();
  });

  it("outside their bounds are none", () => {
    for (const text of ["-1", "1e3", "1.2.3", "NaN", "∞", "12 apples"]) expect(figure(text)).toBeUndefined();
    expect(figure("1.5", { whole: true })).toBeUndefined();
    expect(figure("0", { least: 1 })).toBeUndefined();
    expect(figure("65", { most: 64 })).toBeUndefined();
  });
});

it("names of buckets and regions are told from others", () => {
  for (const name of ["abc", "river-post.2026", "a".repeat(63)]) expect(isBucket(name), name).toBe(true);
  for (const name of ["ab", "Abc", "-abc", "abc-", "a..b", "a_b", "a".repeat(64), "s3://abc"])
    expect(isBucket(name), name).toBe(false);
  for (const name of ["eu-central-1", "us-gov-west-1", "ap-southeast-12"]) expect(isRegion(name)).toBe(true);
  for (const name of ["eu-central", "EU-central-1", "frankfurt", "eu central 1"])
    expect(isRegion(name)).toBe(false);
});
