/** What a line of a price says. */
import { money, moneyPrecise } from "$/format";
import { m } from "$/i18n";
import type { Resource, Tier, Unit } from "$/ipc";

const RESOURCES: Record<Resource, () => string> = {
  transcode: m.job_cost_transcode,
  storage: m.job_cost_storage,
  requests: m.job_cost_requests,
  egress: m.job_cost_egress,
  machine: m.job_cost_machine,
};
const QUANTITIES: Record<Unit, (values: { count: string }) => string> = {
  "normalized-minute": m.job_unit_normalized_minutes,
  "gigabyte-month": m.job_unit_gigabyte_months,
  request: m.job_unit_requests,
  gigabyte: m.job_unit_gigabytes,
  "worker-hour": m.job_unit_worker_hours,
};
const PRICES: Record<Unit, (values: { price: string }) => string> = {
  "normalized-minute": m.job_price_normalized_minute,
  "gigabyte-month": m.job_price_gigabyte_month,
  request: m.job_price_thousand_requests,
  gigabyte: m.job_price_gigabyte,
  "worker-hour": m.job_price_worker_hour,
};

export const resourceName = (resource: Resource) => RESOURCES[resource]();
export const tierName = (tier: Tier) => (tier === "basic" ? m.job_tier_basic() : m.job_tier_professional());

/** `12.4 normalised minutes`. */
export const unitWords = (unit: Unit, count: string) => QUANTITIES[unit]({ count });

/** Price of a unit in billionths of a US dollar: `US$0.0188 a normalised minute`; of requests, a thousand. */
export function unitPrice(unit: Unit, nanousd: number): string {
  const price = unit === "request" ? money(nanousd) : moneyPrecise(nanousd);
  return PRICES[unit]({ price });
}
