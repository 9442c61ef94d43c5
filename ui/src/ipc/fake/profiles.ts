// The shipped profiles, one that was changed, one of the user's own, and one that is broken.
import type {
  ImportedTemplate,
  Profile,
  ProfileCard,
  ProfileCheck,
  ProfileError,
  ProfilePage,
  Unsupported,
} from "$/ipc/bindings";

import appleHlsText from "../../../../profiles/apple-hls.toml?raw";
import hevcArchiveText from "../../../../profiles/hevc-archive.toml?raw";
import proresText from "../../../../profiles/prores-mezzanine.toml?raw";
import proxyText from "../../../../profiles/proxy-edit.toml?raw";
import webText from "../../../../profiles/web-mp4.toml?raw";
import youtubeText from "../../../../profiles/youtube.toml?raw";

import appleHls from "./profiles/apple-hls.json";
import hevcArchive from "./profiles/hevc-archive.json";
import prores from "./profiles/prores-mezzanine.json";
import proxy from "./profiles/proxy-edit.json";
import web from "./profiles/web-mp4.json";
import youtube from "./profiles/youtube.json";

interface Shipped {
  text: string;
  profile: Profile;
}

const shipped = new Map<string, Shipped>(
  [
    [appleHlsText, appleHls],
    [hevcArchiveText, hevcArchive],
    [proresText, prores],
    [proxyText, proxy],
    [webText, web],
    [youtubeText, youtube],
  ].map(([text, profile]) => [
    (profile as Profile).id,
    { text: text as string, profile: profile as Profile },
  ]),
);

const KEYS = [
  ..."id version partner title description sources engine accept output rule may_lose".split(" "),
  ..."delivery retry budget mediaconvert".split(" "),
];

const BROKEN = `id = "late-edition"
version = 1
partnr = "Late Edition"
title = "Late Edition, house format

[[output]]
`;

const OWN = webText
  .replace('id = "web-mp4"', 'id = "client-review"')
  .replace('partner = "Web"', 'partner = "Harbour Films"')
  .replace(/^title = .*$/m, 'title = "Client review, small H.264"')
  .replace("crf = 20", "crf = 26");

const own = new Map<string, string>([
  ["client-review", OWN],
  ["youtube", youtubeText.replace("crf = 17", "crf = 15").replace("version = 1", "version = 2")],
  ["late-edition", BROKEN],
]);

/** The value of a key before the first table. */
function top(text: string, key: string): string | undefined {
  const head = text.split(/^\[/m)[0] ?? "";
  return new RegExp(`^${key}\\s*=\\s*"?([^"\\n]*)"?`, "m").exec(head)?.[1];
}

function wordAt(line: string, from: number): string {
  return /[\w.-]*/.exec(line.slice(from))?.[0] ?? "";
}

function problems(text: string): ProfileError[] {
  const found: ProfileError[] = [];
  let table = "";
  let quoted = false;
  text.split("\n").forEach((line, n) => {
    const at = (column: number, message: string, suggestion: string | null = null) =>
      found.push({ line: n + 1, column, message, suggestion });
    const fences = line.split('"""').length - 1;
    if (quoted || fences > 0) {
      if (fences % 2 === 1) quoted = !quoted;
      return;
    }
    const code = line.replace(/#[^"]*$/, "");
    if (/^\s*\[/.test(code)) table = code.trim();
    if ((code.split('"').length - 1) % 2 === 1) at(code.indexOf('"') + 1, "the text has no closing quote");
    const key = wordAt(line, 0);
    if (table === "" && key && /^[\w-]+\s*=/.test(line) && !KEYS.includes(key)) {
      const near = KEYS.find((known) => known.slice(0, 4) === key.slice(0, 4));
      at(1, `unknown key "${key}"`, near ? `did you mean "${near}"?` : null);
    }
    const crf = /crf = (\d+)/.exec(code);
    if (crf && Number(crf[1]) > 51) {
      at(crf.index + 7, `the rate factor is ${crf[1]}`, "use a value from 0 to 51");
    }
  });
  for (const key of ["id", "version", "partner", "title"]) {
    if (top(text, key) === undefined) {
      found.push({ line: 1, column: 1, message: `the profile needs the key "${key}"`, suggestion: null });
    }
  }
  return found.sort((a, b) => a.line - b.line || a.column - b.column);
}

function typed(text: string): Profile {
  const id = top(text, "id") ?? "";
  const base = (shipped.get(id) ?? shipped.get("web-mp4"))?.profile as Profile;
  const profile = structuredClone(base);
  profile.id = id;
  profile.version = Number(top(text, "version") ?? 1);
  profile.partner = top(text, "partner") ?? "";
  profile.title = top(text, "title") ?? "";
  const crf = /rate = \{ mode = "crf", crf = ([\d.]+)/.exec(text)?.[1];
  const rate = profile.output[0]?.video.rate;
  if (crf && rate?.mode === "crf") rate.crf = Number(crf);
  return profile;
}

/** What MediaConvert cannot do of it. */
function cloud(profile: Profile): Unsupported[] {
  if (profile.id !== "hevc-archive") return [];
  return [
    {
      id: "pixel-format",
      of: "main",
      text: "MediaConvert makes no HEVC in yuv422p10le.",
      values: { format: "yuv422p10le", codec: "HEVC" },
    },
  ];
}

function check(text: string): ProfileCheck {
  const found = problems(text);
  const profile = found.length > 0 ? null : typed(text);
  return { problems: found, profile, cloud: profile ? cloud(profile) : [] };
}

function card(id: string): ProfileCard {
  const text = own.get(id);
  const { problems: found, profile } = check(text ?? shipped.get(id)?.text ?? "");
  const full = text === undefined ? (shipped.get(id)?.profile ?? null) : profile;
  return {
    id,
    origin: text === undefined ? "shipped" : shipped.has(id) ? "changed" : "own",
    file: text === undefined ? null : `/home/ana/.local/share/spillway/profiles/${id}.toml`,
    version: full?.version ?? 0,
    partner: full?.partner ?? "",
    title: full?.title ?? "",
    description: full?.description ?? "",
    outputs: (full?.output ?? []).map((output) => ({
      id: output.id,
      container: output.container,
      codec: output.video.codec,
      rungs: output.video.rung?.length ?? 0,
    })),
    problems: text === undefined ? [] : found,
  };
}

function page(id: string): ProfilePage {
  if (!own.has(id) && !shipped.has(id)) {
    throw { kind: "no-such-profile", message: `There is no profile "${id}".`, failure: null };
  }
  const text = own.get(id) ?? shipped.get(id)?.text ?? "";
  const profile = own.has(id) ? check(text).profile : (shipped.get(id)?.profile ?? null);
  const shipped_text = shipped.get(id)?.text ?? null;
  return { card: card(id), profile, text, shipped_text, cloud: profile ? cloud(profile) : [] };
}

const ids = () => [...new Set([...shipped.keys(), ...own.keys()])];

function free(id: string): string {
  let name = `${id}-copy`;
  for (let n = 2; ids().includes(name); n += 1) name = `${id}-copy-${n}`;
  return name;
}

function save({ text, replaces }: { text: string; replaces: string | null }): string {
  const id = top(text, "id") ?? "";
  if (problems(text).length > 0)
    throw { kind: "bad-profile", message: "The profile is not sound.", failure: null };
  if (id !== replaces && ids().includes(id)) {
    throw { kind: "bad-profile", message: `The id "${id}" is taken.`, failure: null };
  }
  if (replaces && replaces !== id) own.delete(replaces);
  own.set(id, text);
  return id;
}

export const handlers: Record<string, (args: any) => unknown> = {
  profiles: () =>
    ids()
      .map(card)
      .sort((a, b) => a.partner.localeCompare(b.partner) || a.id.localeCompare(b.id)),
  profile: ({ id }: { id: string }) => page(id),
  check_profile: ({ text }: { text: string }) => check(text),
  save_profile: save,
  duplicate_profile: ({ id }: { id: string }) => {
    const copy = free(id);
    own.set(copy, page(id).text.replace(/^id = .*$/m, `id = "${copy}"`));
    return copy;
  },
  remove_profile: ({ id }: { id: string }) => {
    own.delete(id);
    return null;
  },
  export_profile: () => true,
  import_profile: () => {
    const copy = free("web-mp4");
    own.set(copy, webText.replace(/^id = .*$/m, `id = "${copy}"`));
    return copy;
  },
  import_template: (): ImportedTemplate => {
    const id = free("northlight-house");
    const made = webText.replace(/^id = .*$/m, `id = "${id}"`);
    own.set(id, made.replace(/^partner = .*$/m, 'partner = "Northlight TV"'));
    return {
      id,
      unmapped: [
        {
          path: "/outputGroups/0/outputs/0/videoDescription/videoPreprocessors/noiseReducer",
          value: '{"filter":"TEMPORAL","temporalFilterSettings":{"strength":4}}',
          why: "Profiles have no noise reduction.",
        },
        {
          path: "/outputGroups/0/outputs/0/videoDescription/afdSignaling",
          value: '"AUTO"',
          why: "Profiles do not say how active format is signalled.",
        },
        {
          path: "/outputGroups/1",
          value: '{"name":"Thumbnails","outputGroupSettings":{"type":"FILE_GROUP_SETTINGS"}}',
          why: "Still pictures are not an output of a profile.",
        },
      ],
    };
  },
};
