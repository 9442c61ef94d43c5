// Prints the licences of what is linked into Spillway's programs: every crate that is not only used at build
// time, and every package of the window. One text stands once, above it all that come under it.
// Usage: node tools/notices.mjs >FILE
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

const PROGRAMS = ["spillway", "spillway-desktop"];
// The libraries of the window that are not among its dependencies, because only the compiler names them.
const COMPILED_IN = ["svelte"];
const LICENCE = /^(licen[cs]e|copying|copyright|notice|unlicense)/i;

const run = (command, ...rest) => execFileSync(command, rest, { encoding: "utf8", maxBuffer: 1 << 28 });

/** What the programs are linked from, on this system. */
function crates() {
  const host = /^host: (.*)$/m.exec(run("rustc", "-vV"))[1];
  const said = run("cargo", "metadata", "--format-version=1", "--locked", `--filter-platform=${host}`);
  const { packages, resolve } = JSON.parse(said);
  const byId = new Map(packages.map((crate) => [crate.id, crate]));
  const nodes = new Map(resolve.nodes.map((node) => [node.id, node]));
  const linked = new Set(packages.filter(({ name }) => PROGRAMS.includes(name)).map(({ id }) => id));
  // A set that grows while it is walked is walked to its new end.
  for (const id of linked) {
    for (const { pkg, dep_kinds } of nodes.get(id).deps) {
      const macros = byId.get(pkg).targets.some(({ kind }) => kind.includes("proc-macro"));
      if (!macros && dep_kinds.some(({ kind }) => kind === null)) linked.add(pkg);
    }
  }
  return [...linked]
    .map((id) => byId.get(id))
    .filter(({ source }) => source !== null)
    .map((crate) => ({ ...crate, folder: dirname(crate.manifest_path) }));
}

/** What the window is built from. */
function modules() {
  const { dependencies } = JSON.parse(readFileSync("ui/package.json", "utf8"));
  const wanted = new Set([...Object.keys(dependencies), ...COMPILED_IN]);
  const found = [];
  for (const name of wanted) {
    const folder = join("ui/node_modules", name);
    // An optional one that was not installed.
    if (!existsSync(folder)) continue;
    const {
      version,
      license,
      dependencies = {},
    } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    found.push({ name, version, license, folder });
    for (const further of Object.keys(dependencies)) wanted.add(further);
  }
  return found;
}

/** The licences that a package brings, or words that say which one it names. */
function texts({ folder, license, authors = [] }) {
  const files = readdirSync(folder).filter(
    (file) => LICENCE.test(file) && statSync(join(folder, file)).isFile(),
  );
  if (files.length > 0) return files.sort().map((file) => readFileSync(join(folder, file), "utf8").trim());
  const from = authors.length > 0 ? ` Its authors: ${authors.join(", ")}.` : "";
  return [`Brings no text of its licence, and names it: ${license}.${from}`];
}

const under = new Map();
for (const part of [...crates(), ...modules()]) {
  for (const text of texts(part)) {
    // Copies of one licence differ in their line breaks only.
    const key = text.replace(/\s+/g, " ");
    const same = under.get(key) ?? { text, parts: new Set() };
    under.set(key, same);
    same.parts.add(`${part.name} ${part.version}${part.license ? ` (${part.license})` : ""}`);
  }
}
const sections = [...under.values()].map(({ text, parts }) => `${[...parts].sort().join("\n")}\n\n${text}\n`);
console.log("Spillway is made with the work of others, under the licences below.\n");
console.log(sections.sort().join(`\n${"-".repeat(100)}\n\n`));
