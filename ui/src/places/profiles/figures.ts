// Figures of profiles in words.
import { locale, m } from "$/i18n";
import type { Check, RateControl } from "$/ipc";
import { bytes, duration, number } from "$/format";

export const kbps = (value: number) =>
  value >= 10_000 ? `${number(value / 1000)} Mbit/s` : `${number(value)} kbit/s`;

/** How people write what FFmpeg calls otherwise. */
const NAMES: Record<string, string> = {
  mp4: "MP4",
  mov: "MOV",
  hls: "HLS",
  h264: "H.264",
  hevc: "HEVC",
  prores: "ProRes",
  aac: "AAC",
  pcm_s16le: "PCM 16-bit",
  pcm_s24le: "PCM 24-bit",
};

/** `a, b or c`. */
export function anyOf(values: readonly (string | number)[]): string {
  const words = values.map((value) => (typeof value === "number" ? number(value) : (NAMES[value] ?? value)));
  return new Intl.ListFormat(locale.current, { type: "disjunction" }).format(words);
}

/** A least and a most; `null` where there is neither. */
export function limits(
  min: number | null | undefined,
  max: number | null | undefined,
  say: (value: number) => string,
): string | null {
  const [least, most] = [min ?? null, max ?? null];
  if (least !== null && most !== null) return m.profiles_between({ from: say(least), to: say(most) });
  if (least !== null) return m.profiles_at_least({ value: say(least) });
  return most === null ? null : m.profiles_at_most({ value: say(most) });
}

/** In the middle of an English sentence. */
const inside = (text: string | null) =>
  text ? text.charAt(0).toLowerCase() + text.slice(1) : m.profiles_any();

const value = (n: number | null) => ({ value: n === null ? "?" : number(n) });

export const fps = (n: number) => m.profiles_frames_per_second({ value: number(n) });

/** What a rule asks for. */
export function checkWords(check: Check): string {
  switch (check.kind) {
    case "container":
      return m.profiles_check_container({ list: anyOf(check.any_of) });
    case "moov-first":
      return m.profiles_check_moov_first();
    case "no-edit-list":
      return m.profiles_check_no_edit_list();
    case "video-codec":
      return m.profiles_check_video_codec({ list: anyOf(check.any_of) });
    case "video-profile":
      return m.profiles_check_video_profile({ list: anyOf(check.any_of) });
    case "max-level":
      return m.profiles_check_max_level({ value: check.value });
    case "codec-tag":
      return m.profiles_check_codec_tag({ list: anyOf(check.any_of) });
    case "pixel-format":
      return m.profiles_check_pixel_format({ list: anyOf(check.any_of) });
    case "max-size":
      return m.profiles_check_max_size({ width: String(check.width), height: String(check.height) });
    case "progressive":
      return m.profiles_check_progressive();
    case "square-pixels":
      return m.profiles_check_square_pixels();
    case "no-rotation":
      return m.profiles_check_no_rotation();
    case "constant-frame-rate":
      return m.profiles_check_constant_frame_rate();
    case "frame-rate":
      return m.profiles_check_frame_rate({ range: inside(limits(check.min, check.max, fps)) });
    case "max-gop-seconds":
      return m.profiles_check_max_gop_seconds(value(check.value));
    case "max-gop-rate-fraction":
      return m.profiles_check_max_gop_rate_fraction(value(check.value));
    case "closed-gop":
      return m.profiles_check_closed_gop();
    case "max-b-frames":
      return m.profiles_check_max_b_frames(value(check.value));
    case "video-bit-rate":
      return m.profiles_check_video_bit_rate({ range: inside(limits(check.min_kbps, check.max_kbps, kbps)) });
    case "color-tagged":
      return m.profiles_check_color_tagged();
    case "bt709":
      return m.profiles_check_bt709();
    case "has-audio":
      return m.profiles_check_has_audio();
    case "audio-codec":
      return m.profiles_check_audio_codec({ list: anyOf(check.any_of) });
    case "audio-sample-rate":
      return m.profiles_check_audio_sample_rate({ list: anyOf(check.any_of) });
    case "audio-channels":
      return m.profiles_check_audio_channels({ list: anyOf(check.any_of) });
    case "loudness":
      return m.profiles_check_loudness({
        target: value(check.target_lufs).value,
        tolerance: value(check.tolerance_lu).value,
        peak: value(check.true_peak_dbtp).value,
      });
    case "has-timecode":
      return m.profiles_check_has_timecode();
    case "max-duration":
      return m.profiles_check_max_duration({ value: duration((check.seconds ?? 0) * 1000) });
    case "max-bytes":
      return m.profiles_check_max_bytes({ value: bytes(check.value) });
    case "min-rungs":
      return m.profiles_check_min_rungs(value(check.value));
    case "aligned-keyframes":
      return m.profiles_check_aligned_keyframes();
    case "max-segment-seconds":
      return m.profiles_check_max_segment_seconds(value(check.value));
    case "peak-to-average":
      return m.profiles_check_peak_to_average(value(check.value));
    case "has-i-frame-playlists":
      return m.profiles_check_has_i_frame_playlists();
  }
}

/** How bits are spent. */
export function rateWords(rate: RateControl): string {
  switch (rate.mode) {
    case "crf":
      return m.profiles_rate_crf({ crf: value(rate.crf).value });
    case "capped-crf":
      return m.profiles_rate_capped_crf({
        crf: value(rate.crf).value,
        max: kbps(rate.max_kbps),
        buffer: `${number(rate.buffer_kbit)} kbit`,
      });
    case "codec":
      return m.profiles_rate_codec();
  }
}

const EXTENSIONS = { mp4: ".mp4", mov: ".mov", hls: "/" } as const;

/** A name as its template would make it. */
export function exampleName(
  template: string,
  parts: { profile: string; partner: string; output: string; container: keyof typeof EXTENSIONS },
): string {
  const tokens: Record<string, string> = {
    title: "Northern Lights S01E04",
    profile: parts.profile,
    partner: parts.partner,
    output: parts.output,
    date: "2026-11-22",
    job: "3f9c2a",
  };
  const filled = template.replace(/\{\{|\}\}|\{(\w+)\}/g, (whole, token: string | undefined) =>
    token === undefined ? whole.charAt(0) : (tokens[token] ?? whole),
  );
  return filled + EXTENSIONS[parts.container];
}
