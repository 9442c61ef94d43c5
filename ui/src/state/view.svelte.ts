import type { JobId, WatchId } from "$/ipc";

export const PLACES = ["queue", "history", "watches", "profiles", "costs", "settings"] as const;
export type PlaceName = (typeof PLACES)[number];
export type View = { place: PlaceName } | { place: "job"; id: JobId } | { place: "watch"; id: WatchId };

const LONGEST = 50;

let current = $state.raw<View>({ place: "queue" });
let trail = $state.raw<readonly View[]>([]);

const idOf = (one: View) => ("id" in one ? one.id : undefined);
const same = (a: View, b: View) => a.place === b.place && idOf(a) === idOf(b);

function sectionOf(one: View | undefined): PlaceName | null {
  if (one?.place === "watch") return "watches";
  return one && one.place !== "job" ? one.place : null;
}

/** Whether the way is free; if not, `go` may be called once it is. */
export type Guard = (go: () => void) => boolean;
let guard: Guard | null = null;

/** Goes there, unless something would be lost that somebody has to be asked about first. */
function leave(go: () => void) {
  if (guard === null || guard(go)) go();
}

/** What the window shows, and the way that led there. */
export const view = {
  get current(): View {
    return current;
  },
  /** The place whose entry in the sidebar is lit; a job belongs where it was opened from. */
  get section(): PlaceName {
    return sectionOf(current) ?? sectionOf(trail.findLast((one) => one.place !== "job")) ?? "queue";
  },
  get canGoBack(): boolean {
    return trail.length > 0;
  },
  go(next: View | PlaceName) {
    const target: View = typeof next === "string" ? { place: next } : next;
    if (same(current, target)) return;
    leave(() => {
      trail = [...trail, current].slice(-LONGEST);
      current = target;
    });
  },
  /** One step back; from a job that was opened first of all, to the queue. */
  back() {
    leave(() => {
      current = trail.at(-1) ?? { place: "queue" };
      trail = trail.slice(0, -1);
    });
  },
  /** Has the last word before another place is shown; call what comes back to end that. */
  guard(own: Guard): () => void {
    guard = own;
    return () => {
      if (guard === own) guard = null;
    };
  },
  /** As at the start. */
  reset() {
    trail = [];
    current = { place: "queue" };
  },
};
