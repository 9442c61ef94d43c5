/** What a sheet says. */
import { duration, number } from "$/format";
import { m } from "$/i18n";
import type { FileFacts } from "$/ipc";
import type { Block, Tally } from "./logic";

const CODECS: Record<string, string> = {
  prores: "ProRes",
  h264: "H.264",
  hevc: "H.265",
  dnxhd: "DNxHD",
  mpeg2video: "MPEG-2",
  av1: "AV1",
  vp9: "VP9",
  ffv1: "FFV1",
  aac: "AAC",
  mp3: "MP3",
  ac3: "AC-3",
  flac: "FLAC",
};

/** FFmpeg's name as people say it. */
export const codecName = (codec: string) =>
  CODECS[codec] ?? (codec.startsWith("pcm_") ? "PCM" : codec.toUpperCase());

/** `ProRes · 3840 × 2160 · 25 fps · 22:06 · PCM stereo + 5.1 · TC 10:00:00:00`. */
export function factsLine(facts: FileFacts): string {
  const parts: string[] = [];
  const { picture, sound } = facts;
  if (picture) {
    parts.push(codecName(picture.codec), `${picture.width} × ${picture.height}`);
    parts.push(
      picture.frame_rate === null
        ? m.sheet_rate_variable()
        : m.sheet_rate({ rate: number(picture.frame_rate) }),
    );
    if (picture.hdr) parts.push("HDR");
    if (picture.interlaced) parts.push(m.sheet_interlaced());
  }
  if (facts.duration_ms !== null) parts.push(duration(facts.duration_ms));
  const first = sound[0];
  if (first) {
    const layouts = sound.map((one) => one.layout.replace(/\(.*\)/, "")).join(" + ");
    parts.push(`${codecName(first.codec)} ${layouts}`);
  } else parts.push(m.sheet_silent());
  if (facts.timecode) parts.push(`TC ${facts.timecode}`);
  return parts.join(" · ");
}

/** `Fits all 5`, `3 fit, 1 with warnings, 1 does not`. */
export function tallyWords(tally: Tally): string {
  const usable = tally.pass + tally.warn + tally.stop;
  if (usable === 0) return tally.waiting > 0 ? m.sheet_tally_waiting() : "";
  const parts: string[] = [];
  if (tally.pass === usable && tally.waiting === 0)
    return usable === 1 ? m.sheet_tally_fits() : m.sheet_tally_all({ count: number(usable) });
  if (usable === 1 && tally.waiting === 0)
    return tally.warn > 0 ? m.sheet_tally_one_warn() : m.sheet_tally_one_stop();
  if (tally.pass > 0) parts.push(m.sheet_tally_pass({ count: number(tally.pass) }));
  if (tally.warn > 0) parts.push(m.sheet_tally_warn({ count: number(tally.warn) }));
  if (tally.stop > 0) parts.push(m.sheet_tally_stop({ count: number(tally.stop) }));
  if (tally.waiting > 0) parts.push(m.sheet_tally_left({ count: number(tally.waiting) }));
  return parts.join(", ");
}

export function blockWords(block: Block): string {
  return {
    "no-files": m.sheet_block_no_files,
    looking: m.sheet_block_looking,
    unusable: m.sheet_block_unusable,
    "no-profile": m.sheet_block_no_profile,
    "none-fits": m.sheet_block_none_fits,
    "engine-refuses": m.sheet_block_engine_refuses,
  }[block]();
}
