// Messages that are looked up by a name which the engine sends: the namespace `errors`, as two modules. All others
// are used by name, so that each comes with the part of the window that says it.
import { readFileSync, writeFileSync } from "node:fs";

const errors = Object.keys(
  JSON.parse(readFileSync(new URL("../messages/en/errors.json", import.meta.url), "utf8")),
);
// What was found in a file or judged of it, which the first picture of the window does not show.
const judged = (key) => /^(check|doctor|finding|rule|unsupported)_/.test(key);

function write(name, keys) {
  const lines = keys.map((key) => `export { ${key} } from "./messages/${key}.js";\n`);
  writeFileSync(new URL(`../src/i18n/generated/${name}.js`, import.meta.url), lines.join(""));
}

write("judged", errors.filter(judged));
write(
  "named",
  errors.filter((key) => !judged(key)),
);
