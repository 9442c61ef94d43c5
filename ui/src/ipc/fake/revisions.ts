/** Counters that tell the window what to read again. */
import type { Revisions } from "../bindings";
import { emit } from "./wire";

let revisions: Revisions = { watches: 0, outbox: 0, hold: 0, costs: 0 };

/** Something of this kind changed; told once whoever changed it has its answer. */
export function revised(name: keyof Revisions) {
  revisions = { ...revisions, [name]: revisions[name] + 1 };
  const told = revisions;
  queueMicrotask(() => emit({ type: "revisions", revisions: told }));
}
