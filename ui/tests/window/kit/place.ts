// A home for one test: data folder, masters, deliveries; gone afterwards, kept when something failed.
import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../../../..");
const target = process.env["CARGO_TARGET_DIR"] ?? join(root, "target");

export const APP = process.env["SPILLWAY_APP"] ?? join(target, "debug/spillway-desktop");
export const CLI = process.env["SPILLWAY_CLI"] ?? join(target, "debug/spillway");

export interface JobRow {
  id: string;
  state: string;
  wish: string;
  profile: string;
  source: string;
  outputs: { path: string; frames: number; bytes: number }[];
  error: { code: string } | null;
}

export class Place {
  readonly folder: string;
  readonly data: string;
  readonly masters: string;
  readonly out: string;

  constructor(name: string) {
    // Blanks, umlauts and signs that shells and addresses trip over belong to every test.
    this.folder = mkdtempSync(join(tmpdir(), `spillway ${name} ü%#-`));
    this.data = this.made("data");
    this.masters = this.made("masters – new");
    this.out = this.made("deliveries");
    this.made("home");
  }

  /** Variables that keep a process inside this place. */
  get variables(): NodeJS.ProcessEnv {
    const home = join(this.folder, "home");
    const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("SPILLWAY_"));
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
      SPILLWAY_WORKERS: "2",
    };
  }

  /** A master of moving picture and a tone. */
  master(name: string, seconds: number, size = "640x360"): string {
    const path = join(this.masters, name);
    execFileSync("ffmpeg", [
      ...["-nostdin", "-loglevel", "error", "-y"],
      ...["-f", "lavfi", "-i", `testsrc2=size=${size}:rate=25:duration=${seconds}`],
      ...["-f", "lavfi", "-i", `sine=frequency=440:sample_rate=48000:duration=${seconds}`],
      ...["-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-bf", "0", "-pix_fmt", "yuv420p"],
      ...["-c:a", "pcm_s16le", "-shortest", path],
    ]);
    return path;
  }

  /** The command line on the same data folder. */
  cli(...args: string[]): string {
    const done = spawnSync(CLI, ["--data-dir", this.data, ...args], {
      env: this.variables,
      encoding: "utf8",
    });
    if (done.status !== 0) throw new Error(`spillway ${args.join(" ")}: ${done.status}\n${done.stderr}`);
    return done.stdout;
  }

  /** The command line as a process of its own. */
  start(...args: string[]): ChildProcess {
    return spawn(CLI, ["--data-dir", this.data, ...args], { env: this.variables, stdio: "pipe" });
  }

  jobs(): JobRow[] {
    return (JSON.parse(this.cli("jobs", "--json")) as { jobs: JobRow[] }).jobs;
  }

  job(id: string): {
    job: JobRow;
    steps: { kind: string; attempts: { outcome: string }[] }[];
    events: unknown[];
  } {
    return JSON.parse(this.cli("job", id, "--json"));
  }

  /** Files of the output folder, hidden ones too. */
  delivered(): string[] {
    return existsSync(this.out) ? readdirSync(this.out).sort() : [];
  }

  /** A copy of the log, when something went wrong. */
  keep(file: string): void {
    const shots = resolve(import.meta.dirname, "../shots");
    mkdirSync(shots, { recursive: true });
    if (existsSync(file)) cpSync(file, join(shots, file.split("/").at(-1) ?? "log"));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
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
