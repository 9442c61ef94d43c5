// A home for one test: data folder, masters, deliveries; gone afterwards, kept when something failed.
import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../../../..");
export const TARGET = process.env["CARGO_TARGET_DIR"] ?? join(root, "target");

export const APP = process.env["SPILLWAY_APP"] ?? join(TARGET, "debug/spillway-desktop");
export const CLI = process.env["SPILLWAY_CLI"] ?? join(TARGET, "debug/spillway");

export interface JobRow {
  id: string;
  state: string;
  wish: string;
  profile: string;
  source: string;
  outputs: { path: string; frames: number; bytes: number }[];
  error: { code: string } | null;
}

export interface Step {
  ord: number;
  kind: string;
  state: string;
  attempt: number;
  attempts: { number: number; outcome: string }[];
}

export interface JobDetail {
  job: JobRow & { started_ms: number; out_dir: string };
  steps: Step[];
  events: {
    seq: number;
    body: { event: string; state?: string; wish?: string; kept?: number; interrupted?: number };
  }[];
}

/** What a place may have otherwise than others. */
export interface Extras {
  /** Worker processes at a time. */
  workers?: number;
  /** A session bus of its own: two starts of the window then know of each other. */
  bus?: boolean;
  /** Variables that its processes have besides. */
  variables?: Record<string, string>;
}

export class Place {
  private readonly bus: ChildProcess | null;
  private busAddress = "disabled:";
  readonly folder: string;
  readonly data: string;
  readonly masters: string;
  readonly out: string;

  constructor(
    name: string,
    private readonly extras: Extras = {},
  ) {
    // Blanks, umlauts and signs that shells and addresses trip over belong to every test.
    this.folder = mkdtempSync(join(tmpdir(), `spillway ${name} ü%#-`));
    this.data = this.made("data");
    this.masters = this.made("masters – new");
    this.out = this.made("deliveries");
    this.made("home");
    this.bus = extras.bus ? this.ownBus() : null;
  }

  /** Variables that keep a process inside this place. */
  get variables(): NodeJS.ProcessEnv {
    const home = join(this.folder, "home");
    const kept = Object.entries(process.env).filter(([name]) => !/^(SPILLWAY|AWS)_/.test(name));
    return {
      ...Object.fromEntries(kept),
      HOME: home,
      XDG_DATA_HOME: join(home, "data"),
      XDG_CONFIG_HOME: join(home, "config"),
      XDG_CACHE_HOME: join(home, "cache"),
      XDG_RUNTIME_DIR: this.made("home/run"),
      LANG: "C.UTF-8",
      LANGUAGE: "en",
      NO_AT_BRIDGE: "1",
      // A session bus would start portals, and make two tests' windows one instance.
      DBUS_SESSION_BUS_ADDRESS: this.busAddress,
      SPILLWAY_WORKERS: String(this.extras.workers ?? 2),
      ...this.extras.variables,
    };
  }

  /** A master of moving picture and a tone. */
  master(name: string, seconds: number, size = "640x360"): string {
    const path = join(this.masters, name);
    const options = [
      ["-nostdin", "-loglevel", "error", "-y"],
      ["-f", "lavfi", "-i", `testsrc2=size=${size}:rate=25:duration=${seconds}`],
      ["-f", "lavfi", "-i", `sine=frequency=440:sample_rate=48000:duration=${seconds}`],
      ["-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-bf", "0", "-pix_fmt", "yuv420p"],
      ["-c:a", "pcm_s16le", "-shortest", path],
    ];
    execFileSync("ffmpeg", options.flat());
    return path;
  }

  /** The command line on the same data folder. */
  cli(...args: string[]): string {
    return this.cliEnding([0], ...args);
  }

  private cliEnding(codes: number[], ...args: string[]): string {
    const done = spawnSync(CLI, ["--data-dir", this.data, ...args], {
      env: this.variables,
      encoding: "utf8",
    });
    if (done.status === null || !codes.includes(done.status))
      throw new Error(`spillway ${args.join(" ")}: ${done.status}\n${done.stderr}`);
    return done.stdout;
  }

  /** Puts masters into the queue from the command line; returns their jobs in that order. */
  submit(masters: string[], profile = "web-mp4"): string[] {
    const known = new Set(this.jobs().map((job) => job.id));
    // Exit code 1: a master was refused, and its job has failed.
    this.cliEnding([0, 1], "submit", ...masters, "-p", profile, "-o", this.out);
    const made = this.jobs().filter((job) => !known.has(job.id));
    return masters.map((master) => {
      const job = made.find((one) => one.source === master);
      if (!job) throw new Error(`There is no job of ${master}.`);
      return job.id;
    });
  }

  /** The command line as a process of its own. */
  start(...args: string[]): ChildProcess {
    return spawn(CLI, ["--data-dir", this.data, ...args], { env: this.variables, stdio: "pipe" });
  }

  jobs(): JobRow[] {
    return (JSON.parse(this.cli("jobs", "--json")) as { jobs: JobRow[] }).jobs;
  }

  job(id: string): JobDetail {
    return JSON.parse(this.cli("job", id, "--json")) as JobDetail;
  }

  /** Files of the output folder, hidden ones too; folders only by what is in them. */
  delivered(): string[] {
    if (!existsSync(this.out)) return [];
    const entries = readdirSync(this.out, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => !entry.isDirectory());
    return files.map((entry) => relative(this.out, join(entry.parentPath, entry.name))).sort();
  }

  /** A copy of the log, when something went wrong. */
  keep(file: string): void {
    const shots = resolve(import.meta.dirname, "../shots");
    mkdirSync(shots, { recursive: true });
    if (existsSync(file)) cpSync(file, join(shots, file.split("/").at(-1) ?? "log"));
  }

  remove(): void {
    this.bus?.kill("SIGTERM");
    // The webview's own processes may write for a moment longer.
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  private ownBus(): ChildProcess {
    const log = join(this.folder, "bus");
    const file = openSync(log, "w");
    const options = ["--session", "--nofork", "--nopidfile", "--print-address=1"];
    const bus = spawn("dbus-daemon", options, { stdio: ["ignore", file, "ignore"] });
    for (const end = Date.now() + 10_000; Date.now() < end && this.busAddress === "disabled:";) {
      const said = /^(unix:.*)\n/.exec(readFileSync(log, "utf8"))?.[1];
      if (said) this.busAddress = said;
    }
    closeSync(file);
    return bus;
  }

  private made(name: string): string {
    const path = join(this.folder, name);
    mkdirSync(path, { recursive: true });
    return path;
  }
}

/** Frames that a file really has. */
export function frames(path: string): number {
  const entries = ["-select_streams", "v:0", "-count_frames", "-show_entries", "stream=nb_read_frames"];
  const text = execFileSync("ffprobe", ["-v", "error", ...entries, "-of", "csv=p=0", path], {
    encoding: "utf8",
  });
  return Number.parseInt(text, 10);
}
