import { describe, expect, it } from "vitest";

import type { WatchSettings } from "$/ipc";
import { DEFAULTS, draftOf, faultsOf, settingsOf, valueOf, type Draft, type Field } from "./draft";
import { PRESETS } from "./hours";

const FULL: WatchSettings = {
  profiles: ["youtube", "web-mp4"],
  out_dir: "/out",
  include: ["*.mov", "a b/**"],
  exclude: ["*_tmp*"],
  recursive: true,
  mirror: false,
  settle_s: 12,
  after: { do: "move", folder: "done" },
  hours: PRESETS.nights,
  priority: 7,
  sidecar: "required",
  queue_url: "https://sqs.example/q",
};

const sound = (more: Partial<Draft> = {}): Draft => ({
  ...draftOf({ ...DEFAULTS, profiles: ["web-mp4"] }, "/in"),
  ...more,
});
const fields = (draft: Draft) => Object.keys(faultsOf(draft)).sort();

describe("the form", () => {
  it("gives back the settings that it was filled with", () => {
    expect(settingsOf(draftOf(FULL, "s3://bucket/in"))).toEqual(FULL);
    expect(settingsOf(draftOf(DEFAULTS, "/in"))).toEqual(DEFAULTS);
  });

  it("an address of a queue belongs to a bucket alone", () => {
    expect(settingsOf(draftOf(FULL, "/in")).queue_url).toBeNull();
  });

  it("lines without a pattern are no patterns", () => {
    expect(settingsOf(sound({ include: "\n *.mov \n\n*.mxf\n" })).include).toEqual(["*.mov", "*.mxf"]);
  });

  it("finds nothing wrong with what is sound", () => {
    for (const place of ["/in", "\\\\nas\\share", "D:\\in", " /with space "])
      expect(fields(sound({ place })), place).toEqual([]);
    expect(fields(sound({ place: "s3://bucket/in", outDir: "/out" }))).toEqual([]);
    expect(fields(sound({ settle: "1" }))).toEqual([]);
  });

  it.each<[Field, Partial<Draft>[]]>([
    ["place", [{ place: "" }, { place: "in" }, { place: "~/in" }, { place: "s3://", outDir: "/out" }]],
    ["profiles", [{ profiles: [] }]],
    ["out_dir", [{ outDir: "out" }, { place: "s3://bucket" }]],
    [
      "settle_s",
      [
        { settle: "" },
        { settle: "0" },
        { settle: "-1" },
        { settle: "1.5" },
        { settle: "a" },
        { settle: "90000" },
      ],
    ],
    ["hours", [{ limited: true, hours: [] }]],
    ["after", [{ moves: true, moveTo: " " }]],
    ["queue_url", [{ place: "s3://bucket", outDir: "/out", queueUrl: "queue" }]],
  ])("says what is wrong with %s, and of nothing else", (field, drafts) => {
    for (const one of drafts) expect(fields(sound(one)), JSON.stringify(one)).toEqual([field]);
  });

  it("a field changes its value when what it holds is changed, and only then", () => {
    const FIELDS: Field[] = ["place", "profiles", "patterns", "settle_s", "hours", "after", "queue_url"];
    const changes: Record<string, Partial<Draft>> = {
      place: { place: "/other" },
      profiles: { profiles: [] },
      patterns: { exclude: "x" },
      settle_s: { settle: "6" },
      hours: { limited: true },
      after: { moves: true },
      queue_url: { queueUrl: "x" },
    };
    for (const [name, change] of Object.entries(changes))
      for (const field of FIELDS)
        expect(valueOf(sound(change), field) === valueOf(sound(), field), `${name} ${field}`).toBe(
          name !== field,
        );
  });
});
