//! Whether the source's own picture complies and may be copied untouched.

pub(crate) use spillway_media::coding::{codec_name, profile_complies};
use spillway_media::{facts::VideoStream, task::IndexMethod};
use spillway_profile::{
    Check, Container, EditList, Output, PassThrough, Profile, Severity, Verdict, VideoCodec,
};

use super::{
    SourceFacts, color,
    finding::{self, Finding, Sentence},
    level,
    number::{approx, approx_i, whole},
    picture::PictureWork,
    timing::Timing,
};

/// Whether `output` takes the source's packets as they are, and a note that says why or why not;
/// no note when the profile does not ask for it.
pub(super) fn decide(
    profile: &Profile,
    output: &Output,
    source: &SourceFacts<'_>,
    stream: &VideoStream,
    timing: &Timing,
    work: &PictureWork,
) -> (bool, Option<Finding>) {
    let Some(rule) = output.video.pass_through else { return (false, None) };
    let case = Case { profile, output, source, stream, timing, work };
    match case.obstacle(rule) {
        Some(obstacle) => (false, Some(obstacle)),
        None => (true, Some(finding::PICTURE_COPIED.with(Verdict::Pass, [case.name()]))),
    }
}

struct Case<'a> {
    profile: &'a Profile,
    output: &'a Output,
    source: &'a SourceFacts<'a>,
    stream: &'a VideoStream,
    timing: &'a Timing,
    work: &'a PictureWork,
}

impl Case<'_> {
    fn obstacle(&self, rule: PassThrough) -> Option<Finding> {
        self.packaging()
            .or_else(|| self.soundness())
            .or_else(|| self.coding())
            .or_else(|| self.limits())
            .or_else(|| self.pixels())
            .or_else(|| self.shape())
            .or_else(|| self.keyframes())
            .or_else(|| self.bits(rule))
            .or_else(|| self.rules())
    }

    fn name(&self) -> (&'static str, String) {
        ("output", self.output.id.clone())
    }

    fn plain(&self, sentence: Sentence) -> Finding {
        sentence.with(Verdict::Pass, [self.name()])
    }

    fn packaging(&self) -> Option<Finding> {
        if self.output.container == Container::Hls {
            return Some(self.plain(finding::ENCODED_FOR_HLS));
        }
        (self.output.edit_list == EditList::Forbid).then(|| self.plain(finding::ENCODED_FOR_EDIT_LISTS))
    }

    fn soundness(&self) -> Option<Finding> {
        let summary = self.source.summary;
        if self.source.linear || summary.method != IndexMethod::Auto {
            return Some(self.plain(finding::ENCODED_FOR_INDEX));
        }
        if summary.damaged > 0 {
            let values = [self.name(), ("count", summary.damaged.to_string())];
            return Some(finding::ENCODED_FOR_DAMAGE.with(Verdict::Pass, values));
        }
        let first_key = self.source.index.frames.first().is_some_and(|frame| frame.key);
        (!first_key).then(|| self.plain(finding::ENCODED_FOR_FIRST_FRAME))
    }

    fn coding(&self) -> Option<Finding> {
        let video = &self.output.video;
        let wanted = codec_name(video.codec);
        if self.stream.codec != wanted {
            let values = [self.name(), ("codec", self.stream.codec.clone()), ("wanted", wanted.to_owned())];
            return Some(finding::ENCODED_FOR_CODEC.with(Verdict::Pass, values));
        }
        if self.stream.pixel_format != video.pixel_format {
            let found = ("pixel_format", self.stream.pixel_format.clone());
            let values = [self.name(), found, ("wanted", video.pixel_format.clone())];
            return Some(finding::ENCODED_FOR_PIXELS.with(Verdict::Pass, values));
        }
        let profile = self.stream.profile.as_deref();
        if profile_complies(video.codec, video.profile.as_deref(), profile) {
            return None;
        }
        let wanted = ("wanted", video.profile.clone().unwrap_or_default());
        Some(match profile {
            Some(found) => {
                let values = [self.name(), ("profile", found.to_owned()), wanted];
                finding::ENCODED_FOR_PROFILE.with(Verdict::Pass, values)
            }
            None => finding::ENCODED_FOR_NO_PROFILE.with(Verdict::Pass, [self.name(), wanted]),
        })
    }

    fn limits(&self) -> Option<Finding> {
        let video = &self.output.video;
        if let Some(level) = &video.level {
            let most = level::number(codec_name(video.codec), level);
            let too_high = most.is_some_and(|most| self.stream.level.is_none_or(|level| level > most));
            if too_high {
                let values = [self.name(), ("level", level.clone())];
                return Some(finding::ENCODED_FOR_LEVEL.with(Verdict::Pass, values));
            }
        }
        let intra = video.codec == VideoCodec::Prores;
        (video.gop.b_frames.is_some() && !intra).then(|| self.plain(finding::ENCODED_FOR_B_FRAMES))
    }

    fn pixels(&self) -> Option<Finding> {
        let treatment = &self.work.treatment;
        let vision = self.stream.hdr.as_ref().is_some_and(|hdr| hdr.dolby_vision);
        let color_changes = !color::same(&self.work.color.source, &self.work.color.output);
        let reasons = [
            (treatment.deinterlace.is_some(), finding::ENCODED_FOR_FIELDS),
            (treatment.rotate != 0, finding::ENCODED_FOR_ROTATION),
            (treatment.tone_map.is_some(), finding::ENCODED_FOR_HDR),
            (color_changes, finding::ENCODED_FOR_COLOR),
            (vision, finding::ENCODED_FOR_DOLBY_VISION),
        ];
        reasons.into_iter().find(|(holds, _)| *holds).map(|(_, sentence)| self.plain(sentence))
    }

    fn shape(&self) -> Option<Finding> {
        let [only] = self.work.renditions.as_slice() else {
            return Some(self.plain(finding::ENCODED_FOR_RENDITIONS));
        };
        let video = &only.video;
        if (video.width, video.height) != (self.stream.width, self.stream.height)
            || video.sample_aspect != self.stream.sample_aspect
        {
            return Some(self.plain(finding::ENCODED_FOR_SIZE));
        }
        let retimed = !self.timing.is_identity() || self.timing.made_constant || only.every > 1;
        retimed.then(|| self.plain(finding::ENCODED_FOR_TIMING))
    }

    fn keyframes(&self) -> Option<Finding> {
        let gop = u64::from(self.work.gop_frames);
        let keys = self.key_ordinals();
        let count = self.source.index.frames.len() as u64;
        let longest = longest_distance(&keys, count);
        if longest > gop {
            let values = [self.name(), ("frames", longest.to_string()), ("most", gop.to_string())];
            return Some(finding::ENCODED_FOR_DISTANCE.with(Verdict::Pass, values));
        }
        let off_grid = self.output.video.gop.fixed
            && gop > 1
            && keys != (0..count).step_by(step(gop)).collect::<Vec<_>>();
        off_grid.then(|| {
            finding::ENCODED_FOR_GRID.with(Verdict::Pass, [self.name(), ("frames", gop.to_string())])
        })
    }

    fn key_ordinals(&self) -> Vec<u64> {
        (0u64..).zip(&self.source.index.frames).filter(|(_, frame)| frame.key).map(|(n, _)| n).collect()
    }

    fn kbps(&self) -> f64 {
        let index = self.source.index;
        let bytes: u64 = index.frames.iter().map(|frame| u64::from(frame.bytes)).sum();
        let first = index.frames.first().map_or(0, |frame| frame.time);
        let seconds = approx_i(index.end - first) * index.time_base.as_f64();
        if seconds > 0.0 { approx(bytes) * 8.0 / 1_000.0 / seconds } else { 0.0 }
    }

    fn bits(&self, rule: PassThrough) -> Option<Finding> {
        let most = rule.max_kbps?;
        let kbps = self.kbps();
        (kbps > f64::from(most)).then(|| {
            let values = [self.name(), ("kbps", whole(kbps).to_string()), ("most", most.to_string())];
            finding::ENCODED_FOR_BIT_RATE.with(Verdict::Pass, values)
        })
    }

    /// The profile's own demands that a copy could miss. What the index cannot tell counts as missed:
    /// encoding certainly obeys.
    fn rules(&self) -> Option<Finding> {
        let applies = |rule: &&spillway_profile::Rule| {
            rule.severity == Severity::Fail && rule.output.as_ref().is_none_or(|id| *id == self.output.id)
        };
        let missed = |rule: &&spillway_profile::Rule| self.misses(&rule.check);
        let rule = self.profile.rule.iter().filter(applies).find(missed)?;
        let values = [self.name(), ("rule", rule.id.clone())];
        Some(finding::ENCODED_FOR_RULE.with(Verdict::Pass, values))
    }

    fn misses(&self, check: &Check) -> bool {
        let intra = self.output.video.codec == VideoCodec::Prores;
        let color = &self.stream.color;
        let rate = self.timing.nominal.as_f64();
        match check {
            Check::ColorTagged => {
                color.primaries.is_none() || color.transfer.is_none() || color.matrix.is_none()
            }
            Check::Bt709 => [&color.primaries, &color.transfer, &color.matrix]
                .iter()
                .any(|tag| tag.as_deref() != Some("bt709")),
            Check::MaxLevel { value } => level::number(&self.stream.codec, value)
                .is_some_and(|most| self.stream.level.is_none_or(|level| level > most)),
            Check::ConstantFrameRate => self.timing.rate.is_none(),
            Check::FrameRate { min, max } => rate < min - 1e-3 || rate > max + 1e-3,
            Check::VideoBitRate { min_kbps, max_kbps } => {
                let kbps = self.kbps();
                min_kbps.is_some_and(|min| kbps < f64::from(min))
                    || max_kbps.is_some_and(|max| kbps > f64::from(max))
            }
            Check::ClosedGop | Check::MaxBFrames { .. } => !intra,
            Check::MaxGopSeconds { value } => {
                let longest = longest_distance(&self.key_ordinals(), self.source.index.frames.len() as u64);
                approx(longest) > value * rate + 0.5
            }
            Check::MaxGopRateFraction { value } => {
                let longest = longest_distance(&self.key_ordinals(), self.source.index.frames.len() as u64);
                approx(longest) > (value * rate).round()
            }
            _ => false,
        }
    }
}

fn step(gop: u64) -> usize {
    super::number::position(gop).max(1)
}

fn longest_distance(keys: &[u64], count: u64) -> u64 {
    let ends = keys.iter().skip(1).copied().chain([count]);
    keys.iter().zip(ends).map(|(a, b)| b - a).max().unwrap_or(count)
}

#[cfg(test)]
mod tests {
    use spillway_profile::{FrameRate, FrameRateMode, Rule, Size};

    use super::*;
    use crate::plan::{picture, sample, timing::timing};

    fn verdict(profile: &Profile, source: &sample::Source) -> (bool, String) {
        let facts = source.facts();
        let stream = &source.probe.video[0];
        let output = &profile.output[0];
        let timing = timing(&output.video.frame_rate, &source.index, source.summary.constant_rate).unwrap();
        let work = picture::work(output, stream, &timing, &mut Vec::new());
        let (copy, finding) = decide(profile, output, &facts, stream, &timing, &work);
        (copy, finding.map(|finding| finding.text).unwrap_or_default())
    }

    fn complying() -> (Profile, sample::Source) {
        let mut profile = sample::profile(sample::mp4_output());
        profile.output[0].video.pass_through = Some(PassThrough { max_kbps: Some(20_000) });
        (profile, sample::Source::new(480))
    }

    #[test]
    fn a_complying_picture_is_copied() {
        let (profile, source) = complying();
        let (copy, text) = verdict(&profile, &source);
        assert!(copy, "{text}");
        assert!(text.contains("copied, not re-encoded"));
    }

    #[test]
    fn every_obstacle_is_named() {
        type Change = fn(&mut Profile, &mut sample::Source);
        let changes: [(&str, Change); 15] = [
            ("HLS", |p, _| p.output[0].container = Container::Hls),
            ("edit lists", |p, _| p.output[0].edit_list = EditList::Forbid),
            ("damaged", |_, s| s.summary.damaged = 2),
            ("reliably", |_, s| s.summary.method = IndexMethod::Decode),
            ("first frame", |_, s| s.index.frames[0].key = false),
            ("hevc", |_, s| s.probe.video[0].codec = "hevc".to_owned()),
            ("yuv422p", |_, s| s.probe.video[0].pixel_format = "yuv422p".to_owned()),
            ("level", |p, _| p.output[0].video.level = Some("3.1".to_owned())),
            ("B-frames", |p, _| p.output[0].video.gop.b_frames = Some(2)),
            ("turned", |_, s| s.probe.video[0].rotation = 90),
            ("HDR", |_, s| s.probe.video[0].color.transfer = Some("smpte2084".to_owned())),
            ("size", |p, _| p.output[0].video.size = Size::Fit { width: 1280, height: 720 }),
            ("timing", |p, _| {
                p.output[0].video.frame_rate = FrameRate { mode: FrameRateMode::Constant, max: Some(12.0) };
            }),
            ("apart", |p, _| p.output[0].video.gop.seconds = 0.5),
            ("kbit/s", |p, _| p.output[0].video.pass_through = Some(PassThrough { max_kbps: Some(1) })),
        ];
        for (word, change) in changes {
            let (mut profile, mut source) = complying();
            change(&mut profile, &mut source);
            let (copy, text) = verdict(&profile, &source);
            assert!(!copy && text.contains(word), "{word}: {text}");
        }
    }

    #[test]
    fn rules_that_a_copy_would_miss_ask_for_encoding() {
        for check in [Check::ClosedGop, Check::MaxLevel { value: "3.0".to_owned() }] {
            let (mut profile, source) = complying();
            profile.rule.push(Rule {
                id: "strict".to_owned(),
                output: None,
                check,
                severity: Severity::Fail,
                source: None,
            });
            assert!(verdict(&profile, &source).1.contains("rule strict"));
            profile.rule[0].severity = Severity::Warn;
            assert!(verdict(&profile, &source).0);
        }
    }

    #[test]
    fn profile_families() {
        let complies = |codec, wanted, has| profile_complies(codec, Some(wanted), Some(has));
        assert!(complies(VideoCodec::H264, "main", "Constrained Baseline"));
        assert!(!complies(VideoCodec::H264, "main", "High"));
        assert!(complies(VideoCodec::Hevc, "main10", "Main 10"));
        assert!(complies(VideoCodec::Prores, "hq", "HQ"));
        assert!(!complies(VideoCodec::Prores, "hq", "Standard"));
        assert!(profile_complies(VideoCodec::H264, None, None));
        assert!(!profile_complies(VideoCodec::H264, Some("high"), None));
    }
}
