import { describe, expect, it } from "vitest";

import { Reread } from "./reread";

/** Something that is read when told to. */
function source() {
  const waiting: { resolve: () => void; reject: (why: unknown) => void }[] = [];
  let now = 0;
  let seen = 0;
  let most = 0;
  let reads = 0;
  const reread = new Reread(async () => {
    reads += 1;
    const value = now;
    most = Math.max(most, reads - done);
    await new Promise<void>((resolve, reject) => waiting.push({ resolve, reject }));
    seen = value;
    done += 1;
  });
  let done = 0;
  const turn = () => new Promise<void>((go) => setTimeout(go));
  return {
    change: () => {
      now += 1;
      return reread.touch();
    },
    answer: async () => {
      waiting.shift()?.resolve();
      await turn();
    },
    refuse: async () => {
      waiting.shift()?.reject(new Error("gone"));
      done += 1;
      await turn();
    },
    state: () => ({ now, seen, most, reads, waiting: waiting.length }),
  };
}

describe("reading again", () => {
  it.each([1, 2, 7, 500])(
    "after %i changes at once the last one is seen, with two reads at most",
    async (n) => {
      const one = source();
      for (let at = 0; at < n; at++) void one.change();
      expect(one.state().waiting).toBe(1);
      await one.answer();
      await one.answer();
      const { now, seen, most, reads, waiting } = one.state();
      expect([seen, most, waiting]).toEqual([now, 1, 0]);
      expect(reads).toBe(n === 1 ? 1 : 2);
    },
  );

  it("whoever touched it is told once it was read after that", async () => {
    const one = source();
    let told = 0;
    void one.change().then(() => (told += 1));
    void one.change().then(() => (told += 1));
    await one.answer();
    expect(told).toBe(0);
    await one.answer();
    expect(told).toBe(2);
  });

  it("a read that fails does not end it", async () => {
    const one = source();
    const failed = one.change();
    const caught = failed.catch((error: Error) => error.message);
    await one.refuse();
    expect(await caught).toBe("gone");
    void one.change();
    await one.answer();
    expect(one.state().seen).toBe(2);
  });
});
