// The form of watched folders: what stands in it, what is wrong with it, and how it is sent off.
import { m } from "$/i18n";
import { asCommandError, commands } from "$/ipc";
import { toast } from "$/parts/toasts.svelte";
import type { Sentence } from "./words";
import { placeName, placeText } from "./words";
import { watches, type WatchForm } from "$/state/watches.svelte";
import { errorWords } from "$/state/words";
import { DEFAULTS, draftOf, faultsOf, isBucket, settingsOf, valueOf, type Draft, type Field } from "./draft";

const FIELDS: readonly Field[] = [
  "place",
  "profiles",
  "out_dir",
  "patterns",
  "settle_s",
  "hours",
  "after",
  "queue_url",
];

/** What the engine said of a field, as long as the field is as it was. */
interface Refusal {
  field: Field | null;
  value: string;
  said: Sentence;
}

const shortName = (place: string) =>
  placeName(
    isBucket(place)
      ? { kind: "bucket", bucket: place.slice(5), prefix: "" }
      : { kind: "folder", path: place },
  );

export class FormState {
  readonly form: WatchForm;
  draft = $state<Draft>(draftOf(DEFAULTS, ""));
  /** Folders to be watched, where there are several. */
  places = $state.raw<readonly string[]>([]);
  busy = $state(false);

  #left = $state.raw<ReadonlySet<Field>>(new Set());
  #tried = $state(false);
  #refusal = $state.raw<Refusal | null>(null);
  #local = $derived(faultsOf(this.several ? { ...this.draft, place: this.places[0] ?? "" } : this.draft));

  constructor(form: WatchForm) {
    this.form = form;
    if (form.for === "edit") this.draft = draftOf(form.watch.settings, placeText(form.watch.place));
    else {
      this.draft = draftOf(DEFAULTS, form.places.length === 1 ? (form.places[0] ?? "") : "");
      if (form.places.length > 1) this.places = form.places;
    }
  }

  get several(): boolean {
    return this.places.length > 1;
  }

  get bucket(): boolean {
    return !this.several && isBucket(this.draft.place);
  }

  /** What the engine said that belongs to no field. */
  get said(): Sentence | null {
    return this.#refusal?.field === null ? this.#refusal.said : null;
  }

  /** What is wrong with a field, once somebody was there or tried to go on. */
  fault(field: Field): Sentence | null {
    const local = this.#local[field];
    if (local && (this.#tried || this.#left.has(field))) return { text: local };
    const refusal = this.#refusal;
    if (refusal?.field !== field || refusal.value !== valueOf(this.draft, field)) return null;
    return refusal.said;
  }

  /** Fields with a fault that is shown. */
  get faults(): Field[] {
    return FIELDS.filter((field) => this.fault(field) !== null);
  }

  /** Somebody was at a field and left it. */
  leave(field: Field): void {
    this.#left = new Set([...this.#left, field]);
  }

  drop(place: string): void {
    const rest = this.places.filter((one) => one !== place);
    if (rest.length === 1) this.draft.place = rest[0] ?? "";
    this.places = rest;
  }

  /** Sends it off; whether all was taken. */
  async submit(): Promise<boolean> {
    this.#tried = true;
    this.#refusal = null;
    if (Object.keys(this.#local).length > 0) return false;
    this.busy = true;
    try {
      if (this.form.for === "edit") await this.#edit(this.form.watch.id);
      else await this.#add();
      return true;
    } catch (thrown) {
      const error = asCommandError(thrown);
      const field = FIELDS.find((one) => one === error.field) ?? null;
      const words = errorWords(error);
      this.#refusal = {
        field,
        value: field ? valueOf(this.draft, field) : "",
        said: words === error.message ? { text: "", why: words } : { text: words, why: error.message },
      };
      return false;
    } finally {
      this.busy = false;
      void watches.touch();
    }
  }

  async #edit(id: string): Promise<void> {
    await commands.editWatch(id, settingsOf($state.snapshot(this.draft)));
    toast({ tone: "good", text: m.watches_form_saved({ name: shortName(this.draft.place) }) });
  }

  async #add(): Promise<void> {
    const settings = settingsOf($state.snapshot(this.draft));
    for (const place of this.several ? this.places : [this.draft.place.trim()]) {
      await commands.addWatch(place, settings);
      toast({ tone: "good", text: m.watches_form_added({ name: shortName(place) }) });
      // What is watched already is not asked for again if a later one is refused.
      if (this.several) this.drop(place);
    }
  }
}
