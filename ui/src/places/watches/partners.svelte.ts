// Names of partners behind ids of profiles.
import { list } from "$/format";
import { commands } from "$/ipc";
import { Reread } from "$/state/reread";

class Partners {
  #names = $state.raw<ReadonlyMap<string, string>>(new Map());
  #reread = new Reread(async () => {
    // Without an answer the ids stand for themselves.
    const cards = await commands.profiles().catch(() => null);
    if (cards) this.#names = new Map(cards.map((card) => [card.id, card.partner || card.id]));
  });

  load(): Promise<void> {
    return this.#reread.touch();
  }

  /** Partner of a profile; its id where there is none. */
  of(profile: string): string {
    return this.#names.get(profile) ?? profile;
  }

  /** Partners of profiles, each once. */
  words(profiles: readonly string[]): string {
    return list([...new Set(profiles.map((id) => this.of(id)))]);
  }
}

export const partners = new Partners();
