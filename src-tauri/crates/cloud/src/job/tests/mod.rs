mod documents;
mod importing;
mod merging;
mod model;
mod refusing;

use spillway_media::{
    task::{Treatment, VideoSettings},
    types::{ColorTags, FieldOrder, Ratio},
};
use spillway_profile::{
    Color, Container, FrameRateMode, MediaConvert, Output, RateControl, Scan, VideoCodec,
};

use super::*;

/// A source, and what a profile's output makes of it: what the plan would resolve, as far as settings depend on it.
#[derive(Debug, Clone)]
struct Case {
    source: SourceSpec,
    options: MediaConvert,
    treatment: Treatment,
    template: Option<Value>,
    renditions: Vec<(String, u32, VideoSettings, Option<RateControl>)>,
}

fn tags(primaries: &str, transfer: &str, matrix: &str) -> ColorTags {
    ColorTags {
        primaries: Some(primaries.to_owned()),
        transfer: Some(transfer.to_owned()),
        matrix: Some(matrix.to_owned()),
        range: Some("tv".to_owned()),
        chroma_location: None,
    }
}

fn bt709() -> ColorTags {
    tags("bt709", "bt709", "bt709")
}

fn source(width: u32, height: u32, rate: Option<(i32, i32)>) -> SourceSpec {
    SourceSpec {
        codec: "prores".to_owned(),
        width,
        height,
        rate: rate.map(|(num, den)| Ratio::new(num, den)),
        carries_captions: false,
    }
}

/// Scaled into a box, both sides even.
fn fitted(source: &SourceSpec, limit: Option<(u32, u32)>) -> (u32, u32) {
    let (w, h) = (f64::from(source.width), f64::from(source.height));
    let scale = limit.map_or(1.0, |(a, b)| {
        let (long, short) = (f64::from(a.max(b)), f64::from(a.min(b)));
        (long / w.max(h)).min(short / w.min(h)).min(1.0)
    });
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "picture sides")]
    let even = |side: f64| ((side * scale / 2.0).round() as u32 * 2).max(2);
    (even(w), even(h))
}

impl Case {
    fn of(
        output: &Output,
        options: &MediaConvert,
        source: SourceSpec,
        color: &ColorTags,
        interlaced: bool,
    ) -> Self {
        let video = &output.video;
        let hdr = matches!(color.transfer.as_deref(), Some("smpte2084" | "arib-std-b67"));
        let ten_bits = video.pixel_format.contains("10");
        let mapped = hdr && (video.color == Color::Sdr || !ten_bits);
        let keeps = interlaced && video.scan == Scan::Keep;
        let treatment = Treatment {
            deinterlace: (interlaced && !keeps).then_some(FieldOrder::TopFirst),
            tone_map: mapped.then(|| color.transfer.clone()).flatten(),
            rotate: 0,
            source_color: color.clone(),
        };
        let nominal = source.rate.unwrap_or(Ratio::new(30, 1));
        let constant = source.rate.is_some() || video.frame_rate.mode == FrameRateMode::Constant;
        let mut case =
            Self { source, options: options.clone(), treatment, template: None, renditions: Vec::new() };
        let mut add = |id: &str, limit, rate: Option<RateControl>, level: Option<&String>, every: u32| {
            let (width, height) = fitted(&case.source, limit);
            let (num, den) = (nominal.num, nominal.den);
            let half = if num % 2 == 0 { Ratio::new(num / 2, den) } else { Ratio::new(num, den * 2) };
            let rate_of = if every == 2 { half } else { nominal };
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds")]
            let gop = ((video.gop.seconds * rate_of.as_f64()).round() as u32).max(1);
            let gop = if video.codec == VideoCodec::Prores { 1 } else { gop };
            let (crf, vbv) = match rate {
                Some(RateControl::Crf { crf }) => (Some(crf), None),
                Some(RateControl::CappedCrf { crf, max_kbps, buffer_kbit }) => {
                    (Some(crf), Some((max_kbps, buffer_kbit)))
                }
                _ => (None, None),
            };
            let settings = VideoSettings {
                codec: video.codec,
                profile: video.profile.clone(),
                level: level.cloned(),
                preset: video.preset.clone(),
                tune: video.tune.clone(),
                pixel_format: video.pixel_format.clone(),
                scale_width: width,
                scale_height: height,
                width,
                height,
                sample_aspect: Ratio::new(1, 1),
                time_base: rate_of.inverse(),
                frame_rate: constant.then_some(rate_of),
                nominal_rate: rate_of,
                gop,
                fixed_gop: video.gop.fixed,
                b_frames: if gop == 1 { Some(0) } else { video.gop.b_frames },
                crf,
                vbv,
                color: if mapped { bt709() } else { color.clone() },
                hdr: None,
                field_order: if keeps { FieldOrder::TopFirst } else { FieldOrder::Progressive },
            };
            case.renditions.push((id.to_owned(), every, settings, rate));
        };
        if output.container == Container::Hls {
            for rung in &video.rung {
                let halved = rung.max_frame_rate.is_some_and(|max| nominal.as_f64() > max + 1e-3);
                let limit = Some((rung.width, rung.height));
                add(&rung.id, limit, Some(rung.rate), rung.level.as_ref(), if halved { 2 } else { 1 });
            }
        } else {
            let limit = match video.size {
                spillway_profile::Size::Keep => None,
                spillway_profile::Size::Fit { width, height } => Some((width, height)),
            };
            add(&output.id, limit, video.rate, video.level.as_ref(), 1);
        }
        case
    }

    /// A shipped profile's first output, for a 1080p25 master.
    fn shipped(id: &str) -> Self {
        let profile = spillway_profile::find(id).unwrap().profile().unwrap();
        Self::of(
            &profile.output[0],
            &profile.mediaconvert,
            source(1920, 1080, Some((25, 1))),
            &bt709(),
            false,
        )
    }

    fn compile(&self) -> Result<CompiledJob, Vec<Unsupported>> {
        compile(&JobSpec {
            options: &self.options,
            template: self.template.as_ref(),
            treatment: &self.treatment,
            source: self.source.clone(),
            renditions: self
                .renditions
                .iter()
                .map(|(id, every, video, rate)| RenditionSpec { id, every: *every, video, rate: *rate })
                .collect(),
        })
    }

    /// Settings of the first output's codec.
    fn codec_settings(&self) -> Value {
        let job = self.compile().unwrap();
        let codec = &job.settings["outputGroups"][0]["outputs"][0]["videoDescription"]["codecSettings"];
        let (_, key) = names(self.renditions[0].2.codec);
        codec[key].clone()
    }

    fn video(&mut self) -> &mut VideoSettings {
        &mut self.renditions[0].2
    }
}
