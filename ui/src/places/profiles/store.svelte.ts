// The profiles, which one is shown, and the text that is being written, kept while another place is shown.
import {
  asCommandError,
  commands,
  type CommandError,
  type ImportedTemplate,
  type ProfileCard,
  type ProfilePage,
} from "$/ipc";

import { EditSession } from "./session.svelte";

class ProfilesStore {
  /** `null` before the first answer. */
  cards = $state.raw<ProfileCard[] | null>(null);
  page = $state.raw<ProfilePage | null>(null);
  session = $state.raw<EditSession | null>(null);
  /** What became of a template, until it is read. */
  imported = $state.raw<ImportedTemplate | null>(null);
  search = $state("");
  error = $state.raw<CommandError | null>(null);
  pageError = $state.raw<CommandError | null>(null);
  id = $state<string | null>(null);
  #generation = 0;

  /** Reads the list; what is shown stays, where it is still there. */
  async load(): Promise<void> {
    try {
      this.cards = await commands.profiles();
      this.error = null;
    } catch (thrown) {
      this.error = asCommandError(thrown);
      return;
    }
    const there = this.cards.some((card) => card.id === this.id);
    await this.show(there ? this.id : (grouped(this.cards)[0]?.cards[0]?.id ?? null));
  }

  /** Shows a profile. */
  async show(id: string | null): Promise<void> {
    const mine = ++this.#generation;
    this.id = id;
    if (this.page?.card.id !== id) this.page = null;
    this.pageError = null;
    if (id === null) return;
    try {
      const page = await commands.profile(id);
      if (mine === this.#generation) this.page = page;
    } catch (thrown) {
      if (mine === this.#generation) this.pageError = asCommandError(thrown);
    }
  }

  /** Reads the list again, with this profile shown. */
  async reload(id: string | null = this.id): Promise<void> {
    this.id = id;
    await this.load();
  }

  edit(page: ProfilePage): void {
    this.session = new EditSession(page);
  }

  /** Ends editing; what was not saved is gone. */
  close(): void {
    this.session?.dispose();
    this.session = null;
  }
}

export const store = new ProfilesStore();

/** Whether a profile is found under words. */
export function matches(card: ProfileCard, search: string): boolean {
  const text = `${card.partner} ${card.title} ${card.id}`.toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

export interface Group {
  /** Partner; empty: broken files. */
  partner: string;
  cards: ProfileCard[];
}

/** Profiles by partner, in the order that they came; broken files without a partner last. */
export function grouped(cards: readonly ProfileCard[]): Group[] {
  const groups = new Map<string, ProfileCard[]>();
  for (const card of cards) groups.set(card.partner, [...(groups.get(card.partner) ?? []), card]);
  const broken = groups.get("");
  groups.delete("");
  if (broken) groups.set("", broken);
  return [...groups].map(([partner, members]) => ({ partner, cards: members }));
}
