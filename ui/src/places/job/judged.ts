// What a rule expected and measured. Figures are the same everywhere; words between them are not.
import { m } from "$/i18n";

/** A text for people, and whether it is still the engine's English. */
export interface Judged {
  text: string;
  english: boolean;
}

/** Words that stand alone. */
export const WORDS: Readonly<Record<string, () => string>> = {
  "a picture": m.judged_a_picture,
  aligned: m.judged_aligned,
  "any channels": m.judged_any_channels,
  "any profile": m.judged_any_profile,
  "any rate": m.judged_any_rate,
  "as planned": m.judged_as_planned,
  "at least one track": m.judged_at_least_one_track,
  carried: m.judged_carried,
  constant: m.judged_constant,
  decodes: m.judged_decodes,
  "holds for every track": m.judged_holds_for_every_track,
  "index after media": m.judged_index_after_media,
  "index before media": m.judged_index_before_media,
  "no audio": m.judged_no_audio,
  "no faults": m.judged_no_faults,
  none: m.judged_none,
  "none seen": m.judged_none_seen,
  "not established": m.judged_not_established,
  "not stated": m.judged_not_stated,
  "not strictly rising": m.judged_not_strictly_rising,
  "on the grid": m.judged_on_the_grid,
  "other times": m.judged_other_times,
  progressive: m.judged_progressive,
  "strictly rising": m.judged_strictly_rising,
  there: m.judged_there,
  unknown: m.judged_unknown,
  unset: m.judged_unset,
};

/** What stands around figures: the groups are the parameters, in order. */
const PHRASES: [RegExp, (...parts: string[]) => string][] = [
  [/^(\d+) errors in (\d+) frames decoded$/, (errors, frames) => m.judged_errors_in({ errors, frames })],
  [/^(\d+) errors$/, (errors) => m.judged_errors({ errors })],
  [/^(\d+) tracks?$/, (count) => m.judged_tracks({ count })],
  [/^(\d+) chapters?$/, (count) => m.judged_chapters({ count })],
  [/^(\d+) frames?$/, (count) => m.judged_frames({ count })],
  [/^at most (\d+) frames?$/, (count) => m.judged_at_most_frames({ count })],
  [/^at most ([\d.,:/ ×]+(?: ?(?:s|ms|µs|kbit\/s|%))?)$/, (value) => m.judged_at_most({ value })],
  [
    /^([\d.]+ (?:µs|ms|s)) after the picture, within ([\d.]+ (?:µs|ms|s))$/,
    (value, within) => m.judged_after_picture({ value, within }),
  ],
  [/^constant, ([^,]+)$/, (value) => m.judged_constant_rate({ value })],
  [/^variable, (.+) on average$/, (value) => m.judged_variable_rate({ value })],
  [/^every (\d+) frames, nowhere else$/, (count) => m.judged_every_frames({ count })],
];

/** Nothing but figures, units and names that are the same in every language. */
const FIGURES = /^[\d\s.,:;/×°+±-]*(?:(?:µs|ms|s|Hz|kHz|kbit\/s|bit\/s|LUFS|dBTP|dB)[\d\s.,:;/×°+±-]*)*$/;

/** The words of a rule's expectation or measurement. */
export function judged(text: string): Judged {
  const word = WORDS[text];
  if (word) return { text: word(), english: false };
  for (const [pattern, say] of PHRASES) {
    const found = pattern.exec(text);
    if (found) return { text: say(...found.slice(1)), english: false };
  }
  return { text, english: !FIGURES.test(text) };
}
