/** Reads something again whenever it changed: once at a time, and once more when it changed meanwhile. */
export class Reread {
  #read: () => Promise<unknown>;
  #running: Promise<void> | null = null;
  #behind = false;

  constructor(read: () => Promise<unknown>) {
    this.#read = read;
  }

  /** It changed; done once it was read after that. */
  touch(): Promise<void> {
    this.#behind = true;
    this.#running ??= this.#run();
    return this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (this.#behind) {
        this.#behind = false;
        await this.#read();
      }
    } finally {
      this.#running = null;
    }
  }
}
