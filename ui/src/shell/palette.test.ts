import { describe, expect, it } from "vitest";

import type { Command } from "$/state/commands.svelte";
import { grouped } from "./palette.svelte";

const command = (id: string, group: Command["group"], label: string): Command => ({
  id,
  group,
  label,
  run: () => {},
});
const all = [
  command("p1", "places", "Queue"),
  command("p2", "places", "Settings"),
  ...Array.from({ length: 40 }, (_, i) => command(`j${i}`, "jobs", `Sequence ${i}.mov`)),
  command("f1", "profiles", "Quick proxy"),
  command("s1", "settings", "Light appearance"),
];

describe("palette", () => {
  it("shows places, actions and a few jobs before anything is asked", () => {
    const groups = grouped("", all);
    expect(groups.map((group) => group.name)).toEqual(["places", "jobs"]);
    expect(groups[1]?.commands.length).toBeLessThan(10);
  });

  it("puts the group of the best match first, and every command in one group", () => {
    const groups = grouped("qu", all);
    expect(groups[0]?.commands[0]?.label).toBe("Queue");
    const ids = groups.flatMap((group) => group.commands.map((one) => one.id));
    expect(new Set(ids).size).toBe(ids.length);
    expect(groups.map((group) => group.name)).toContain("profiles");
  });

  it("has no empty groups", () => {
    for (const query of ["", "q", "light", "zzz", "3"])
      for (const group of grouped(query, all)) expect(group.commands.length).toBeGreaterThan(0);
  });
});
