/** Work of which only so much is done at a time, in the order it was asked for. */
export class Pool {
  #waiting: (() => Promise<void>)[] = [];
  #busy = 0;
  #closed = false;

  constructor(readonly most: number) {}

  /** Does it when there is room. */
  add(work: () => Promise<void>): void {
    this.#waiting.push(work);
    this.#next();
  }

  /** Begins nothing more. */
  close(): void {
    this.#closed = true;
    this.#waiting = [];
  }

  #next(): void {
    if (this.#closed || this.#busy >= this.most) return;
    const work = this.#waiting.shift();
    if (!work) return;
    this.#busy += 1;
    const done = () => {
      this.#busy -= 1;
      this.#next();
    };
    void work().then(done, done);
  }
}
