// Every value that a profile may hold, in words.
import { m } from "$/i18n";
import type {
  AudioCodec,
  AudioFit,
  Channels,
  Color,
  Container,
  EditList,
  EnginePolicy,
  Exists,
  FrameRateMode,
  Loss,
  Need,
  PixelAspect,
  ProfileOrigin,
  QualityTuning,
  Rotation,
  Scan,
  SelectAudio,
  Severity,
  Timecode,
  Verdict,
  VideoCodec,
} from "$/ipc";

type Words<T extends string> = Record<T, () => string>;

const origin: Words<ProfileOrigin> = {
  shipped: m.profiles_origin_shipped,
  changed: m.profiles_origin_changed,
  own: m.profiles_origin_own,
};
const engine: Words<EnginePolicy> = {
  any: m.profiles_engine_any,
  local: m.profiles_engine_local,
  cloud: m.profiles_engine_cloud,
};
const quality: Words<QualityTuning> = {
  "single-pass": m.profiles_quality_single_pass,
  "single-pass-hq": m.profiles_quality_single_pass_hq,
  "multi-pass-hq": m.profiles_quality_multi_pass_hq,
};
const need: Words<Need> = { required: m.profiles_need_required, optional: m.profiles_need_optional };
const verdict: Words<Verdict> = {
  pass: m.profiles_verdict_pass,
  warn: m.profiles_verdict_warn,
  stop: m.profiles_verdict_stop,
};
const container: Words<Container> = {
  mp4: m.profiles_container_mp4,
  mov: m.profiles_container_mov,
  hls: m.profiles_container_hls,
};
const videoCodec: Words<VideoCodec> = {
  h264: m.profiles_video_codec_h264,
  hevc: m.profiles_video_codec_hevc,
  prores: m.profiles_video_codec_prores,
};
const audioCodec: Words<AudioCodec> = {
  aac: m.profiles_audio_codec_aac,
  "pcm-s16le": m.profiles_audio_codec_pcm_s16le,
  "pcm-s24le": m.profiles_audio_codec_pcm_s24le,
};
const frameRate: Words<FrameRateMode> = {
  keep: m.profiles_frame_rate_keep,
  constant: m.profiles_frame_rate_constant,
};
const scan: Words<Scan> = { progressive: m.profiles_scan_progressive, keep: m.profiles_scan_keep };
const rotation: Words<Rotation> = { apply: m.profiles_rotation_apply, carry: m.profiles_rotation_carry };
const pixelAspect: Words<PixelAspect> = {
  square: m.profiles_pixel_aspect_square,
  keep: m.profiles_pixel_aspect_keep,
};
const color: Words<Color> = { sdr: m.profiles_color_sdr, keep: m.profiles_color_keep };
const channels: Words<Channels> = {
  stereo: m.profiles_channels_stereo,
  keep: m.profiles_channels_keep,
  "stereo-or-less": m.profiles_channels_stereo_or_less,
};
const select: Words<SelectAudio> = { first: m.profiles_select_first, all: m.profiles_select_all };
const fit: Words<AudioFit> = { picture: m.profiles_fit_picture, keep: m.profiles_fit_keep };
const editList: Words<EditList> = {
  allow: m.profiles_edit_list_allow,
  forbid: m.profiles_edit_list_forbid,
};
const timecode: Words<Timecode> = {
  carry: m.profiles_timecode_carry,
  always: m.profiles_timecode_always,
  drop: m.profiles_timecode_drop,
};
const severity: Words<Severity> = { warn: m.profiles_severity_warn, fail: m.profiles_severity_fail };
const exists: Words<Exists> = { fail: m.profiles_exists_fail, version: m.profiles_exists_version };
const loss: Words<Loss> = {
  timecode: m.profiles_lose_timecode,
  captions: m.profiles_lose_captions,
  subtitles: m.profiles_lose_subtitles,
  hdr: m.profiles_lose_hdr,
  color: m.profiles_lose_color,
  "audio-channels": m.profiles_lose_audio_channels,
  "audio-streams": m.profiles_lose_audio_streams,
  languages: m.profiles_lose_languages,
  chapters: m.profiles_lose_chapters,
  interlacing: m.profiles_lose_interlacing,
  alpha: m.profiles_lose_alpha,
  precision: m.profiles_lose_precision,
  resolution: m.profiles_lose_resolution,
  "frame-timing": m.profiles_lose_frame_timing,
  data: m.profiles_lose_data,
  "audio-tail": m.profiles_lose_audio_tail,
};

/** Words by the name of the type, and by its value. */
export const WORDS = {
  ProfileOrigin: origin,
  EnginePolicy: engine,
  QualityTuning: quality,
  Need: need,
  Verdict: verdict,
  Container: container,
  VideoCodec: videoCodec,
  AudioCodec: audioCodec,
  FrameRateMode: frameRate,
  Scan: scan,
  Rotation: rotation,
  PixelAspect: pixelAspect,
  Color: color,
  Channels: channels,
  SelectAudio: select,
  AudioFit: fit,
  EditList: editList,
  Timecode: timecode,
  Severity: severity,
  Exists: exists,
  Loss: loss,
};

type Tables = typeof WORDS;

/** A value of one of these types in words. */
export function word<K extends keyof Tables>(type: K, value: keyof Tables[K] & string): string {
  return (WORDS[type] as Words<string>)[value]?.() ?? value;
}
