import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { ProfileCheck, ProfilePage } from "$/ipc";
import { handlers } from "$/ipc/fake/profiles";
import { CHECKING, EditSession } from "./session.svelte";
import { grouped, matches } from "./store.svelte";

const page = (id: string) => handlers.profile?.({ id }) as ProfilePage;
const judge = (text: string) => handlers.check_profile?.({ text }) as ProfileCheck;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("editing", () => {
  it("begins with nothing to save", () => {
    const session = new EditSession(page("youtube"));
    expect(session.dirty).toBe(false);
    expect(session.hindrance).toBe("unchanged");
  });

  it("is judged once, when no further key comes", async () => {
    const check = vi.fn(async (text: string) => judge(text));
    const session = new EditSession(page("youtube"), check);
    for (const end of ["a", "ab", "abc"]) {
      session.write(`${session.page.text}# ${end}`);
      await vi.advanceTimersByTimeAsync(CHECKING - 1);
    }
    expect(check).not.toHaveBeenCalled();
    expect(session.hindrance).toBe("checking");
    await vi.advanceTimersByTimeAsync(1);
    expect(check).toHaveBeenCalledTimes(1);
    expect(session.hindrance).toBeNull();
  });

  it("drops judgements of older texts", async () => {
    const answers: ((check: ProfileCheck) => void)[] = [];
    const session = new EditSession(page("youtube"), () => new Promise((done) => answers.push(done)));
    session.write("broken");
    await vi.advanceTimersByTimeAsync(CHECKING);
    session.write(`${session.page.text}# fine`);
    await vi.advanceTimersByTimeAsync(CHECKING);
    answers[1]?.(judge(session.text));
    await vi.advanceTimersByTimeAsync(0);
    answers[0]?.(judge("broken"));
    await vi.advanceTimersByTimeAsync(0);
    expect(session.problems).toEqual([]);
    expect(session.checking).toBe(false);
  });

  it("keeps the last sound profile while the text is not, and says so", async () => {
    const session = new EditSession(page("web-mp4"), async (text) => judge(text));
    session.write(session.page.text.replace("partner", "partnr"));
    await vi.advanceTimersByTimeAsync(CHECKING);
    expect(session.hindrance).toBe("unsound");
    expect(session.problems.map((problem) => problem.line)).toContain(
      1 + session.page.text.split("\n").findIndex((line) => line.startsWith("partner")),
    );
    expect(session.profile?.id).toBe("web-mp4");
    expect(session.renamed).toBeNull();
  });

  it("notices another id", async () => {
    const session = new EditSession(page("web-mp4"), async (text) => judge(text));
    session.write(session.page.text.replace('id = "web-mp4"', 'id = "web-small"'));
    await vi.advanceTimersByTimeAsync(CHECKING);
    expect(session.renamed).toBe("web-small");
  });

  it("goes on after saving, under the new id, with what was written since", async () => {
    const session = new EditSession(page("web-mp4"), async (text) => judge(text));
    const saved = session.page.text.replace('id = "web-mp4"', 'id = "web-small"');
    session.write(saved);
    await vi.advanceTimersByTimeAsync(CHECKING);
    const stored: ProfilePage = { ...page("web-mp4"), text: saved };
    stored.card = { ...stored.card, id: "web-small", origin: "own" };
    session.adopt(stored);
    expect([session.dirty, session.renamed, session.id]).toEqual([false, null, "web-small"]);
    session.write(`${saved}# later`);
    session.adopt(stored);
    expect(session.dirty).toBe(true);
    expect(session.text).toBe(`${saved}# later`);
  });

  it("survives a check that fails", async () => {
    const session = new EditSession(page("web-mp4"), () => Promise.reject(new Error("gone")));
    session.write("x");
    await vi.advanceTimersByTimeAsync(CHECKING);
    expect(session.checking).toBe(false);
    expect(session.error).toBeInstanceOf(Error);
  });
});

describe("the list", () => {
  const cards = handlers.profiles?.({}) as ProfilePage["card"][];

  it("holds every profile once, broken ones last", () => {
    const groups = grouped(cards);
    expect(groups.flatMap((group) => group.cards.map((card) => card.id)).sort()).toEqual(
      cards.map((card) => card.id).sort(),
    );
    expect(groups.at(-1)?.cards.every((card) => card.problems.length > 0)).toBe(true);
    expect(new Set(cards.map((card) => card.origin))).toEqual(new Set(["shipped", "changed", "own"]));
  });

  it("is searched by partner, title and id, in any case and order", () => {
    const found = (search: string) => cards.filter((card) => matches(card, search)).map((card) => card.id);
    expect(found("")).toHaveLength(cards.length);
    expect(found("hls apple")).toEqual(["apple-hls"]);
    expect(found("MEZZANINE")).toEqual(["prores-mezzanine"]);
    expect(found("zzz")).toEqual([]);
  });
});
