const cache = new Map<string, string>();

function hash(text: string): number {
  let value = 2166136261;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 16777619);
  return value >>> 0;
}

/** A calm landscape that depends on the address alone, as a data address. */
export function drawPicture(path: string): string {
  const [place = "", query = ""] = path.split("?");
  const at = Number(new URLSearchParams(query).get("at") ?? 0);
  const key = `${place}@${at}`;
  const known = cache.get(key);
  if (known) return known;
  const seed = hash(place.replace(/^output\/([^/]+)\/.*/, "source/$1"));
  const hue = seed % 360;
  const sun = 20 + ((seed >>> 9) % 60) + ((at / 4000) % 24);
  const ridge = (offset: number, lift: number) => {
    const points = Array.from({ length: 9 }, (_, i) => {
      const wave = Math.sin(i * 1.3 + ((seed >>> offset) % 17)) * 7 + Math.sin(i * 2.9 + offset) * 3;
      return `${i * 20},${Math.round(lift + wave)}`;
    });
    return `M0,90 L${points.join(" L")} L160,90 Z`;
  };
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 90" width="1280" height="720"><defs><linearGradient id="s" x2="0" y2="1"><stop offset="0" stop-color="hsl(${hue} 42% 34%)"/><stop offset="1" stop-color="hsl(${(hue + 38) % 360} 58% 70%)"/></linearGradient></defs><rect width="160" height="90" fill="url(#s)"/><circle cx="${sun}" cy="${26 + (seed % 14)}" r="9" fill="hsl(${(hue + 60) % 360} 85% 88%)"/><path d="${ridge(3, 52)}" fill="hsl(${hue} 34% 36%)"/><path d="${ridge(7, 64)}" fill="hsl(${hue} 38% 24%)"/><path d="${ridge(11, 77)}" fill="hsl(${hue} 42% 13%)"/></svg>`;
  const url = `data:image/svg+xml,${encodeURIComponent(svg)}`;
  cache.set(key, url);
  return url;
}
