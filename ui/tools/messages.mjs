// Every message in every language, with the same parameters, or no build.
import { readFileSync, readdirSync } from "node:fs";

const root = new URL("../messages/", import.meta.url);
const read = (locale, file) => JSON.parse(readFileSync(new URL(`${locale}/${file}`, root), "utf8"));
const parameters = (message) =>
  [...new Set(JSON.stringify(message).match(/(?<!\\)\{[a-zA-Z_]+\}/g) ?? [])].sort().join(" ");

const files = (locale) => readdirSync(new URL(`${locale}/`, root)).sort();
const faults = [];
const owners = new Map();
if (files("en").join() !== files("zh-CN").join()) faults.push("The languages have different files.");
for (const file of files("en")) {
  const [en, zh] = [read("en", file), read("zh-CN", file)];
  for (const key of new Set([...Object.keys(en), ...Object.keys(zh)])) {
    if (owners.has(key)) faults.push(`${file}: ${key} is in ${owners.get(key)}, too`);
    owners.set(key, file);
    if (!(key in en)) faults.push(`en/${file}: ${key} is missing`);
    else if (!(key in zh)) faults.push(`zh-CN/${file}: ${key} is missing`);
    else if (parameters(en[key]) !== parameters(zh[key])) faults.push(`${file}: ${key} has other parameters`);
    else if (!JSON.stringify(zh[key]).trim() || !JSON.stringify(en[key]).trim())
      faults.push(`${file}: ${key} is empty`);
  }
}
if (faults.length > 0) {
  console.error(faults.join("\n"));
  process.exit(1);
}
