// A long list by pages: what is in view is asked for, what was asked before is kept.
import { asCommandError, type CommandError } from "$/ipc";

export const PAGE = 100;
/** Pages asked for at a time. */
const AT_A_TIME = 2;
/** Rows that the view may move at once and still be read, rather than flown over. */
const READ = 24;
/** Wait until a view that flies has come to rest, ms. */
const REST = 60;
/** Pages kept. */
const KEPT = 80;

/** Which rows are wanted. */
export interface Slice {
  offset: number;
  limit: number;
}

type Ask<Query, Answer> = (query: Query & Slice) => Promise<Answer>;

const pageOf = (index: number) => Math.floor(index / PAGE);

export abstract class Pages<Query, Row, Answer extends { rows: Row[] }> {
  error = $state.raw<CommandError | null>(null);
  /** A new question has been asked, and what is shown is still the answer to the one before. */
  asking = $state(false);
  /** Rises with every new question that was answered. */
  answered = $state(0);

  #version = $state(0);
  #pages = new Map<number, Row[]>();
  #open = new Set<number>();
  #view: [first: number, last: number] = [0, 1];
  #question: Query;
  #generation = 0;
  #renewing = false;
  #behind = false;
  #rest: ReturnType<typeof setTimeout> | undefined;
  #ask: Ask<Query, Answer>;

  constructor(question: Query, ask: Ask<Query, Answer>) {
    this.#question = question;
    this.#ask = ask;
  }

  /** How many rows there are; `null` before the first answer. */
  abstract get count(): number | null;

  /** Keeps what an answer says beside its rows. */
  protected abstract keep(answer: Answer): void;

  /** A row, or `undefined` as long as it has not come. */
  row(index: number): Row | undefined {
    void this.#version;
    return this.#pages.get(pageOf(index))?.[index % PAGE];
  }

  /** Asks anew; rows stay until the answer is there. */
  ask(question: Query): Promise<void> {
    this.#question = question;
    this.#view = [0, 1];
    this.asking = true;
    return this.#renew(true);
  }

  /** Something happened: what is in view is asked for again, quietly; further down, once the view is back at the top. */
  touch(): void {
    if (this.#view[0] >= PAGE) this.#behind = true;
    else void this.refresh();
  }

  /** Asks for what is in view again. */
  async refresh(): Promise<void> {
    if (this.#renewing) this.#behind = true;
    else await this.#renew(this.asking);
  }

  /** The rows from `first` to before `last` are in view. */
  need(first: number, last: number): void {
    const flies = Math.abs(first - this.#view[0]) > READ && first > 0;
    this.#view = [first, Math.max(first + 1, last)];
    clearTimeout(this.#rest);
    if (flies) {
      this.#rest = setTimeout(() => this.#pump(), REST);
      return;
    }
    if (this.#behind && first === 0 && !this.#renewing) void this.refresh();
    else this.#pump();
  }

  /** Rows from `first` to before `last`, asked for where they have not come. */
  async rows(first: number, last: number): Promise<Row[]> {
    const held = Array.from({ length: last - first }, (_, n) => this.row(first + n));
    if (held.every((row) => row !== undefined)) return held;
    return (await this.#ask({ ...this.#question, offset: first, limit: last - first })).rows;
  }

  async #renew(fresh: boolean): Promise<void> {
    const mine = ++this.#generation;
    this.#renewing = true;
    this.#behind = false;
    this.#open.clear();
    const [first, last] = [pageOf(this.#view[0]), pageOf(this.#view[1] - 1)];
    try {
      const page = await this.#ask({
        ...this.#question,
        offset: first * PAGE,
        limit: (last - first + 1) * PAGE,
      });
      if (mine !== this.#generation) return;
      this.#pages = new Map();
      for (let n = 0; n * PAGE < page.rows.length; n += 1) {
        this.#pages.set(first + n, page.rows.slice(n * PAGE, (n + 1) * PAGE));
      }
      this.#take(page);
      if (fresh) this.answered += 1;
    } catch (thrown) {
      if (mine !== this.#generation) return;
      this.error = asCommandError(thrown);
    }
    this.asking = false;
    this.#renewing = false;
    if (this.#behind && this.#view[0] < PAGE && this.error === null) void this.refresh();
    else this.#pump();
  }

  #take(answer: Answer): void {
    this.keep(answer);
    this.error = null;
    this.#version += 1;
  }

  /** Asks for the next page that is in view and not there; pages that went out of view meanwhile are never asked for. */
  #pump(): void {
    if (this.#renewing || this.count === null || this.error !== null) return;
    const end = Math.min(this.#view[1], this.count);
    for (let page = pageOf(this.#view[0]); page * PAGE < end && this.#open.size < AT_A_TIME; page += 1) {
      if (!this.#pages.has(page) && !this.#open.has(page)) void this.#load(page);
    }
  }

  async #load(page: number): Promise<void> {
    const mine = this.#generation;
    this.#open.add(page);
    try {
      const answer = await this.#ask({ ...this.#question, offset: page * PAGE, limit: PAGE });
      if (mine !== this.#generation) return;
      this.#pages.set(page, answer.rows);
      for (const oldest of this.#pages.keys()) {
        if (this.#pages.size <= KEPT) break;
        this.#pages.delete(oldest);
      }
      this.#take(answer);
    } catch (thrown) {
      if (mine !== this.#generation) return;
      this.error = asCommandError(thrown);
    }
    this.#open.delete(page);
    this.#pump();
  }
}
