import { expect, it } from "vitest";

import { nameAndFolder, pieces } from "./highlight";

const texts = ["Northern Lights S01.mov", "江河纪事 江", "aaaa", "İstanbul.mov", "", "Café Zoë.MXF"];
const searches = ["", " ", "lights", "NORTH s01", "aa", "a", "江", "zoë mxf", "stan", "("];

it("pieces are the text, and no two neighbours are alike", () => {
  for (const text of texts) {
    for (const search of searches) {
      const found = pieces(text, search);
      expect(found.map((piece) => piece.text).join("")).toBe(text);
      found.forEach((piece, n) => {
        expect(piece.text).not.toBe("");
        if (n > 0) expect(piece.hit).not.toBe(found[n - 1]?.hit);
      });
    }
  }
});

it("every occurrence of every word is found, in any case", () => {
  const hits = (text: string, search: string) =>
    pieces(text, search)
      .filter((piece) => piece.hit)
      .map((piece) => piece.text);
  expect(hits("Northern Lights S01.mov", "NORTH s01")).toEqual(["North", "S01"]);
  expect(hits("江河纪事 江", "江")).toEqual(["江", "江"]);
  expect(hits("aaaa", "aa")).toEqual(["aaaa"]);
  expect(hits("abc", "x")).toEqual([]);
});

it("paths of either kind come apart", () => {
  expect(nameAndFolder("/a/b/c.mov")).toEqual({ name: "c.mov", folder: "/a/b" });
  expect(nameAndFolder("D:\\a\\c.mov")).toEqual({ name: "c.mov", folder: "D:\\a" });
  expect(nameAndFolder("c.mov")).toEqual({ name: "c.mov", folder: "" });
});
