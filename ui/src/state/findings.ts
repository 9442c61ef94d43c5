/** What the engine found in a file and judged of it, in the language of the window. */
import * as judged from "$/i18n/generated/judged.js";
import type { Finding, RuleResult, Unsupported } from "$/ipc";
import { english, filled, key, own, raw, type Said, type Texts } from "$/state/words";

const text = (name: string) => (judged as unknown as Texts)[name];

/** A finding and what to do about it. */
export function findingWords(finding: Finding): { text: Said; advice: Said } {
  const name = key("finding", finding.id);
  const { values = {} } = finding;
  const advised = english() ? undefined : text(`${name}_advice`)?.();
  return {
    text: filled(text(name), values, finding.text),
    advice: finding.advice === "" ? own("") : advised ? own(advised) : raw(finding.advice),
  };
}

/** Something that MediaConvert cannot do as it is asked. */
export const unsupportedWords = (one: Unsupported): Said =>
  filled(text(key("unsupported", one.id)), one.values, one.text);

/** What a rule asks. */
export function ruleTitle(rule: RuleResult): Said {
  if (english()) return raw(rule.title);
  const known = (rule.check ? text(key("check", rule.check)) : undefined) ?? text(key("rule", rule.rule));
  return known ? own(known()) : raw(rule.title);
}

/** What a check of the doctor looks at. */
export const doctorTitle = (name: string) => text(key("doctor", name))?.() ?? name;
