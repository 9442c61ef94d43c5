// A profile text while it is being written: checked as it grows, saved once it is sound.
import {
  commands,
  type Profile,
  type ProfileCheck,
  type ProfileError,
  type ProfilePage,
  type Unsupported,
} from "$/ipc";

/** Wait after a key before checking, ms. */
export const CHECKING = 150;

type Check = (text: string) => Promise<ProfileCheck>;

/** Why a text cannot be saved now. */
export type Hindrance = "unchanged" | "unsound" | "checking" | "saving";

export class EditSession {
  /** The profile as it is stored. */
  page = $state.raw() as ProfilePage;
  text = $state("");
  problems = $state.raw<readonly ProfileError[]>([]);
  /** The last sound profile. */
  profile = $state.raw<Profile | null>(null);
  /** What MediaConvert cannot do of it. */
  cloud = $state.raw<readonly Unsupported[]>([]);
  /** The newest text has not been judged yet. */
  checking = $state(false);
  saving = $state(false);
  /** Why the last check or save did not work. */
  error = $state.raw<unknown>(null);

  #stored: string = $state("");
  #check: Check;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #generation = 0;

  constructor(page: ProfilePage, check: Check = (text) => commands.checkProfile(text)) {
    this.page = page;
    this.text = page.text;
    this.#stored = page.text;
    this.problems = page.card.problems;
    this.profile = page.profile;
    this.cloud = page.cloud;
    this.#check = check;
  }

  get id(): string {
    return this.page.card.id;
  }

  get dirty(): boolean {
    return this.text !== this.#stored;
  }

  get sound(): boolean {
    return !this.checking && this.problems.length === 0;
  }

  get hindrance(): Hindrance | null {
    if (this.saving) return "saving";
    if (!this.dirty) return "unchanged";
    if (this.checking) return "checking";
    return this.problems.length > 0 ? "unsound" : null;
  }

  /** The id in the text, where it is another one. */
  get renamed(): string | null {
    const id = this.sound ? this.profile?.id : undefined;
    return id !== undefined && id !== this.id ? id : null;
  }

  /** Takes a new text, and judges it once no further one comes. */
  write(text: string): void {
    if (text === this.text) return;
    this.text = text;
    this.checking = true;
    this.#generation += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.check(), CHECKING);
  }

  /** Judges the text now; an answer to an older text is dropped. */
  async check(): Promise<void> {
    clearTimeout(this.#timer);
    const mine = ++this.#generation;
    try {
      const { problems, profile, cloud } = await this.#check(this.text);
      if (mine !== this.#generation) return;
      this.problems = problems;
      if (profile) [this.profile, this.cloud] = [profile, cloud];
      this.error = null;
    } catch (thrown) {
      if (mine !== this.#generation) return;
      this.error = thrown;
    }
    this.checking = false;
  }

  /** Writes the text to the profile's file; its id, or `null` where it did not work. */
  async save(): Promise<string | null> {
    if (this.hindrance !== null) return null;
    const text = this.text;
    this.saving = true;
    try {
      const id = await commands.saveProfile(text, this.id);
      this.#stored = text;
      this.error = null;
      return id;
    } catch (thrown) {
      this.error = thrown;
      return null;
    } finally {
      this.saving = false;
    }
  }

  /** The profile was stored, perhaps under another id; what was written since then stays. */
  adopt(page: ProfilePage): void {
    this.page = page;
    this.#stored = page.text;
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#generation += 1;
  }
}
