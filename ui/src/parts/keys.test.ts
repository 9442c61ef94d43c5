import { describe, expect, it } from "vitest";

import { isShortcut, keyNames } from "./keys";

const press = (
  key: string,
  held: Partial<Record<"ctrlKey" | "metaKey" | "altKey" | "shiftKey", boolean>> = {},
) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...held,
});

describe("shortcuts", () => {
  it("need exactly the keys they name", () => {
    const presses = ["k", "o"].flatMap((key) =>
      [0, 1, 2, 3, 4, 5, 6, 7].map((bits) =>
        press(key, { ctrlKey: !!(bits & 1), altKey: !!(bits & 2), shiftKey: !!(bits & 4) }),
      ),
    );
    for (const keys of ["Mod+K", "Mod+Shift+O", "Alt+K", "K"])
      expect(presses.filter((one) => isShortcut(one, keys)).length, keys).toBe(1);
  });

  it("take signs as they come, however the keyboard makes them", () => {
    expect(isShortcut(press("?", { shiftKey: true }), "?")).toBe(true);
    expect(isShortcut(press("?"), "?")).toBe(true);
    expect(isShortcut(press("ArrowLeft", { altKey: true }), "Alt+Left")).toBe(true);
  });

  it("have a name for each key", () => {
    expect(keyNames("Mod+Shift+O")).toHaveLength(3);
  });
});
