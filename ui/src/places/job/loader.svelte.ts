/** Pictures one at a time: while one is on its way only the last wish is remembered. */
export class PictureLoader {
  /** What can be shown now. */
  shown = $state.raw<string | null>(null);
  /** The last one could not be had. */
  failed = $state.raw(false);
  #busy = false;
  #wanted: string | null = null;
  #load: (src: string) => Promise<unknown>;

  constructor(load: (src: string) => Promise<unknown> = loaded) {
    this.#load = load;
  }

  /** This picture, please; earlier wishes are forgotten. */
  want(src: string): void {
    this.#wanted = src;
    if (!this.#busy) void this.#run();
  }

  async #run(): Promise<void> {
    this.#busy = true;
    while (this.#wanted !== null) {
      const src = this.#wanted;
      this.#wanted = null;
      try {
        await this.#load(src);
        this.shown = src;
        this.failed = false;
      } catch {
        this.failed = this.#wanted === null;
      }
    }
    this.#busy = false;
  }
}

function loaded(src: string): Promise<unknown> {
  const image = new Image();
  image.src = src;
  return image.decode();
}
