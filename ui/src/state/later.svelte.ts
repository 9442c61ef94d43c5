/** Parts of the window that its first picture does not need: fetched when they are wanted, or when all is calm. */
import type { Component } from "svelte";

type Load<
  P extends Record<string, unknown>,
  E extends Record<string, unknown>,
  B extends string,
> = () => Promise<{
  default: Component<P, E, B>;
}>;

/** A component that comes later. */
export class Later<P extends Record<string, unknown>, E extends Record<string, unknown>, B extends string> {
  /** `null` as long as it has not come. */
  component = $state.raw<Component<P, E, B> | null>(null);

  #load: Load<P, E, B>;
  #asked: Promise<void> | undefined;

  constructor(load: Load<P, E, B>) {
    this.#load = load;
  }

  /** Fetches it, once. */
  need(): Promise<void> {
    this.#asked ??= this.#load().then(
      (module) => void (this.component = module.default),
      (error: unknown) => {
        // Wanted again, it is asked for again.
        this.#asked = undefined;
        throw error;
      },
    );
    return this.#asked;
  }
}

/** Two frames from now: what is made up now has been drawn. A hidden window draws nothing. */
export const drawn = () =>
  new Promise<void>((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())));

/** Fetches one after the other, so that none holds up what somebody does meanwhile. */
export async function fetchAll(all: readonly { need: () => Promise<void> }[]): Promise<void> {
  for (const one of all) await one.need();
}
