import { commands, type Event, type JobId, type JobPage } from "$/ipc";
import { feed, FeedJob } from "$/state/feed.svelte";

/** Entries come in bursts; read the job again at most so often, ms. */
const CALM = 600;

/** Everything about one job; follows the feed while it is shown. */
export class JobStore {
  page = $state.raw<JobPage | null>(null);
  error = $state.raw<unknown>(null);

  #own = $state.raw<FeedJob | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = 0;

  constructor(readonly id: JobId) {}

  /** Its live view: the queue's where it is there. */
  get live(): FeedJob | null {
    return feed.job(this.id) ?? this.#own;
  }

  /** Reads it, and again whenever something happens to it; returns how to end that. */
  follow(): () => void {
    void this.load();
    const end = feed.listen((event: Event) => {
      if (event.job === this.id) this.#timer ??= setTimeout(() => void this.load(), CALM);
    });
    return () => {
      end();
      clearTimeout(this.#timer);
      this.#asked += 1;
    };
  }

  async load(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const mine = ++this.#asked;
    try {
      const page = await commands.job(this.id);
      if (mine !== this.#asked) return;
      this.page = page;
      this.error = null;
      if (this.#own) this.#own.seed(page.live);
      else this.#own = new FeedJob(page.live);
    } catch (error) {
      if (mine === this.#asked) this.error = error;
    }
  }
}
