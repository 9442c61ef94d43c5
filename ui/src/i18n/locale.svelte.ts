import { overwriteGetLocale } from "./generated/runtime.js";

export type Locale = "en" | "zh-CN";

let current = $state<Locale>("en");

/** The language of the window; whoever reads it is drawn again when it changes. */
export const locale = {
  get current(): Locale {
    return current;
  },
  set(next: Locale) {
    current = next;
    document.documentElement.lang = next;
  },
};

/** The language that a system wants, by its list of preferences. */
export function systemLocale(preferences: readonly string[] = navigator.languages): Locale {
  for (const tag of preferences) {
    if (/^zh\b/i.test(tag)) return "zh-CN";
    if (/^en\b/i.test(tag)) return "en";
  }
  return "en";
}

overwriteGetLocale(() => current);
