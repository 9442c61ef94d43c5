/** A figure that somebody typed: `null`: none; `undefined`: not a figure, or outside its bounds. */
export function figure(
  typed: string,
  { whole = false, least = 0, most = Infinity }: { whole?: boolean; least?: number; most?: number } = {},
): number | null | undefined {
  const text = typed.trim().replace(",", ".");
  if (text === "") return null;
  if (!/^\d+(\.\d+)?$/.test(text)) return undefined;
  const value = Number(text);
  if (value < least || value > most || (whole && !Number.isInteger(value))) return undefined;
  return value;
}

/** As it stands in its field: without marks between thousands. */
export const inField = (value: number | null | undefined) => (value == null ? "" : String(value));

/** Buckets as S3 names them: 3 to 63 small letters, digits, dots and dashes. */
export const isBucket = (name: string) =>
  /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !name.includes("..");

/** E.g. `eu-central-1`, `us-gov-west-1`. */
export const isRegion = (name: string) => /^[a-z]{2,}(-[a-z]+)+-\d+$/.test(name);
