import { describe, expect, it } from "vitest";

import { all, extended, NOTHING, only, pressed, pruned, toggled } from "./selection";

const order = ["a", "b", "c", "d", "e"];
const plain = { shiftKey: false, ctrlKey: false, metaKey: false };
const list = (chosen: { ids: ReadonlySet<string> }) => [...chosen.ids].sort();

describe("selection", () => {
  it("a press picks one, with Ctrl one more or less", () => {
    let chosen = pressed(only("a"), order, "c", plain);
    expect(list(chosen)).toEqual(["c"]);
    chosen = pressed(chosen, order, "e", { ...plain, ctrlKey: true });
    expect(list(chosen)).toEqual(["c", "e"]);
    expect(list(pressed(chosen, order, "c", { ...plain, metaKey: true }))).toEqual(["e"]);
  });

  it("with Shift everything from the anchor on, in either direction, and the anchor stays", () => {
    const down = pressed(only("b"), order, "d", { ...plain, shiftKey: true });
    expect(list(down)).toEqual(["b", "c", "d"]);
    const up = pressed(down, order, "a", { ...plain, shiftKey: true });
    expect(list(up)).toEqual(["a", "b"]);
    expect(up.anchor).toBe("b");
    expect(list(extended(NOTHING, order, "c"))).toEqual(["c"]);
  });

  it("twice toggled is as before", () => {
    for (const id of order) expect(list(toggled(toggled(all(order), id), id))).toEqual(order);
  });

  it("forgets what is gone, and stays the same object where nothing is", () => {
    const chosen = all(order);
    expect(pruned(chosen, order)).toBe(chosen);
    expect(pruned(chosen, ["b", "e"])).toEqual({ ids: new Set(["b", "e"]), anchor: null });
  });
});
