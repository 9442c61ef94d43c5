// The text editor; loaded only when one is opened.
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { bracketMatching, indentOnInput, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { toml } from "@codemirror/legacy-modes/mode/toml";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { unifiedMergeView } from "@codemirror/merge";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from "@codemirror/view";

import { phrases } from "./phrases";
import { spanOf, type Fault } from "./places";
import { highlights, theme } from "./theme";

export interface Options {
  parent: HTMLElement;
  text: string;
  /** Name for assistive technology. */
  label: string;
  language: string;
  onchange: (text: string) => void;
  onsave: () => void;
  /** Escape was pressed: the next Tab leaves the editor. */
  onescape: () => void;
}

export interface Editor {
  readonly text: string;
  setText(text: string): void;
  setFaults(faults: readonly Fault[]): void;
  /** Shows what differs from another text; `null`: no longer. */
  compare(original: string | null): void;
  setLanguage(label: string, language: string): void;
  goTo(place: { line: number; column: number }): void;
  focus(): void;
  destroy(): void;
}

/**
 * The editor's styles come in constructed style sheets, which a strict content security policy lets pass,
 * but only where its style module finds no `<head>`; otherwise it writes a `<style>` element. It looks once
 * for each document, while the first editor is made.
 */
function withoutStyleElement<T>(make: () => T): T {
  if (!("adoptedStyleSheets" in document)) return make();
  Object.defineProperty(document, "head", { configurable: true, value: null });
  try {
    return make();
  } finally {
    Reflect.deleteProperty(document, "head");
  }
}

const wording = (label: string, language: string) => [
  EditorView.contentAttributes.of({
    "aria-label": label,
    tabindex: "0",
    spellcheck: "false",
    autocapitalize: "off",
  }),
  phrases(language),
];

export function createEditor(options: Options): Editor {
  const comparison = new Compartment();
  const words = new Compartment();
  const state = EditorState.create({
    doc: options.text,
    extensions: [
      lineNumbers(),
      lintGutter(),
      highlightActiveLine(),
      highlightActiveLineGutter(),
      highlightSelectionMatches(),
      drawSelection(),
      EditorView.lineWrapping,
      history(),
      bracketMatching(),
      indentOnInput(),
      search({ top: true }),
      StreamLanguage.define(toml),
      syntaxHighlighting(highlights),
      theme,
      keymap.of([
        { key: "Mod-s", run: () => (options.onsave(), true), preventDefault: true },
        ...searchKeymap,
        ...historyKeymap,
        ...defaultKeymap,
        indentWithTab,
      ]),
      EditorView.domEventObservers({
        keydown: (event) => void (event.key === "Escape" && options.onescape()),
      }),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) options.onchange(update.state.doc.toString());
      }),
      words.of(wording(options.label, options.language)),
      comparison.of([]),
    ],
  });
  const view = withoutStyleElement(() => new EditorView({ state, parent: options.parent }));

  return {
    get text() {
      return view.state.doc.toString();
    },
    setText(text) {
      if (text === view.state.doc.toString()) return;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
    },
    setFaults(faults) {
      const text = view.state.doc.toString();
      const diagnostics = faults.map((fault) => ({
        ...spanOf(text, fault),
        severity: "error" as const,
        message: fault.suggestion ? `${fault.message}; ${fault.suggestion}` : fault.message,
      }));
      view.dispatch(setDiagnostics(view.state, diagnostics));
    },
    compare(original) {
      const effect =
        original === null
          ? []
          : unifiedMergeView({ original, mergeControls: false, highlightChanges: true, gutter: true });
      view.dispatch({ effects: comparison.reconfigure(effect) });
    },
    setLanguage(label, language) {
      view.dispatch({ effects: words.reconfigure(wording(label, language)) });
    },
    goTo(place) {
      const { from } = spanOf(view.state.doc.toString(), place);
      view.dispatch({
        selection: { anchor: from },
        effects: EditorView.scrollIntoView(from, { y: "center" }),
      });
      view.focus();
    },
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  };
}
