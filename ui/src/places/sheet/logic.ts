/** What a sheet leads to. Pure. */
import type {
  CommandError,
  EngineKind,
  EngineOffer,
  EngineWish,
  Look,
  Money,
  Offer,
  Pick,
  ProfileCard,
  Rehearsal,
  RehearsedJob,
  Route,
  SheetFile,
  Verdict,
} from "$/ipc";

/** How far the look at a file is. */
export type Looking =
  { state: "waiting" } | { state: "done"; look: Look } | { state: "failed"; error: CommandError };

/** What is ticked: for all files, and for single files otherwise. */
export interface Ticks {
  all: ReadonlySet<string>;
  /** By file and profile. */
  except: ReadonlyMap<number, ReadonlyMap<string, boolean>>;
}

export const looked = (looks: ReadonlyMap<number, Looking>, file: number): Looking =>
  looks.get(file) ?? { state: "waiting" };

/** What a profile would make of a file, once it is known. */
export function offerOf(looking: Looking, profile: string): Offer | undefined {
  return looking.state === "done"
    ? looking.look.offers.find((offer) => offer.profile === profile)
    : undefined;
}

/** Whether a profile is ticked for a file. */
export function ticked(ticks: Ticks, file: number, profile: string): boolean {
  return ticks.except.get(file)?.get(profile) ?? ticks.all.has(profile);
}

/** Ticks a profile for all files; what was said of single files is forgotten. */
export function tickAll(ticks: Ticks, profile: string, on: boolean): Ticks {
  const all = new Set(ticks.all);
  if (on) all.add(profile);
  else all.delete(profile);
  const except = new Map<number, ReadonlyMap<string, boolean>>();
  for (const [file, own] of ticks.except) {
    const kept = new Map([...own].filter(([id]) => id !== profile));
    if (kept.size > 0) except.set(file, kept);
  }
  return { all, except };
}

/** Ticks a profile for one file. */
export function tickOne(ticks: Ticks, file: number, profile: string, on: boolean): Ticks {
  const own = new Map(ticks.except.get(file));
  if (ticks.all.has(profile) === on) own.delete(profile);
  else own.set(profile, on);
  const except = new Map(ticks.except);
  if (own.size > 0) except.set(file, own);
  else except.delete(file);
  return { ...ticks, except };
}

/** On how many of the files a profile is ticked: all, some, or none. */
export function tickState(
  ticks: Ticks,
  files: readonly SheetFile[],
  profile: string,
): "all" | "some" | "none" {
  if (files.length === 0) return ticks.all.has(profile) ? "all" : "none";
  const count = files.filter((file) => ticked(ticks, file.id, profile)).length;
  return count === 0 ? "none" : count === files.length ? "all" : "some";
}

/** How many files a profile takes, and how. */
export interface Tally {
  pass: number;
  warn: number;
  stop: number;
  /** Cannot be used by any profile. */
  unusable: number;
  /** Not looked at yet. */
  waiting: number;
}

export function tallyOf(
  files: readonly SheetFile[],
  looks: ReadonlyMap<number, Looking>,
  profile: string,
): Tally {
  const tally: Tally = { pass: 0, warn: 0, stop: 0, unusable: 0, waiting: 0 };
  for (const file of files) {
    const looking = looked(looks, file.id);
    const offer = offerOf(looking, profile);
    if (looking.state === "failed") tally.unusable += 1;
    else if (looking.state === "waiting" || !offer) tally.waiting += 1;
    else tally[offer.verdict] += 1;
  }
  return tally;
}

/** The worst that a profile says of any file. */
export function worst(tally: Tally): Verdict | null {
  if (tally.stop > 0) return "stop";
  if (tally.warn > 0) return "warn";
  return tally.pass > 0 ? "pass" : null;
}

/** What is to be submitted: nothing that would fail at once. */
export function picksOf(
  files: readonly SheetFile[],
  looks: ReadonlyMap<number, Looking>,
  ticks: Ticks,
  profiles: readonly string[],
): Pick[] {
  return files.flatMap((file) => {
    const looking = looked(looks, file.id);
    if (looking.state !== "done") return [];
    const chosen = profiles.filter((id) => {
      const offer = offerOf(looking, id);
      return ticked(ticks, file.id, id) && offer !== undefined && offer.verdict !== "stop";
    });
    return chosen.length > 0 ? [{ file: file.id, profiles: chosen }] : [];
  });
}

/** Why a sheet cannot be started. */
export type Block = "no-files" | "looking" | "unusable" | "no-profile" | "none-fits" | "engine-refuses";

export function blockOf(
  files: readonly SheetFile[],
  looks: ReadonlyMap<number, Looking>,
  ticks: Ticks,
  profiles: readonly string[],
): Block | null {
  if (files.length === 0) return "no-files";
  const states = files.map((file) => looked(looks, file.id).state);
  if (states.includes("waiting")) return "looking";
  if (!states.includes("done")) return "unusable";
  if (!profiles.some((id) => tickState(ticks, files, id) !== "none")) return "no-profile";
  return picksOf(files, looks, ticks, profiles).length === 0 ? "none-fits" : null;
}

/** Sound profiles by partner, in the order they come. */
export function byPartner(cards: readonly ProfileCard[]): { partner: string; cards: ProfileCard[] }[] {
  const groups = new Map<string, ProfileCard[]>();
  for (const card of cards) {
    if (card.problems.length > 0) continue;
    const group = groups.get(card.partner);
    if (group) group.push(card);
    else groups.set(card.partner, [card]);
  }
  return [...groups].map(([partner, all]) => ({ partner, cards: all }));
}

/** Names whose place was taken, and all names, of a rehearsal. */
export function namesOf(rehearsal: Rehearsal): { path: string; numbered: boolean }[] {
  return rehearsal.jobs.flatMap((job) => job.outputs.map(({ path, numbered }) => ({ path, numbered })));
}

/** When the last job of a profile is through. */
export function finishOf(rehearsal: Rehearsal | null, profile: string): number | null {
  const times = (rehearsal?.jobs ?? []).flatMap((job) =>
    job.profile === profile ? (job.finish_ms ?? []) : [],
  );
  return times.length === 0 ? null : Math.max(...times);
}

/** What each job of a rehearsal would come to, by file and profile. */
export type Tried = ReadonlyMap<string, RehearsedJob>;

export const triedKey = (file: number, profile: string) => `${file} ${profile}`;

/** Jobs come in the order in which they were asked for. */
export function triedOf(picks: readonly Pick[], rehearsal: Rehearsal): Tried {
  const keys = picks.flatMap(({ file, profiles }) => profiles.map((profile) => triedKey(file, profile)));
  return new Map(keys.flatMap((key, at) => (rehearsal.jobs[at] ? [[key, rehearsal.jobs[at]]] : [])));
}

/** What an engine would need for a file. */
export const engineOffer = (offer: Offer | undefined, engine: EngineKind): EngineOffer | undefined =>
  offer?.engines.find((one) => one.engine === engine);

/** What the wanted engine would refuse, with its reason: such jobs would fail at once. */
export function barred(
  wish: EngineWish,
  looks: ReadonlyMap<number, Looking>,
  tried: Tried,
): ReadonlyMap<string, Route> {
  const found = new Map<string, Route>();
  if (wish === "auto") return found;
  for (const [key, job] of tried) {
    if (job.failure === null || job.route !== null) continue;
    const file = Number(key.split(" ", 1)[0]);
    const against = engineOffer(offerOf(looked(looks, file), job.profile), wish)?.against;
    if (against) found.set(key, against);
  }
  return found;
}

/** Picks but for those that are barred. */
export function without(picks: readonly Pick[], barredOnes: ReadonlyMap<string, Route>): Pick[] {
  if (barredOnes.size === 0) return [...picks];
  return picks.flatMap(({ file, profiles }) => {
    const left = profiles.filter((profile) => !barredOnes.has(triedKey(file, profile)));
    return left.length > 0 ? [{ file, profiles: left }] : [];
  });
}

/** How many jobs each engine would do. */
export function sharesOf(rehearsal: Rehearsal): Record<EngineKind, number> {
  const shares = { local: 0, cloud: 0 };
  for (const { route, failure } of rehearsal.jobs) if (route && failure === null) shares[route.engine] += 1;
  return shares;
}

/** Why the jobs of an engine go there: each reason once, with how many it holds for, the most frequent first. */
export function reasonsOf(rehearsal: Rehearsal): { route: Route; count: number }[] {
  const found = new Map<string, { route: Route; count: number }>();
  for (const { route, failure } of rehearsal.jobs) {
    if (!route || failure !== null) continue;
    const key = `${route.engine} ${route.id}`;
    const known = found.get(key);
    if (known) known.count += 1;
    else found.set(key, { route, count: 1 });
  }
  return [...found.values()].sort((a, b) => b.count - a.count);
}

/** What all jobs of a profile would cost; `null`: nothing, or not known. */
export function costOf(rehearsal: Rehearsal | null, profile: string): Money | null {
  const sum = { low_microusd: 0, high_microusd: 0 };
  for (const job of rehearsal?.jobs ?? []) {
    if (job.profile !== profile || job.cost === null) continue;
    sum.low_microusd += job.cost.low_microusd;
    sum.high_microusd += job.cost.high_microusd;
  }
  return sum.high_microusd > 0 ? sum : null;
}

/** Which engines would do the jobs of a profile. */
export function enginesOf(rehearsal: Rehearsal | null, profile: string): EngineKind[] {
  const all = (rehearsal?.jobs ?? []).flatMap((job) =>
    job.profile === profile && job.route ? [job.route.engine] : [],
  );
  return [...new Set(all)].sort().toReversed();
}
