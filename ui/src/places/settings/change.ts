import { m } from "$/i18n";
import type { CloudSettings, CostSettings, DesktopSettings, EngineSettings, SettingsPage } from "$/ipc";
import { toast } from "$/parts/toasts.svelte";
import { prefs } from "$/state/prefs.svelte";

/** Which environment variable goes before which setting. */
export const VARIABLES = {
  workers: "SPILLWAY_WORKERS",
  nice: "SPILLWAY_NICE",
  work_dir: "SPILLWAY_WORK_DIR",
  worker_memory_mb: "SPILLWAY_WORKER_MEMORY_MB",
} as const satisfies Record<keyof EngineSettings, string>;

/** The variable that holds a setting, if one does. */
export function overriding(names: readonly string[], setting: keyof EngineSettings): string | undefined {
  return names.find((name) => name === VARIABLES[setting]);
}

/** The variable that holds a setting of the cloud, if one does. */
export function overridingCloud(names: readonly string[], setting: keyof CloudSettings): string | undefined {
  const variable = `SPILLWAY_CLOUD_${setting.toUpperCase()}`;
  return names.find((name) => name === variable);
}

/** The variable that holds a setting of costs, if one does. */
export function overridingCost(names: readonly string[], setting: keyof CostSettings): string | undefined {
  const variable = `SPILLWAY_${setting.toUpperCase()}`;
  return names.find((name) => name === variable);
}

/** Settings of the cloud as they hold: a variable goes before the file. */
export function cloudThatHolds(
  kept: CloudSettings,
  { effective, overridden_by }: Pick<SettingsPage, "effective" | "overridden_by">,
): CloudSettings {
  const held = Object.entries(effective.cloud).filter(([name]) =>
    overridingCloud(overridden_by, name as keyof CloudSettings),
  );
  return { ...kept, ...Object.fromEntries(held) };
}

async function tell(saving: ReturnType<typeof prefs.change>) {
  const error = await saving;
  if (error) toast({ tone: "bad", text: m.settings_not_saved({ why: error.message }) });
}

export const setEngine = (change: Partial<EngineSettings>) =>
  tell(prefs.change((now) => ({ ...now, engine: { ...now.engine, ...change } })));

export const setDesktop = (change: Partial<DesktopSettings>) =>
  tell(prefs.change((now) => ({ ...now, desktop: { ...now.desktop, ...change } })));

export const setCloud = (change: Partial<CloudSettings>) =>
  tell(prefs.change((now) => ({ ...now, cloud: { ...now.cloud, ...change } })));

export const setCost = (change: Partial<CostSettings>) =>
  tell(prefs.change((now) => ({ ...now, cost: { ...now.cost, ...change } })));

const LEVELS = { normal: 0, low: 5, lower: 10, lowest: 19 } as const;
export type Level = keyof typeof LEVELS;
export const niceOf = (level: Level): number => LEVELS[level];

/** The word that is nearest to a nice value. */
export function levelOf(nice: number): Level {
  const words = Object.keys(LEVELS) as Level[];
  return words.reduce((best, word) =>
    Math.abs(LEVELS[word] - nice) < Math.abs(LEVELS[best] - nice) ? word : best,
  );
}

/** Memory limits to choose from, in MiB, with the one that holds among them. */
export function memoryChoices(current: number | null | undefined): number[] {
  const usual = [1024, 2048, 4096, 8192, 16384];
  const all = current ? [...usual, current] : usual;
  return [...new Set(all)].sort((a, b) => a - b);
}
