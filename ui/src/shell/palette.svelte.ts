import { number } from "$/format";
import { m } from "$/i18n";
import { commands, type ProfileCard } from "$/ipc";
import { store } from "$/places/profiles/store.svelte";
import { availableCommands, type Command, type CommandGroup } from "$/state/commands.svelte";
import { feed } from "$/state/feed.svelte";
import { view } from "$/state/view.svelte";
import { find } from "./fuzzy";

export const GROUPS: readonly CommandGroup[] = ["places", "actions", "jobs", "profiles", "settings"];
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

export const everything = (profiles: Profiles): Command[] => [
  ...availableCommands(),
  ...jobCommands(),
  ...profiles.commands(),
];

export const countWords = (groups: readonly Group[]) =>
  m.shell_palette_results({ count: number(groups.reduce((sum, group) => sum + group.commands.length, 0)) });
