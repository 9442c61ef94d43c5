//! What is encoded: treatment of the pixels, complete encoder settings, GOP and HLS grids.

use spillway_media::{
    facts::VideoStream,
    task::{Treatment, VideoSettings},
    types::{FieldOrder, Ratio},
};
use spillway_profile::{Output, RateControl, Rotation, Scan, Verdict, VideoCodec};

use super::{
    HlsPlan, RenditionPlan,
    color::{self, ColorPlan},
    finding::{self, Finding},
    geometry::Canvas,
    ladder::{self, Step},
    level,
    number::{whole, whole_u32},
    timing::{Timing, half},
};

/// Everything about the encoding of an output's picture.
#[derive(Debug)]
pub(super) struct PictureWork {
    /// Pixel work before scaling.
    pub treatment: Treatment,
    /// What is encoded, largest first.
    pub renditions: Vec<RenditionPlan>,
    /// HLS grid.
    pub hls: Option<HlsPlan>,
    /// Segments start on multiples of so many schedule frames.
    pub grid: u64,
    /// Longest keyframe distance in schedule frames.
    pub gop_frames: u32,
    /// Colour in and out.
    pub color: ColorPlan,
    /// Fields stay fields.
    pub keeps_fields: bool,
    /// The largest rendition was made smaller to fit.
    pub reduced: bool,
}

/// Plans the picture of `output`.
pub(super) fn work(
    output: &Output,
    stream: &VideoStream,
    timing: &Timing,
    findings: &mut Vec<Finding>,
) -> PictureWork {
    let video = &output.video;
    let canvas = Canvas::of(stream, video.rotation);
    let (keeps_fields, steps) = fields_and_steps(output, stream, canvas, findings);
    let mut color = color::plan(stream, video.color, &video.pixel_format);
    if video.codec == VideoCodec::Prores {
        color.output = color::in_prores(color.output);
    }
    let interlaced = stream.field_order != FieldOrder::Progressive;
    let treatment = Treatment {
        deinterlace: (interlaced && !keeps_fields).then_some(stream.field_order),
        tone_map: color.tone_map.clone(),
        rotate: if video.rotation == Rotation::Apply { stream.rotation % 360 } else { 0 },
        source_color: color.source.clone(),
    };
    let gop_frames = gop_frames(output, &steps, timing);
    let hls = output.hls.as_ref().map(|hls| {
        let gops = whole(hls.segment_seconds / video.gop.seconds.max(0.001)).clamp(1, 1_000);
        HlsPlan {
            segment_frames: u64::from(gop_frames) * gops,
            gop_frames: u64::from(gop_frames),
            i_frame_playlists: hls.i_frame_playlists,
        }
    });
    let fixed = video.gop.fixed || output.hls.is_some();
    let slowest = steps.iter().map(|step| every(step, timing)).max().unwrap_or(1);
    // Where keyframes stand on a grid, cuts do too; HLS segments are whole GOPs, so they stay aligned.
    let grid = if fixed { u64::from(gop_frames).max(u64::from(slowest)) } else { u64::from(slowest) };
    let field_order = if keeps_fields { stream.field_order } else { FieldOrder::Progressive };
    let made = Made { output, stream, timing, color: &color, field_order, gop_frames, fixed };
    let renditions = steps.iter().map(|step| made.rendition(step, findings)).collect();
    let reduced = steps.first().is_some_and(|step| step.frame.reduced);
    PictureWork { treatment, renditions, hls, grid, gop_frames, color, keeps_fields, reduced }
}

/// The pictures to make, and whether fields survive: only unturned and at their own height, because
/// scaling or turning mixes the two moments of a frame.
fn fields_and_steps<'a>(
    output: &'a Output,
    stream: &VideoStream,
    canvas: Canvas,
    findings: &mut Vec<Finding>,
) -> (bool, Vec<Step<'a>>) {
    let wanted = stream.field_order != FieldOrder::Progressive && output.video.scan == Scan::Keep;
    let turned = output.video.rotation == Rotation::Apply && !stream.rotation.is_multiple_of(360);
    let (mut steps, mut left_out) = ladder::steps(output, canvas, wanted);
    let scaled = steps.iter().any(|step| step.frame.scale_height != canvas.height);
    let keeps = wanted && !turned && !scaled;
    if wanted && !keeps {
        (steps, left_out) = ladder::steps(output, canvas, false);
        findings.push(finding::FIELDS_NOT_KEPT.with(Verdict::Warn, [("output", output.id.clone())]));
    }
    if !left_out.is_empty() {
        let values = [
            ("output", output.id.clone()),
            ("width", canvas.width.to_string()),
            ("height", canvas.height.to_string()),
            ("rungs", left_out.join(", ")),
        ];
        findings.push(finding::RUNGS_LEFT_OUT.with(Verdict::Pass, values));
    }
    (keeps, steps)
}

/// Keyframe distance in schedule frames: even where a rung leaves out every second frame, so that the
/// keyframes of all rungs stand at the same times.
fn gop_frames(output: &Output, steps: &[Step<'_>], timing: &Timing) -> u32 {
    let intra = output.video.codec == VideoCodec::Prores || output.video.gop.seconds <= 0.0;
    let frames = whole_u32(output.video.gop.seconds * timing.nominal.as_f64()).clamp(1, 100_000);
    let decimated = steps.iter().any(|step| every(step, timing) > 1);
    match (intra, decimated) {
        (true, _) => 1,
        (false, true) => frames + frames % 2,
        (false, false) => frames,
    }
}

fn every(step: &Step<'_>, timing: &Timing) -> u32 {
    let max = step.rung.and_then(|rung| rung.max_frame_rate);
    if max.is_some_and(|max| timing.nominal.as_f64() > max + 1e-3) { 2 } else { 1 }
}

struct Made<'a> {
    output: &'a Output,
    stream: &'a VideoStream,
    timing: &'a Timing,
    color: &'a ColorPlan,
    field_order: FieldOrder,
    gop_frames: u32,
    fixed: bool,
}

impl Made<'_> {
    fn rendition(&self, step: &Step<'_>, findings: &mut Vec<Finding>) -> RenditionPlan {
        let video = &self.output.video;
        let every = every(step, self.timing);
        let slower = |rate: Ratio| if every == 2 { half(rate) } else { rate };
        let frame_rate = self.timing.rate.map(slower);
        let nominal_rate = slower(self.timing.nominal);
        let rung =
            |pick: fn(&spillway_profile::Rung) -> &Option<String>| step.rung.and_then(|r| pick(r).clone());
        let (crf, vbv) = match step.rate {
            _ if video.codec == VideoCodec::Prores => (None, None),
            RateControl::Crf { crf } => (Some(crf), None),
            RateControl::CappedCrf { crf, max_kbps, buffer_kbit } => {
                (Some(crf), Some((max_kbps, buffer_kbit)))
            }
            RateControl::Codec => (None, None),
        };
        let gop = (self.gop_frames / every).max(1);
        let hdr = color::is_hdr_transfer(self.color.output.transfer.as_deref())
            .then(|| self.stream.hdr.clone())
            .flatten()
            // The dynamic metadata describes each source frame; re-encoded frames have none.
            .map(|hdr| spillway_media::types::Hdr { dolby_vision: false, ..hdr });
        let mut settings = VideoSettings {
            codec: video.codec,
            profile: rung(|r| &r.profile).or_else(|| video.profile.clone()),
            level: rung(|r| &r.level).or_else(|| video.level.clone()),
            preset: video.preset.clone(),
            tune: video.tune.clone(),
            pixel_format: video.pixel_format.clone(),
            scale_width: step.frame.scale_width,
            scale_height: step.frame.scale_height,
            width: step.frame.width,
            height: step.frame.height,
            sample_aspect: step.frame.aspect,
            time_base: frame_rate.map_or(self.timing.schedule.out_base, Ratio::inverse),
            frame_rate,
            nominal_rate,
            gop,
            fixed_gop: self.fixed,
            b_frames: if gop == 1 { Some(0) } else { video.gop.b_frames },
            crf,
            vbv,
            color: self.color.output.clone(),
            hdr,
            field_order: self.field_order,
        };
        findings.extend(within_level(step.id, &mut settings));
        RenditionPlan { id: step.id.to_owned(), video: settings, every }
    }
}

/// Takes away a stated level that cannot hold the picture; the encoder then derives the true one.
fn within_level(id: &str, settings: &mut VideoSettings) -> Option<Finding> {
    let level = settings.level.clone()?;
    let rate = settings.nominal_rate.as_f64();
    if level::holds(settings.codec, &level, settings.width, settings.height, rate) {
        return None;
    }
    settings.level = None;
    let values = [
        ("rendition", id.to_owned()),
        ("width", settings.width.to_string()),
        ("height", settings.height.to_string()),
        ("rate", format!("{rate:.3}")),
        ("level", level),
    ];
    Some(finding::LEVEL_RAISED.with(Verdict::Warn, values))
}
