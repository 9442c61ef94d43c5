import { afterEach, expect, it, vi } from "vitest";

import { createEditor, type Editor } from "./editor";

const text = 'id = "x"\npartnr = "Web"\n';
let editor: Editor | undefined;

function begin(onchange = vi.fn()) {
  document.body.innerHTML = "<div></div>";
  editor = createEditor({
    parent: document.body.firstElementChild as HTMLElement,
    text,
    label: "Text",
    language: "en",
    onchange,
    onsave: vi.fn(),
    onescape: vi.fn(),
  });
  return editor;
}

afterEach(() => editor?.destroy());

it("brings its styles without a style element, and gives the head back", () => {
  const { head } = document;
  begin();
  expect(document.head).toBe(head);
  expect(Object.getOwnPropertyDescriptor(document, "head")).toBeUndefined();
  expect(document.querySelectorAll("style")).toHaveLength(0);
  expect(document.adoptedStyleSheets.length).toBeGreaterThan(0);
});

it("has a name and is a text box", () => {
  begin();
  const box = document.querySelector('[role="textbox"]');
  expect(box?.getAttribute("aria-label")).toBe("Text");
  expect(box?.getAttribute("aria-multiline")).toBe("true");
});

it("marks faults where they are, and takes marks away", () => {
  const made = begin();
  made.setFaults([{ line: 2, column: 1, message: "unknown key", suggestion: 'did you mean "partner"?' }]);
  expect([...document.querySelectorAll(".cm-lintRange-error")].map((mark) => mark.textContent)).toEqual([
    "partnr",
  ]);
  made.setFaults([]);
  expect(document.querySelectorAll(".cm-lintRange-error")).toHaveLength(0);
});

it("tells of changes, but a text that is there already is none", () => {
  const onchange = vi.fn();
  const made = begin(onchange);
  made.setText(text);
  expect(onchange).not.toHaveBeenCalled();
  made.setText(`${text}version = 1\n`);
  expect(onchange).toHaveBeenCalledWith(`${text}version = 1\n`);
});

it("shows what differs from another text, and stops", () => {
  const made = begin();
  made.compare(text.replace("partnr", "partner"));
  expect(document.querySelector(".cm-deletedChunk")?.textContent).toContain("partner");
  expect(document.querySelectorAll(".cm-changedLine")).toHaveLength(1);
  made.compare(null);
  expect(document.querySelectorAll(".cm-deletedChunk, .cm-changedLine")).toHaveLength(0);
});
