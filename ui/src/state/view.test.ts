import { beforeEach, describe, expect, it } from "vitest";

import { PLACES, view, type View } from "./view.svelte";

beforeEach(() => view.reset());

describe("view", () => {
  it("goes back the way it came", () => {
    const way: View[] = [
      { place: "history" },
      { place: "job", id: "a" },
      { place: "job", id: "b" },
      { place: "watches" },
      { place: "watch", id: "a" },
      { place: "profiles" },
      { place: "settings" },
    ];
    for (const one of way) view.go(one);
    for (const one of way.toReversed()) {
      expect(view.current).toEqual(one);
      view.back();
    }
    expect(view.current).toEqual({ place: "queue" });
    expect(view.canGoBack).toBe(false);
  });

  it("does not count going where one is", () => {
    view.go("history");
    view.go({ place: "history" });
    view.back();
    expect(view.canGoBack).toBe(false);
  });

  it("opens another job as another view", () => {
    view.go({ place: "job", id: "a" });
    view.go({ place: "job", id: "b" });
    view.back();
    expect(view.current).toEqual({ place: "job", id: "a" });
  });

  it.each(PLACES)("lights %s while a job from there is open", (place) => {
    view.go(place);
    view.go({ place: "job", id: "a" });
    expect(view.section).toBe(place);
  });

  it("a watched folder belongs to its list, and so does a job opened from it", () => {
    view.go({ place: "watch", id: "w" });
    expect(view.section).toBe("watches");
    view.go({ place: "job", id: "a" });
    expect(view.section).toBe("watches");
    view.go({ place: "watch", id: "v" });
    view.back();
    view.back();
    expect(view.current).toEqual({ place: "watch", id: "w" });
  });

  it("asks first where something would be lost, and goes on when told to", () => {
    const held: (() => void)[] = [];
    const end = view.guard((go) => {
      held.push(go);
      return false;
    });
    view.go("history");
    view.back();
    expect(view.current).toEqual({ place: "queue" });
    expect(held).toHaveLength(2);
    held[0]?.();
    expect(view.current).toEqual({ place: "history" });
    end();
    view.back();
    expect(view.current).toEqual({ place: "queue" });
    expect(held).toHaveLength(2);
  });

  it("does not remember for ever", () => {
    for (let i = 0; i < 500; i++) view.go({ place: "job", id: String(i) });
    let steps = 0;
    while (view.canGoBack) {
      view.back();
      steps += 1;
    }
    expect(steps).toBeLessThanOrEqual(50);
  });
});
