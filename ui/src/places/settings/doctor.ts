import { m } from "$/i18n";
import type { DoctorCheck } from "$/ipc";
import { stepAdvice } from "./cloud/steps";

const ADVICE: [RegExp, () => string][] = [
  [/-folder$/, m.settings_advice_folder],
  [/-space$/, m.settings_advice_space],
  [/^database$/, m.settings_advice_database],
  [/^runner$/, m.settings_advice_runner],
  [/^worker$/, m.settings_advice_worker],
  [/^(encoder|filter)-/, m.settings_advice_part],
  [/^cloud$/, m.settings_advice_cloud],
];

/** What to do about a check, in the language of the window; empty when it is fine. */
export function checkAdvice(check: DoctorCheck): string {
  if (check.verdict === "ok") return "";
  const step = /^cloud-(.+)$/.exec(check.name)?.[1];
  if (step) return stepAdvice({ name: step, advice: check.advice }).text;
  return ADVICE.find(([names]) => names.test(check.name))?.[1]() ?? check.advice;
}

const RANK = { fail: 0, warn: 1, ok: 2 };

/** What needs somebody comes first; otherwise as the engine says. */
export function worstFirst(checks: readonly DoctorCheck[]): DoctorCheck[] {
  return [...checks].sort((a, b) => RANK[a.verdict] - RANK[b.verdict]);
}
