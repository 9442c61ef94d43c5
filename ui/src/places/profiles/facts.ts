// What a profile says, as pairs of a label and words.
import { m } from "$/i18n";
import type { Accept, Audio, Gop, Output, Profile, Retry, Video } from "$/ipc";
import { longDuration, money, number } from "$/format";

import { fps, kbps, limits, rateWords } from "./figures";
import { word } from "./words";

export interface Fact {
  label: string;
  value: string;
  /** Letters of one width: names, codes. */
  code?: boolean;
}

const px = (value: number) => m.profiles_pixels({ value: String(value) });
const seconds = (value: number) => m.profiles_seconds({ value: number(value) });
const fact = (label: string, value: string, code = false): Fact => ({ label, value, code });

export function acceptFacts(accept: Accept): Fact[] {
  const bound = (label: string, value: string | null) => (value === null ? [] : [fact(label, value)]);
  return [
    fact(m.profiles_accept_audio(), word("Need", accept.audio ?? "optional")),
    ...bound(m.profiles_accept_width(), limits(accept.min_width, null, px)),
    ...bound(m.profiles_accept_height(), limits(accept.min_height, null, px)),
    ...bound(m.profiles_accept_duration(), limits(accept.min_duration_s, accept.max_duration_s, seconds)),
    ...bound(m.profiles_accept_frame_rate(), limits(accept.min_frame_rate, accept.max_frame_rate, fps)),
    fact(m.profiles_accept_interlaced(), word("Verdict", accept.interlaced ?? "pass")),
    fact(m.profiles_accept_vfr(), word("Verdict", accept.variable_frame_rate ?? "pass")),
    fact(m.profiles_accept_hdr(), word("Verdict", accept.hdr ?? "pass")),
    fact(m.profiles_accept_smaller(), word("Verdict", accept.smaller_than_output ?? "pass")),
    fact(m.profiles_accept_damaged(), word("Verdict", accept.damaged ?? "warn")),
  ];
}

function sizeWords(video: Video): string {
  if (video.rung?.length) return m.profiles_size_ladder();
  const size = video.size ?? "keep";
  if (size === "keep") return m.profiles_as_source();
  return m.profiles_size_fit({ width: String(size.fit.width), height: String(size.fit.height) });
}

function gopWords(gop: Gop | undefined): string {
  if (gop?.seconds === 0) return m.profiles_gop_all_intra();
  if (gop?.seconds === null || gop?.seconds === undefined) return m.profiles_gop_free();
  const value = number(gop.seconds);
  return gop.fixed ? m.profiles_gop_every({ value }) : m.profiles_gop_within({ value });
}

function bFrameWords(gop: Gop | undefined): string {
  if (gop?.b_frames === 0 || gop?.seconds === 0) return m.profiles_none();
  if (gop?.b_frames === null || gop?.b_frames === undefined) return m.profiles_b_frames_free();
  return m.profiles_b_frames_max({ value: number(gop.b_frames) });
}

function frameRateWords(video: Video): string {
  const mode = word("FrameRateMode", video.frame_rate?.mode ?? "keep");
  const max = video.frame_rate?.max ?? null;
  return max === null ? mode : `${mode}, ${m.profiles_frame_rate_max({ value: number(max) })}`;
}

function passWords(video: Video): string {
  if (!video.pass_through) return m.profiles_pass_through_never();
  const max = video.pass_through.max_kbps ?? null;
  return max === null ? m.profiles_pass_through_any() : m.profiles_pass_through_max({ value: kbps(max) });
}

/** Codec with its profile, level, e.g. `H.264 high 4.1`. */
export function codecWords(video: Pick<Video, "codec" | "profile" | "level">): string {
  return [word("VideoCodec", video.codec), video.profile, video.level].filter(Boolean).join(" ");
}

export function pictureFacts(video: Video, mayLose: readonly string[]): Fact[] {
  const preset = [video.preset, video.tune].filter(Boolean).join(", ");
  return [
    fact(m.profiles_codec(), codecWords(video)),
    fact(m.profiles_size(), sizeWords(video)),
    fact(
      m.profiles_rate(),
      video.rung?.length
        ? m.profiles_rate_ladder()
        : video.rate
          ? rateWords(video.rate)
          : m.profiles_rate_codec(),
    ),
    fact(m.profiles_gop(), gopWords(video.gop)),
    fact(m.profiles_b_frames(), bFrameWords(video.gop)),
    fact(m.profiles_frame_rate(), frameRateWords(video)),
    fact(m.profiles_color(), word("Color", video.color ?? "keep")),
    fact(m.profiles_pixel_format(), video.pixel_format, true),
    ...(preset ? [fact(m.profiles_preset(), preset, true)] : []),
    fact(m.profiles_scan(), word("Scan", video.scan ?? "keep")),
    fact(m.profiles_rotation(), word("Rotation", video.rotation ?? "carry")),
    fact(m.profiles_pixel_aspect(), word("PixelAspect", video.pixel_aspect ?? "keep")),
    fact(
      m.profiles_captions(),
      mayLose.includes("captions") ? m.profiles_captions_lost() : m.profiles_captions_carried(),
    ),
    fact(m.profiles_pass_through(), passWords(video)),
  ];
}

export function audioFacts(audio: Audio): Fact[] {
  const loud = audio.loudness ?? null;
  const say = (value: number | null) => (value === null ? "?" : number(value));
  return [
    fact(m.profiles_codec(), word("AudioCodec", audio.codec)),
    ...(audio.bit_rate_kbps ? [fact(m.profiles_bit_rate(), kbps(audio.bit_rate_kbps))] : []),
    fact(
      m.profiles_sample_rate(),
      audio.sample_rate_hz ? `${number(audio.sample_rate_hz)} Hz` : m.profiles_as_source(),
    ),
    fact(m.profiles_channels(), word("Channels", audio.channels ?? "keep")),
    fact(m.profiles_select(), word("SelectAudio", audio.select ?? "first")),
    fact(m.profiles_fit(), word("AudioFit", audio.fit ?? "keep")),
    fact(
      m.profiles_loudness(),
      loud
        ? m.profiles_loudness_target({
            target: say(loud.target_lufs),
            tolerance: say(loud.tolerance_lu),
            peak: say(loud.true_peak_dbtp),
          })
        : m.profiles_loudness_off(),
    ),
    fact(
      m.profiles_pass_through(),
      audio.pass_through ? m.profiles_pass_through_any() : m.profiles_pass_through_never(),
    ),
  ];
}

export function containerFacts(output: Output): Fact[] {
  const yes = (value: boolean | undefined) => (value ? m.profiles_yes() : m.profiles_no());
  const { hls } = output;
  return [
    fact(m.profiles_container(), word("Container", output.container)),
    fact(m.profiles_name(), output.name, true),
    ...(hls
      ? [
          fact(m.profiles_hls_segments(), seconds(hls.segment_seconds ?? 0)),
          fact(m.profiles_hls_i_frames(), yes(hls.i_frame_playlists)),
        ]
      : [
          fact(m.profiles_fast_start(), yes(output.fast_start)),
          fact(m.profiles_edit_list(), word("EditList", output.edit_list ?? "allow")),
        ]),
    fact(m.profiles_timecode(), word("Timecode", output.timecode ?? "drop")),
  ];
}

function retryWords(retry: Retry): string {
  return m.profiles_retry_text({
    attempts: number(retry.max_attempts ?? 0),
    base: seconds((retry.base_ms ?? 0) / 1000),
    cap: longDuration(retry.cap_ms ?? 0),
  });
}

export function deliveryFacts({ delivery, retry }: Profile): Fact[] {
  const list = delivery?.allowed_characters ?? null;
  return [
    delivery?.folder
      ? fact(m.profiles_folder(), delivery.folder, true)
      : fact(m.profiles_folder(), m.profiles_folder_none()),
    fact(m.profiles_exists(), word("Exists", delivery?.exists ?? "fail")),
    fact(
      m.profiles_characters(),
      list === null
        ? m.profiles_characters_any()
        : m.profiles_characters_some({ list: [...list].join(" ") || m.profiles_none() }),
    ),
    ...(delivery?.ascii_only ? [fact(m.profiles_ascii_only(), m.profiles_yes())] : []),
    fact(
      m.profiles_max_name(),
      m.profiles_max_name_bytes({ value: number(delivery?.max_name_bytes ?? 255) }),
    ),
    ...(retry ? [fact(m.profiles_retry(), retryWords(retry))] : []),
  ];
}

export function engineFacts({ engine, budget }: Profile): Fact[] {
  const limit = (usd: number | null | undefined) =>
    usd === null || usd === undefined ? m.profiles_budget_none() : money(usd * 1e6);
  return [
    fact(m.profiles_engine(), word("EnginePolicy", engine ?? "any")),
    fact(m.profiles_budget_job(), limit(budget?.per_job_usd)),
    fact(m.profiles_budget_month(), limit(budget?.per_month_usd)),
  ];
}

/** How MediaConvert does it; empty where the profile leaves all of it as it is. */
export function mediaConvertFacts({ mediaconvert }: Profile): Fact[] {
  if (!mediaconvert) return [];
  const { template, template_json, queue, priority, quality, tags } = mediaconvert;
  const named = Object.entries(tags ?? {}).map(([name, value]) => `${name} = ${value}`);
  return [
    ...(template ? [fact(m.profiles_mc_template(), template, true)] : []),
    ...(template_json ? [fact(m.profiles_mc_template(), m.profiles_mc_template_own())] : []),
    fact(m.profiles_mc_quality(), word("QualityTuning", quality ?? "single-pass-hq")),
    ...(queue
      ? [fact(m.profiles_mc_queue(), queue, true)]
      : [fact(m.profiles_mc_queue(), m.profiles_mc_queue_settings())]),
    fact(m.profiles_mc_priority(), number(priority ?? 0)),
    ...(named.length > 0 ? [fact(m.profiles_mc_tags(), named.join("\n"), true)] : []),
  ];
}

/** What may stand in braces in names. */
export const nameTokens = (): { token: string; text: string }[] => [
  { token: "{title}", text: m.profiles_token_title() },
  { token: "{profile}", text: m.profiles_token_profile() },
  { token: "{partner}", text: m.profiles_token_partner() },
  { token: "{output}", text: m.profiles_token_output() },
  { token: "{date}", text: m.profiles_token_date() },
  { token: "{job}", text: m.profiles_token_job() },
];
