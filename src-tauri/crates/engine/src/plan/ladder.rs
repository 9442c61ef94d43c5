//! Which pictures an output has: one, or the rungs of a ladder that the source can fill.

use spillway_profile::{Output, RateControl, Rung, Size, VideoCodec};

use super::{
    geometry::{Canvas, Frame},
    pixel::PixelFormat,
};

/// One picture to encode.
#[derive(Debug, Clone)]
pub(super) struct Step<'a> {
    /// Rung id, or the output id.
    pub id: &'a str,
    /// Its size.
    pub frame: Frame,
    /// The rung, if it is one.
    pub rung: Option<&'a Rung>,
    /// Bits for quality.
    pub rate: RateControl,
}

/// The pictures of `output`, largest first, and the ids of rungs left out.
pub(super) fn steps<'a>(output: &'a Output, canvas: Canvas, fields: bool) -> (Vec<Step<'a>>, Vec<&'a str>) {
    let video = &output.video;
    let format = PixelFormat::parse(&video.pixel_format);
    let fit = |limit| canvas.fit(limit, video.pixel_aspect, format, fields);
    if video.rung.is_empty() {
        let limit = match video.size {
            Size::Keep => None,
            Size::Fit { width, height } => Some((width, height)),
        };
        let rate = video.rate.unwrap_or(default_rate(video.codec));
        return (vec![Step { id: &output.id, frame: fit(limit), rung: None, rate }], Vec::new());
    }
    let area = |rung: &Rung| u64::from(rung.width) * u64::from(rung.height);
    let smallest = video.rung.iter().map(area).min();
    let mut steps: Vec<Step<'a>> = Vec::new();
    let mut left_out = Vec::new();
    for rung in &video.rung {
        let limit = (rung.width, rung.height);
        let too_large = canvas.is_smaller_than(limit, video.pixel_aspect) && Some(area(rung)) != smallest;
        let frame = fit(Some(limit));
        // Two rungs of one box at different rates are wanted; two boxes that come to the same size
        // because the source is small are not.
        let twin = steps.iter().any(|step| {
            let same_box = step.rung.is_some_and(|r| (r.width, r.height) == limit);
            !same_box && (step.frame.width, step.frame.height) == (frame.width, frame.height)
        });
        if too_large || twin {
            left_out.push(rung.id.as_str());
        } else {
            steps.push(Step { id: &rung.id, frame, rung: Some(rung), rate: rung.rate });
        }
    }
    (steps, left_out)
}

/// What is used where a profile states nothing: each encoder's own middle.
fn default_rate(codec: VideoCodec) -> RateControl {
    match codec {
        VideoCodec::H264 => RateControl::Crf { crf: 23.0 },
        VideoCodec::Hevc => RateControl::Crf { crf: 28.0 },
        VideoCodec::Prores => RateControl::Codec,
    }
}

#[cfg(test)]
mod tests {
    use spillway_media::types::Ratio;

    use super::*;
    use crate::plan::sample;

    fn ids(width: u32, height: u32) -> Vec<String> {
        let output = sample::hls_output();
        let canvas = Canvas { width, height, aspect: Ratio::new(1, 1) };
        steps(&output, canvas, false).0.iter().map(|step| step.id.to_owned()).collect()
    }

    #[test]
    fn full_size_gives_every_rung_and_small_sources_fewer() {
        assert_eq!(ids(1920, 1080), ["1080p", "720p", "540p", "432p", "360p", "234p"]);
        assert_eq!(ids(3840, 2160).len(), 6);
        assert_eq!(ids(1080, 1920).len(), 6);
        assert_eq!(ids(1280, 720), ["720p", "540p", "432p", "360p", "234p"]);
        assert_eq!(ids(320, 180), ["234p"]);
    }

    #[test]
    fn one_box_at_two_rates_gives_two_rungs() {
        let mut output = sample::hls_output();
        let mut second = output.video.rung[0].clone();
        second.id = "1080p-low".to_owned();
        output.video.rung.insert(1, second);
        let canvas = Canvas { width: 1920, height: 1080, aspect: Ratio::new(1, 1) };
        assert_eq!(steps(&output, canvas, false).0.len(), 7);
    }
}
