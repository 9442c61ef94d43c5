import { number } from "$/format";
import { m } from "$/i18n";
import { commands, type HistoryPage, type HistoryQuery, type HistoryRow, type ProfileCard } from "$/ipc";
import { store } from "$/places/profiles/store.svelte";
import { availableCommands, type Command, type CommandGroup } from "$/state/commands.svelte";
import { feed } from "$/state/feed.svelte";
import { view } from "$/state/view.svelte";
import { find } from "./fuzzy";

export const GROUPS: readonly CommandGroup[] = [
  "places",
  "actions",
  "jobs",
  "history",
  "profiles",
  "settings",
];
const PER_GROUP = 6;

export interface Group {
  name: CommandGroup;
  commands: Command[];
}

export const groupLabel = (name: CommandGroup): string =>
  ({
    places: m.shell_group_places,
    actions: m.shell_group_actions,
    jobs: m.shell_group_jobs,
    history: m.shell_group_history,
    profiles: m.shell_group_profiles,
    settings: m.shell_group_settings,
  })[name]();

/** What fits, by group; the group with the best match first. With nothing asked, a few of each of the first ones. */
export function grouped(query: string, all: readonly Command[]): Group[] {
  const asked = query.trim() !== "";
  const found = find(query, all);
  const groups = new Map<CommandGroup, Command[]>();
  if (!asked) for (const name of GROUPS) groups.set(name, []);
  for (const command of found) {
    const name = command.group ?? "actions";
    if (!asked && (name === "profiles" || name === "settings")) continue;
    const rows = groups.get(name) ?? [];
    if (rows.length < (asked || name !== "jobs" ? PER_GROUP + 2 : PER_GROUP)) rows.push(command);
    groups.set(name, rows);
  }
  return [...groups].filter(([, rows]) => rows.length > 0).map(([name, rows]) => ({ name, commands: rows }));
}

const fileName = (path: string) => path.split(/[\\/]/).at(-1) ?? path;

/** Jobs on the queue page, as commands. */
export function jobCommands(): Command[] {
  return feed.jobs.map((job) => ({
    id: `job.${job.id}`,
    group: "jobs" as const,
    label: `${fileName(job.view.source)} · ${job.view.partner}`,
    keywords: job.view.profile,
    run: () => view.go({ place: "job", id: job.id }),
  }));
}

export class Profiles {
  cards = $state.raw<readonly ProfileCard[]>([]);

  async load() {
    this.cards = await commands.profiles().catch(() => []);
  }

  commands(): Command[] {
    return this.cards.map((card) => ({
      id: `profile.${card.id}`,
      group: "profiles" as const,
      label: card.title === card.partner ? card.title : `${card.partner} · ${card.title}`,
      keywords: card.id,
      run: () => {
        view.go("profiles");
        return store.show(card.id);
      },
    }));
  }
}

/** Wait after a key before the history is asked, ms. */
export const PAUSE = 160;
/** Jobs of the history that are offered. */
const MOST_PAST = 5;

/** Jobs of the history that are found under what is typed. */
export class Past {
  #rows = $state.raw<readonly HistoryRow[]>([]);
  /** What the rows are an answer to, and what is typed now. */
  #answered = $state.raw("");
  #typed = $state.raw("");
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = 0;
  #ask: (query: HistoryQuery) => Promise<HistoryPage>;

  constructor(ask: (query: HistoryQuery) => Promise<HistoryPage> = (query) => commands.history(query)) {
    this.#ask = ask;
  }

  /** Asks once no further key comes; an answer to something older is dropped. */
  search(text: string): void {
    clearTimeout(this.#timer);
    const mine = ++this.#asked;
    const typed = text.trim();
    this.#typed = typed;
    if (typed === "") {
      this.#rows = [];
      return;
    }
    this.#timer = setTimeout(async () => {
      // What is on the queue page is found there.
      const limit = MOST_PAST + feed.jobs.length;
      const found = await this.#ask({ text: typed, limit }).catch(() => null);
      if (mine !== this.#asked) return;
      this.#rows = found?.rows ?? [];
      this.#answered = typed;
    }, PAUSE);
  }

  commands(): Command[] {
    const words = this.#typed.toLowerCase().split(/\s+/);
    // Until the next answer is there, those stay of the last one that fit.
    const fits = (row: HistoryRow) => {
      const text = `${row.source} ${row.partner} ${row.profile}`.toLowerCase();
      return this.#typed === this.#answered || words.every((word) => text.includes(word));
    };
    const rows = this.#rows.filter((row) => feed.job(row.id) === undefined && fits(row));
    return rows.slice(0, MOST_PAST).map((row) => ({
      id: `past.${row.id}`,
      group: "history" as const,
      label: `${fileName(row.source)} · ${row.partner}`,
      run: () => view.go({ place: "job", id: row.id }),
    }));
  }
}

/** Groups with those of the history, which were found elsewhere, behind the jobs or at the end. */
export function withPast(groups: Group[], past: readonly Command[]): Group[] {
  if (past.length === 0) return groups;
  const at = groups.findIndex((group) => group.name === "jobs") + 1 || groups.length;
  return groups.toSpliced(at, 0, { name: "history", commands: [...past] });
}

export const everything = (profiles: Profiles): Command[] => [
  ...availableCommands(),
  ...jobCommands(),
  ...profiles.commands(),
];

export const countWords = (groups: readonly Group[]) =>
  m.shell_palette_results({ count: number(groups.reduce((sum, group) => sum + group.commands.length, 0)) });
