/** Which jobs something is to be done with. Pure: every change makes a new one. */
export interface Chosen {
  ids: ReadonlySet<string>;
  /** Where a range begins. */
  anchor: string | null;
}

export const NOTHING: Chosen = { ids: new Set(), anchor: null };

/** Everything between two jobs, both included. */
function between(order: readonly string[], from: string, to: string): string[] {
  const [a, b] = [order.indexOf(from), order.indexOf(to)];
  return a < 0 || b < 0 ? [to] : order.slice(Math.min(a, b), Math.max(a, b) + 1);
}

/** Only this one. */
export const only = (id: string): Chosen => ({ ids: new Set([id]), anchor: id });

/** In or out. */
export function toggled(chosen: Chosen, id: string): Chosen {
  const ids = new Set(chosen.ids);
  if (!ids.delete(id)) ids.add(id);
  return { ids, anchor: id };
}

/** From the anchor to here, and nothing else. */
export function extended(chosen: Chosen, order: readonly string[], id: string): Chosen {
  const anchor = chosen.anchor !== null && order.includes(chosen.anchor) ? chosen.anchor : id;
  return { ids: new Set(between(order, anchor, id)), anchor };
}

/** Everything. */
export const all = (order: readonly string[]): Chosen => ({ ids: new Set(order), anchor: order[0] ?? null });

/** What a press of the mouse does. */
export function pressed(
  chosen: Chosen,
  order: readonly string[],
  id: string,
  keys: { shiftKey: boolean; ctrlKey: boolean; metaKey: boolean },
): Chosen {
  if (keys.shiftKey) return extended(chosen, order, id);
  return keys.ctrlKey || keys.metaKey ? toggled(chosen, id) : only(id);
}

/** Without what is no longer there; the same object where nothing went. */
export function pruned(chosen: Chosen, order: readonly string[]): Chosen {
  const there = new Set(order);
  const ids = [...chosen.ids].filter((id) => there.has(id));
  const anchor = chosen.anchor !== null && there.has(chosen.anchor) ? chosen.anchor : null;
  return ids.length === chosen.ids.size && anchor === chosen.anchor ? chosen : { ids: new Set(ids), anchor };
}
