import { SvelteMap, SvelteSet } from "svelte/reactivity";

import { asCommandError, commands, type JobId, type ProfileCard, type Rehearsal, type Sheet } from "$/ipc";
import { blockOf, picksOf, tickAll, tickOne, type Looking, type Ticks } from "./logic";
import { Pool } from "./pool";

const REMEMBERED = "spillway.sheet.profiles";
/** Looks at a time: each reads a whole index. */
const LOOKS = 2;
/** Changes come in bursts; rehearse after so much calm, ms. */
const CALM = 250;

function remembered(): string[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(REMEMBERED) ?? "[]");
    return Array.isArray(found) ? found.filter((id) => typeof id === "string") : [];
  } catch {
    return [];
  }
}

/** Files, profiles and everything that is known of both. */
export class SheetStore {
  sheet = $state.raw() as Sheet;
  /** `null` until they are there. */
  profiles = $state.raw<ProfileCard[] | null>(null);
  profilesError = $state.raw<unknown>(null);
  ticks = $state.raw<Ticks>({ all: new Set(), except: new Map() });
  outDir = $state.raw<string | null>(null);
  rehearsal = $state.raw<Rehearsal | null>(null);
  rehearsalError = $state.raw<unknown>(null);
  /** The rehearsal shown is not yet of what is ticked. */
  stale = $state.raw(false);
  starting = $state.raw(false);

  readonly looks = new SvelteMap<number, Looking>();
  readonly removed = new SvelteSet<number>();
  readonly files = $derived.by(() => this.sheet.files.filter((file) => !this.removed.has(file.id)));
  readonly ids = $derived.by(() =>
    (this.profiles ?? []).filter((card) => card.problems.length === 0).map((card) => card.id),
  );
  readonly picks = $derived.by(() => picksOf(this.files, this.looks, this.ticks, this.ids));
  readonly block = $derived.by(() => blockOf(this.files, this.looks, this.ticks, this.ids));

  #pool = new Pool(LOOKS);
  #asked = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(sheet: Sheet) {
    this.ticks = {
      all: new Set(sheet.profiles.length > 0 ? sheet.profiles : remembered()),
      except: new Map(),
    };
    this.sheet = sheet;
    this.outDir = sheet.out_dir;
    this.take(sheet);
    void this.loadProfiles();
  }

  /** Takes over additions. */
  take(sheet: Sheet): void {
    this.sheet = sheet;
    for (const { id } of sheet.files) {
      if (this.looks.has(id)) continue;
      this.looks.set(id, { state: "waiting" });
      this.#pool.add(() => this.#look(id));
    }
  }

  async #look(file: number): Promise<void> {
    if (this.removed.has(file)) return;
    try {
      this.looks.set(file, { state: "done", look: await commands.look(this.sheet.id, file) });
    } catch (thrown) {
      this.looks.set(file, { state: "failed", error: asCommandError(thrown) });
    }
  }

  async loadProfiles(): Promise<void> {
    this.profilesError = null;
    try {
      this.profiles = await commands.profiles();
    } catch (error) {
      this.profilesError = error;
    }
  }

  remove(file: number): void {
    this.removed.add(file);
  }

  tick(profile: string, on: boolean): void {
    this.ticks = tickAll(this.ticks, profile, on);
    localStorage.setItem(REMEMBERED, JSON.stringify([...this.ticks.all]));
  }

  tickFile(file: number, profile: string, on: boolean): void {
    this.ticks = tickOne(this.ticks, file, profile, on);
  }

  async chooseOutDir(): Promise<void> {
    const path = await commands.chooseOutDir(this.sheet.id);
    if (path !== null) this.outDir = path;
  }

  async clearOutDir(): Promise<void> {
    await commands.clearOutDir(this.sheet.id);
    this.outDir = null;
  }

  /** Tries out what is ticked, once nothing changes any more. */
  rehearse(): void {
    clearTimeout(this.#timer);
    const mine = ++this.#asked;
    const picks = this.picks;
    if (picks.length === 0) {
      [this.rehearsal, this.rehearsalError, this.stale] = [null, null, false];
      return;
    }
    this.stale = true;
    this.#timer = setTimeout(async () => {
      try {
        const rehearsal = await commands.rehearse(this.sheet.id, picks);
        if (mine === this.#asked) [this.rehearsal, this.rehearsalError] = [rehearsal, null];
      } catch (error) {
        if (mine === this.#asked) [this.rehearsal, this.rehearsalError] = [null, error];
      }
      if (mine === this.#asked) this.stale = false;
    }, CALM);
  }

  /** Submits; throws where that fails. */
  async start(): Promise<JobId[]> {
    this.starting = true;
    try {
      return await commands.start(this.sheet.id, this.picks);
    } finally {
      this.starting = false;
    }
  }

  /** Nothing is shown any more. */
  end(): void {
    clearTimeout(this.#timer);
    this.#asked += 1;
    this.#pool.close();
  }
}
