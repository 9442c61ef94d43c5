import { SvelteMap, SvelteSet } from "svelte/reactivity";

import {
  asCommandError,
  commands,
  type EngineWish,
  type JobId,
  type ProfileCard,
  type Rehearsal,
  type Sheet,
  type Terms,
} from "$/ipc";
import {
  barred,
  blockOf,
  picksOf,
  tickAll,
  tickOne,
  triedOf,
  without,
  type Looking,
  type Ticks,
  type Tried,
} from "./logic";
import { Pool } from "./pool";

const REMEMBERED = "spillway.sheet.profiles";
const ENGINE = "spillway.sheet.engine";
const WISHES: readonly EngineWish[] = ["auto", "local", "cloud"];
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

const rememberedEngine = () => WISHES.find((wish) => wish === localStorage.getItem(ENGINE)) ?? "auto";

/** Files, profiles and everything that is known of both. */
export class SheetStore {
  sheet = $state.raw() as Sheet;
  /** `null` until they are there. */
  profiles = $state.raw<ProfileCard[] | null>(null);
  profilesError = $state.raw<unknown>(null);
  ticks = $state.raw<Ticks>({ all: new Set(), except: new Map() });
  outDir = $state.raw<string | null>(null);
  /** Which engine, for everything on the sheet. */
  engine = $state.raw<EngineWish>(rememberedEngine());
  /** When everything should be delivered, ms UTC. */
  deadline = $state.raw<number | null>(null);
  rehearsal = $state.raw<Rehearsal | null>(null);
  /** What each job of the rehearsal would come to. */
  tried = $state.raw<Tried>(new Map());
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
  /** What the wanted engine would refuse, with the reason. */
  readonly barred = $derived.by(() => barred(this.engine, this.looks, this.tried));
  readonly wanted = $derived.by(() => without(this.picks, this.barred));
  readonly terms = $derived.by((): Terms => ({ engine: this.engine, deadline_ms: this.deadline }));
  readonly block = $derived.by(
    () =>
      blockOf(this.files, this.looks, this.ticks, this.ids) ??
      (this.wanted.length === 0 ? "engine-refuses" : null),
  );

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

  chooseEngine(engine: EngineWish): void {
    this.engine = engine;
    localStorage.setItem(ENGINE, engine);
  }

  /** Looks at all files anew: what the engines need may have changed. */
  lookAgain(): void {
    for (const { id } of this.files) this.#pool.add(() => this.#look(id));
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
    const { picks, terms } = this;
    const show = (rehearsal: Rehearsal | null, error: unknown) => {
      if (mine !== this.#asked) return;
      [this.rehearsal, this.rehearsalError] = [rehearsal, error];
      this.tried = rehearsal === null ? new Map() : triedOf(picks, rehearsal);
    };
    if (picks.length === 0) {
      show(null, null);
      this.stale = false;
      return;
    }
    this.stale = true;
    this.#timer = setTimeout(async () => {
      try {
        show(await commands.rehearse(this.sheet.id, picks, terms), null);
      } catch (error) {
        show(null, error);
      }
      if (mine === this.#asked) this.stale = false;
    }, CALM);
  }

  /** Submits; throws where that fails. */
  async start(): Promise<JobId[]> {
    this.starting = true;
    try {
      return await commands.start(this.sheet.id, this.wanted, this.terms);
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
