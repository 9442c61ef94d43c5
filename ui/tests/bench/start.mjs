// How long Spillway's window takes to be usable, next to a window with nothing in it: started in turn under a
// display of its own. Then memory and processor time of each at rest.
//
//   node ui/tests/bench/start.mjs [--runs N] [--idle SECONDS] [BARE SPILLWAY]
//
// Without programs: those of `make bench-window`, built for release, or else for development.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

const ROOT = resolve(import.meta.dirname, "../../..");
/** A start that takes longer has gone wrong, ms. */
const PATIENCE = 60_000;
/** Ticks of the kernel's clock in a second. */
const TICKS = 100;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: "string", default: "9" }, idle: { type: "string", default: "20" } },
});
const [runs, idle] = [Number(values.runs), Number(values.idle)];

/** Both built alike, or the comparison says nothing. */
function built() {
  const target = process.env.CARGO_TARGET_DIR ?? join(ROOT, "target");
  const pairs = ["release", "debug"].map((kind) =>
    ["examples/bare", "spillway-desktop"].map((name) => join(target, kind, name)),
  );
  const found = pairs.find((pair) => pair.every((path) => existsSync(path)));
  if (!found) throw new Error(`The programs are not in ${target}: run make bench-window.`);
  return found;
}

if (positionals.length !== 0 && positionals.length !== 2) throw new Error("Give both programs, or none.");
const [bare, spillway] = positionals.length === 2 ? positionals : built();

const folder = mkdtempSync(join(tmpdir(), "spillway-start-"));
const made = (name) => {
  mkdirSync(join(folder, name), { recursive: true });
  return join(folder, name);
};

const programs = [
  { name: "bare", path: bare, args: [made("bare")], says: /^usable$/ },
  {
    name: "spillway",
    path: spillway,
    args: ["-v", "--data-dir", made("data")],
    says: /window usable/,
  },
];

async function display() {
  const server = spawn("Xvfb", ["-displayfd", "3", "-screen", "0", "1600x1000x24", "-nolisten", "tcp"], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  const [number] = await once(server.stdio[3], "data");
  return { server, name: `:${number.toString().trim()}` };
}

const environment = (display) => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("SPILLWAY_"))),
  DISPLAY: display,
  HOME: made("home"),
  XDG_DATA_HOME: made("home/data"),
  XDG_CONFIG_HOME: made("home/config"),
  XDG_CACHE_HOME: made("home/cache"),
  XDG_RUNTIME_DIR: made("home/run"),
  NO_AT_BRIDGE: "1",
  // No session bus: one would start services that are no part of this.
  DBUS_SESSION_BUS_ADDRESS: "disabled:",
});

/** Starts a program; how long it took to be usable, ms. */
async function start({ name, path, args, says }, env) {
  const begin = performance.now();
  const child = spawn(path, args, { env, stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(child, "exit");
  const tail = [];
  const usable = new Promise((found, lost) => {
    const late = setTimeout(
      () => lost(new Error(`${name} was not usable in time:\n${tail.join("\n")}`)),
      PATIENCE,
    );
    createInterface(child.stderr).on("line", (line) => {
      // eslint-disable-next-line no-control-regex
      const text = line.replaceAll(/\u001b\[[\d;]*m/g, "");
      tail.push(text);
      if (!says.test(text)) return;
      clearTimeout(late);
      found(performance.now() - begin);
    });
    void ended.then(([code]) => lost(new Error(`${name} ended with ${code}:\n${tail.join("\n")}`)));
  });
  usable.catch(() => {});
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
    const slow = setTimeout(() => child.kill("SIGKILL"), 15_000);
    await ended;
    clearTimeout(slow);
  };
  try {
    return { pid: child.pid, ms: await usable, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A process and everything it started. */
function family(pid) {
  try {
    const lists = readdirSync(`/proc/${pid}/task`).map((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8"),
    );
    const children = lists.join(" ").split(" ").filter(Boolean);
    return [pid, ...children.flatMap((child) => family(Number(child)))];
  } catch {
    return [];
  }
}

/** Memory of its own and its share of what is common, MB. */
function pss(pids) {
  const of = (pid) =>
    Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? 0);
  return pids.reduce((sum, pid) => sum + of(pid), 0) / 1024;
}

/** Processor time so far, seconds. */
function busy(pids) {
  const of = (pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS;
  };
  return pids.reduce((sum, pid) => sum + of(pid), 0);
}

const wait = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));
const middle = (list) => list.toSorted((a, b) => a - b)[Math.floor((list.length - 1) / 2)];

const screen = await display();
try {
  const env = environment(screen.name);
  const times = new Map(programs.map(({ name }) => [name, []]));
  console.log(`${cpus().length} cores, load ${loadavg()[0].toFixed(1)}`);
  for (const { name, path } of programs) console.log(`${name}: ${path}`);
  // The first start of each fills caches, and does not count.
  for (let run = 0; run <= runs; run++) {
    for (const program of programs) {
      const { ms, stop } = await start(program, env);
      await stop();
      if (run > 0) times.get(program.name).push(ms);
    }
  }
  for (const [name, list] of times) {
    const [least, most] = [Math.min(...list), Math.max(...list)];
    console.log(
      `${name}: usable after ${middle(list).toFixed(0)} ms (${least.toFixed(0)} to ${most.toFixed(0)}, n = ${list.length})`,
    );
  }
  const [least, own] = programs.map(({ name }) => middle(times.get(name)));
  console.log(`ratio: ${(own / least).toFixed(2)}`);
  for (const program of programs) {
    const { pid, stop } = await start(program, env);
    // What follows the first picture is over by then.
    await wait(5);
    const [pids, before] = [family(pid), busy(family(pid))];
    await wait(idle);
    const share = ((busy(pids) - before) / idle) * 100;
    console.log(
      `${program.name}: ${pss(pids).toFixed(0)} MB in ${pids.length} processes, ${share.toFixed(1)} % of a core at rest`,
    );
    await stop();
  }
  console.log(`load ${loadavg()[0].toFixed(1)}`);
} finally {
  screen.server.kill("SIGTERM");
  rmSync(folder, { recursive: true, force: true });
}
