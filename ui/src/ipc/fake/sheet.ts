/** Sheets of the fake back end. */
import type {
  FileFacts,
  Finding,
  Look,
  Money,
  Offer,
  Pick,
  Rehearsal,
  Sheet,
  SheetFile,
  Terms,
} from "../bindings";
import { offers, routed, type Work } from "./engines";
import { submit, world } from "./queue";
import { emit } from "./wire";
import { failed } from "./world";

const FOLDER = "/media/masters/inbox";
interface Sort {
  name: string;
  bytes: number;
  seconds: number;
  facts?: Partial<FileFacts["picture"] & object>;
  trouble?: "look" | "variable";
}
const SORTS: Sort[] = [
  { name: "Northlight_E06_Master_UHD.mov", bytes: 148_402_118_656, seconds: 1_326 },
  {
    name: "Harbour Stories 14 – Final.mov",
    bytes: 22_118_656_004,
    seconds: 702,
    facts: { width: 1920, height: 1080 },
  },
  {
    name: "Interview_phone_IMG_2291.mp4",
    bytes: 912_118_656,
    seconds: 245,
    facts: { codec: "h264", width: 1280, height: 720, frame_rate: null, bit_depth: 8 },
    trouble: "variable",
  },
  { name: "Coastline_Doc_rev2.mov", bytes: 8_912_445_112, seconds: 0, trouble: "look" },
  { name: "夜航船 第四集 终版.mov", bytes: 96_402_118_656, seconds: 2_480 },
];

/** All open sheets by number. */
const sheets = new Map<number, { sheet: Sheet; sorts: Map<number, Sort> }>();
let number = 0;

const gone = { kind: "no-such-sheet", message: "This sheet is gone.", failure: null };
const open = (id: number) => {
  const found = sheets.get(id);
  if (!found) throw gone;
  return found;
};
const fileOf = (id: number, file: number): { file: SheetFile; sort: Sort } => {
  const { sheet, sorts } = open(id);
  const found = sheet.files.find((one) => one.id === file);
  const sort = sorts.get(file);
  if (!found || !sort) throw gone;
  return { file: found, sort };
};

/** Puts files on a sheet and shows it. */
export function fill(
  into: number | null,
  sorts: Sort[],
  leftOut: Sheet["left_out"],
  profiles: string[] = [],
) {
  const id = into ?? ++number;
  const known = sheets.get(id) ?? {
    sheet: { id, files: [], left_out: [], profiles, out_dir: "/media/deliveries/november" },
    sorts: new Map<number, Sort>(),
  };
  for (const sort of sorts) {
    const file = { id: known.sorts.size, name: sort.name, folder: FOLDER, bytes: sort.bytes };
    known.sorts.set(file.id, sort);
    known.sheet.files.push(file);
  }
  known.sheet.left_out.push(...leftOut);
  sheets.set(id, known);
  emit({ type: "sheet", sheet: known.sheet });
}

function facts(sort: Sort): FileFacts {
  const rate = 25;
  return {
    format: "mov,mp4,m4a,3gp,3g2,mj2",
    bytes: sort.bytes,
    duration_ms: sort.seconds * 1000,
    picture: {
      codec: "prores",
      width: 3840,
      height: 2160,
      frame_rate: rate,
      frames: sort.seconds * rate,
      bit_depth: 10,
      hdr: false,
      interlaced: false,
      captions: false,
      ...sort.facts,
    },
    sound: [
      { codec: "pcm_s24le", channels: 2, layout: "stereo", sample_rate: 48_000, language: "eng" },
      { codec: "pcm_s24le", channels: 6, layout: "5.1(side)", sample_rate: 48_000, language: "eng" },
    ],
    timecode: sort.trouble ? null : "10:00:00:00",
    notes: [],
  };
}

const VARIABLE: Finding = {
  verdict: "warn",
  id: "variable-frame-rate",
  text: "Its frames are not evenly spaced (29.412 per second on average).",
  advice: "Deliver a source with a constant frame rate.",
  values: { rate: "29.412" },
};
const STOPPED: Finding = { ...VARIABLE, verdict: "stop" };
const SMALL: Finding = {
  verdict: "warn",
  id: "smaller-than-output",
  text: "The source is 1280 × 720, smaller than the 1920 × 1080 asked for; it is not enlarged.",
  advice: "Deliver the largest master there is.",
  values: { width: "1280", height: "720", wanted_width: "1920", wanted_height: "1080" },
};
const COPIED: Finding = {
  verdict: "pass",
  id: "audio-copied",
  text: "Output main: audio stereo is copied, not re-encoded.",
  advice: "",
  values: { output: "main", track: "stereo" },
};

const WEIGHTS: Record<string, number> = {
  "apple-hls": 3,
  "prores-mezzanine": 1,
  "hevc-archive": 6,
  "proxy-edit": 0.4,
};

const workOf = (profile: string, sort: Sort): Work => ({
  profile,
  seconds: sort.seconds,
  uhd: (sort.facts?.width ?? 3840) > 1920,
  variable: sort.trouble === "variable",
  localMs: Math.round(sort.seconds * (WEIGHTS[profile] ?? 1.5) * 300),
});

function offer(profile: string, sort: Sort): Offer {
  const work = workOf(profile, sort);
  const { variable } = work;
  const stops = variable && profile === "prores-mezzanine";
  const findings = [COPIED];
  if (stops) findings.push(STOPPED);
  else if (variable) findings.push(VARIABLE, ...(profile === "apple-hls" ? [SMALL] : []));
  return {
    profile,
    verdict: stops ? "stop" : variable ? "warn" : "pass",
    findings,
    failure: stops
      ? failed(`${FOLDER}/${sort.name}`, {
          code: "PRE-01",
          what: `\u201c${sort.name}\u201d was not accepted: the profile refuses it.`,
          why: "Its frame times are not evenly spaced.",
          next: "Mend the source as the findings say, then deliver it again.",
        })
      : null,
    segments: Math.ceil(sort.seconds / 12),
    bytes_needed: Math.round(work.localMs * 8_000),
    work_ms: stops ? null : work.localMs,
    measured: profile !== "hevc-archive",
    engines: stops ? [] : offers(work),
  };
}

const ALL = [
  "apple-hls",
  "hevc-archive",
  "prores-mezzanine",
  "proxy-edit",
  "web-mp4",
  "youtube",
  "client-review",
];
const answer = <T>(value: T, ms: number) => new Promise<T>((resolve) => setTimeout(() => resolve(value), ms));

function rehearse(sheet: number, picks: Pick[], terms: Terms): Rehearsal {
  let at = world.now + 20 * 60_000;
  let needed = 0;
  const cost: Money = { low_microusd: 0, high_microusd: 0 };
  let last: number | null = null;
  const jobs = picks.flatMap(({ file, profiles }) => {
    const { file: found, sort } = fileOf(sheet, file);
    return profiles.map((profile) => {
      const made = offer(profile, sort);
      const name = found.name.replace(/\.[^.]+$/, "").replaceAll(" ", "_");
      const numbered = found.name.startsWith("Harbour");
      const route = made.failure
        ? null
        : routed(workOf(profile, sort), terms.engine, terms.deadline_ms, at + (made.work_ms ?? 0), world.now);
      const engine = made.engines.find((one) => one.engine === route?.engine);
      const refusal = made.engines.find((one) => one.engine === "cloud")?.against;
      const failure =
        made.failure ??
        (route === null
          ? failed(`${found.folder}/${found.name}`, {
              code: "PRE-02",
              why: refusal?.text ?? "",
              next: "Choose another engine.",
            })
          : null);
      if (engine?.engine === "local") at += engine.work_ms ?? 0;
      const finish = failure ? null : engine?.engine === "cloud" ? world.now + (engine.work_ms ?? 0) : at;
      if (finish !== null) last = Math.max(last ?? 0, finish);
      needed += made.bytes_needed;
      cost.low_microusd += engine?.cost?.low_microusd ?? 0;
      cost.high_microusd += engine?.cost?.high_microusd ?? 0;
      const path = `${open(sheet).sheet.out_dir ?? found.folder}/${name}_${profile}${numbered ? "_2" : ""}.mp4`;
      return {
        source: `${found.folder}/${found.name}`,
        profile,
        outputs: failure ? [] : [{ output: "main", path, numbered }],
        failure,
        finish_ms: finish,
        route,
        cost: engine?.cost ?? null,
      };
    });
  });
  return { jobs, bytes_needed: needed, bytes_free: 68_000_000_000, finish_ms: last, cost };
}

// oxlint-disable-next-line no-explicit-any
export const handlers: Record<string, (args: any) => unknown> = {
  choose_files({ sheet }: { sheet: number | null }) {
    fill(sheet, SORTS.slice(0, 3), []);
    return null;
  },
  choose_folder({ sheet }: { sheet: number | null }) {
    fill(sheet, SORTS, [
      { path: `${FOLDER}/._Northlight_E06_Master_UHD.mov`, reason: "temporary" },
      { path: `${FOLDER}/notes.pdf`, reason: "not-media" },
      { path: `${FOLDER}/locked.mov`, reason: "unreadable" },
    ]);
    return null;
  },
  look({ sheet, file }: { sheet: number; file: number }): Promise<Look> {
    const { file: found, sort } = fileOf(sheet, file);
    if (sort.trouble !== "look")
      return answer(
        { facts: facts(sort), offers: ALL.map((profile) => offer(profile, sort)) },
        300 + file * 150,
      );
    const failure = failed(`${found.folder}/${found.name}`, {
      code: "ARR-02",
      what: `\u201c${found.name}\u201d was not delivered: the file is incomplete.`,
      why: "It ends 1.4 GB before the end that its own index names.",
      next: "Copy it again completely.",
      otherwise: "Compare its size with the sender's: this is usually a copy that stopped.",
    });
    return Promise.reject({ kind: "source", message: failure.what, failure });
  },
  rehearse: ({ sheet, picks, terms }: { sheet: number; picks: Pick[]; terms: Terms }) =>
    answer(rehearse(sheet, picks, terms), 120),
  choose_out_dir({ sheet }: { sheet: number }) {
    open(sheet).sheet.out_dir = "/media/deliveries/december";
    return "/media/deliveries/december";
  },
  clear_out_dir({ sheet }: { sheet: number }) {
    open(sheet).sheet.out_dir = null;
    return null;
  },
  start({ sheet, picks, terms }: { sheet: number; picks: Pick[]; terms: Terms }) {
    const ids = picks.flatMap(({ file, profiles }) => {
      const { file: found, sort } = fileOf(sheet, file);
      return profiles.map((profile) => {
        const localEnd = world.now + workOf(profile, sort).localMs;
        const route = routed(workOf(profile, sort), terms.engine, terms.deadline_ms, localEnd, world.now);
        return submit(`${found.folder}/${found.name}`, profile, sort.seconds / 60, {
          wish: terms.engine,
          route,
          deadline_ms: terms.deadline_ms,
        });
      });
    });
    sheets.delete(sheet);
    return ids;
  },
  close_sheet({ sheet }: { sheet: number }) {
    sheets.delete(sheet);
    return null;
  },
};
