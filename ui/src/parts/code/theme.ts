import { HighlightStyle } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

/** The editor in the colours and sizes of the window. */
export const theme = EditorView.theme({
  "&": {
    height: "100%",
    color: "var(--text)",
    backgroundColor: "var(--bg-raised)",
    fontSize: "var(--size-13)",
  },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--font-mono)", lineHeight: "1.6", overflow: "auto" },
  ".cm-content": { padding: "var(--space-2) 0", caretColor: "var(--accent)" },
  ".cm-line": { padding: "0 var(--space-3)" },
  ".cm-cursor, .cm-dropCursor": { borderLeftColor: "var(--accent)", borderLeftWidth: "2px" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    background: "var(--bg-selected)",
  },
  ".cm-content ::selection": { color: "inherit", background: "var(--bg-selected)" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--bg-hover) 55%, transparent)" },
  ".cm-gutters": {
    color: "var(--text-3)",
    backgroundColor: "var(--bg-raised)",
    borderRight: "1px solid var(--line)",
  },
  ".cm-activeLineGutter": { color: "var(--text)", backgroundColor: "var(--bg-hover)" },
  ".cm-lineNumbers .cm-gutterElement": { padding: "0 var(--space-2) 0 var(--space-3)" },
  "&.cm-focused .cm-matchingBracket": {
    backgroundColor: "var(--accent-bg)",
    outline: "1px solid var(--accent)",
  },
  "&.cm-focused .cm-nonmatchingBracket": { backgroundColor: "var(--bad-bg)" },
  ".cm-lintRange-error": {
    backgroundImage: "none",
    textDecoration: "underline wavy var(--bad) 1px",
    textUnderlineOffset: "3px",
    textDecorationSkipInk: "none",
  },
  ".cm-gutter-lint": { width: "14px" },
  ".cm-gutter-lint .cm-gutterElement": { padding: "0 0 0 4px", display: "flex", alignItems: "center" },
  ".cm-lint-marker": { width: "8px", height: "8px" },
  ".cm-lint-marker-error": { content: "normal", borderRadius: "50%", backgroundColor: "var(--bad)" },
  ".cm-tooltip": {
    border: "1px solid var(--line)",
    borderRadius: "var(--radius-m)",
    color: "var(--text)",
    backgroundColor: "var(--bg-raised)",
    boxShadow: "var(--shadow-2)",
    fontFamily: "var(--font)",
    overflow: "hidden",
  },
  ".cm-diagnostic": { padding: "6px var(--space-3)", maxWidth: "420px" },
  ".cm-diagnostic-error": { borderLeft: "3px solid var(--bad)" },
  ".cm-panels": { color: "var(--text)", backgroundColor: "var(--bg-sunken)" },
  ".cm-panels.cm-panels-top": { borderBottom: "1px solid var(--line)" },
  ".cm-panel.cm-search": {
    padding: "var(--space-2) var(--space-6) var(--space-2) var(--space-3)",
    fontFamily: "var(--font)",
  },
  ".cm-panel.cm-search label": { fontSize: "var(--size-12)", whiteSpace: "nowrap" },
  ".cm-panel.cm-search [name=close]": { top: "6px", right: "6px", width: "24px", height: "24px" },
  ".cm-textfield": {
    height: "26px",
    border: "1px solid var(--line-strong)",
    borderRadius: "var(--radius-s)",
    backgroundColor: "var(--bg-raised)",
    fontSize: "var(--size-12)",
  },
  ".cm-button": {
    height: "26px",
    border: "1px solid var(--line)",
    borderRadius: "var(--radius-s)",
    color: "var(--text)",
    backgroundColor: "var(--bg-raised)",
    backgroundImage: "none",
    fontSize: "var(--size-12)",
  },
  ".cm-searchMatch": { backgroundColor: "var(--warn-bg)", outline: "1px solid var(--warn)" },
  ".cm-searchMatch-selected": { backgroundColor: "var(--accent-bg)", outline: "2px solid var(--accent)" },
  ".cm-selectionMatch": { backgroundColor: "var(--bg-hover)" },
  "&.cm-merge-b .cm-changedLine": { backgroundColor: "var(--good-bg)" },
  "&.cm-merge-b .cm-changedText": {
    background: "none",
    borderBottom: "2px solid var(--good)",
  },
  ".cm-deletedChunk": { paddingLeft: "0", backgroundColor: "var(--bad-bg)" },
  ".cm-deletedChunk .cm-deletedLine": { padding: "0 var(--space-3)", textDecoration: "none" },
  ".cm-deletedChunk .cm-deletedText": { background: "none", borderBottom: "2px solid var(--bad)" },
  "&.cm-merge-b .cm-changedLineGutter": { backgroundColor: "var(--good)" },
  ".cm-deletedLineGutter": { backgroundColor: "var(--bad)" },
});

export const highlights = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--accent-text)" },
  { tag: tags.string, color: "var(--info-text)" },
  { tag: [tags.number, tags.bool, tags.atom], color: "var(--warn-text)" },
  { tag: tags.comment, color: "var(--text-3)", fontStyle: "italic" },
  { tag: [tags.bracket, tags.punctuation, tags.operator], color: "var(--text-2)" },
]);
