//! Built-in rules of pictures, against the plan.

use sha2::{Digest, Sha256};
use spillway_media::{
    facts::VideoStream,
    measured::{Measured, MeasuredVideo},
    task::{InspectDone, VideoSettings},
    types::{ColorTags, FieldOrder, Hdr, Ratio, rescale},
};
use spillway_profile::{Container, Loss, VideoCodec};

use super::{
    Outcome, RuleResult,
    line::{Part, State, all, kbps, line, shown, some},
    stream,
};
use crate::plan::{
    Fate, OutputPlan, Range, RenditionPlan, VideoPlan,
    color::{same_matrix, same_transfer},
    copy::{codec_name, profile_complies},
    number::{approx_i, ticks, whole},
};

/// What one rendition must be like.
struct Case<'a> {
    plan: &'a OutputPlan,
    found: &'a MeasuredVideo,
    /// Source stream.
    stream: &'a VideoStream,
    /// `None`: copied.
    made: Option<&'a RenditionPlan>,
    segments: &'a [Range],
    place: String,
}

/// Frames, times, coding, colour and structure of every rendition.
pub(super) fn planned(plan: &OutputPlan, source: &InspectDone, measured: &Measured) -> Vec<RuleResult> {
    let Some(stream) = source.probe.video.iter().find(|stream| stream.index == plan.stream) else {
        return Vec::new();
    };
    let cases = cases(plan, stream, measured);
    let fail = Outcome::Fail;
    [
        line("frames", "Number of frames", fail, &all(&cases, Case::frames)),
        line("times-rise", "Frame times rise", fail, &all(&cases, Case::times_rise)),
        line("picture-times", "Every frame at its planned time", fail, &all(&cases, Case::times)),
        line("picture-start", "The picture starts where it should", fail, &some(&cases, Case::start)),
        line("picture-end", "The last frame lasts as long as it should", fail, &all(&cases, Case::end)),
        line("codec", "Video codec and profile", fail, &all(&cases, Case::codec)),
        line("pixel-format", "Pixel format", fail, &all(&cases, Case::pixel_format)),
        line("size", "Picture size", fail, &all(&cases, Case::size)),
        line("pixel-aspect", "Pixel shape", fail, &all(&cases, Case::aspect)),
        line("rotation", "Rotation flag", fail, &all(&cases, Case::rotation)),
        line("scan", "Frames or fields", fail, &all(&cases, Case::scan)),
        line("color", "Colour tags", fail, &all(&cases, Case::color)),
        line("hdr", "HDR metadata", fail, &some(&cases, Case::hdr)),
        line("captions", "Captions in the picture", fail, &some(&cases, Case::captions)),
        line("language", "Picture language", Outcome::Warn, &some(&cases, Case::language)),
        line(
            "segment-idr",
            "Every segment starts with a keyframe",
            fail,
            &some(&cases, Case::segment_starts),
        ),
        line("keyframes", "Distance of keyframes", fail, &some(&cases, Case::keyframes)),
        line("closed-gops", "Closed GOPs", fail, &some(&cases, Case::closed_gops)),
        line(
            "parameter-sets",
            "One set of parameters for the whole stream",
            fail,
            &all(&cases, Case::parameter_sets),
        ),
        line("seams-decode", "The joins decode without errors", fail, &all(&cases, Case::decodes)),
        line("vbv", "Peak bit rate", Outcome::Warn, &some(&cases, Case::vbv)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn cases<'a>(plan: &'a OutputPlan, stream: &'a VideoStream, measured: &'a Measured) -> Vec<Case<'a>> {
    match &plan.video {
        VideoPlan::Copy => {
            let case =
                |found| Case { plan, found, stream, made: None, segments: &[], place: plan.id.clone() };
            measured.video.first().map(case).into_iter().collect()
        }
        VideoPlan::Encode { renditions, segments, .. } => {
            let by_id = |id: &str| measured.video.iter().find(|found| found.id == id);
            let found = |n: usize, id: &str| by_id(id).or_else(|| measured.video.get(n));
            renditions
                .iter()
                .enumerate()
                .filter_map(|(n, made)| {
                    let found = found(n, &made.id)?;
                    Some(Case { plan, found, stream, made: Some(made), segments, place: made.id.clone() })
                })
                .collect()
        }
    }
}

/// Frames of a whole schedule.
fn schedule_frames(plan: &OutputPlan) -> u64 {
    if plan.rate.is_some() {
        u64::try_from(plan.end - plan.first).unwrap_or(0)
    } else {
        plan.frame_ticks.len() as u64
    }
}

impl Case<'_> {
    fn part(
        &self,
        expected: impl Into<String>,
        measured: impl Into<String>,
        state: impl Into<State>,
    ) -> Part {
        Part::of(&self.place, expected, measured, state)
    }

    fn every(&self) -> u64 {
        self.made.map_or(1, |made| u64::from(made.every.max(1)))
    }

    fn settings(&self) -> Option<&VideoSettings> {
        self.made.map(|made| &made.video)
    }

    fn wanted_frames(&self) -> u64 {
        schedule_frames(self.plan).div_ceil(self.every())
    }

    fn frames(&self) -> Part {
        let wanted = self.wanted_frames();
        self.part(wanted.to_string(), self.found.frames.to_string(), self.found.frames == wanted)
    }

    fn times_rise(&self) -> Part {
        let words = |rise| if rise { "strictly rising" } else { "not strictly rising" };
        self.part(words(true), words(self.found.times_rise), self.found.times_rise)
    }

    /// Planned times minus the first, in ticks of `base`.
    fn planned_times(&self, base: Ratio) -> Vec<i64> {
        let scaled = |time| rescale(time, self.plan.time_base, base);
        let step = usize::try_from(self.every()).unwrap_or(1);
        if self.plan.rate.is_some() {
            return (0..ticks(schedule_frames(self.plan))).step_by(step).map(scaled).collect();
        }
        let starts = self.plan.frame_ticks.iter().scan(0i64, |time, length| {
            let start = *time;
            *time += length;
            Some(start)
        });
        starts.step_by(step).map(scaled).collect()
    }

    /// Exactly by digest, or each within a tick where the track's clock cannot hold the plan's.
    fn times(&self) -> Part {
        let base = self.found.time_base;
        let planned = self.planned_times(base);
        if times_digest(&planned) == self.found.times_sha256 {
            return self.part("as planned", "as planned", true);
        }
        if self.found.times_us.len() != planned.len() {
            return self.part("as planned", "other times", false);
        }
        let micro = Ratio::new(1, 1_000_000);
        let tolerance = rescale(1, base, micro).max(rescale(1, self.plan.time_base, micro).min(1_000)) + 1;
        let exact = self.planned_times(micro);
        let off = exact.iter().zip(&self.found.times_us).map(|(a, b)| (a - b).abs()).max().unwrap_or(0);
        self.part("as planned", format!("at most {off} µs off"), off <= tolerance)
    }

    /// From the output's time zero, to within a millisecond (the clock of edit lists).
    fn start(&self) -> Option<Part> {
        if self.plan.container == Container::Hls {
            return None;
        }
        let micro = Ratio::new(1, 1_000_000);
        let wanted = rescale(self.plan.first, self.plan.time_base, micro);
        let found = rescale(self.found.first, self.found.time_base, micro);
        let tolerance = rescale(1, self.found.time_base, micro).max(1_000);
        Some(self.part(format!("{wanted} µs"), format!("{found} µs"), (wanted - found).abs() <= tolerance))
    }

    fn end(&self) -> Part {
        let micro = Ratio::new(1, 1_000_000);
        let wanted = rescale(self.plan.end - self.plan.first, self.plan.time_base, micro);
        let found = rescale(self.found.end.saturating_sub(self.found.first), self.found.time_base, micro);
        // Where every second frame is left out, the last one may stand for a frame that is not there.
        let frame = whole(1_000_000.0 / self.found.average_rate.max(1.0));
        // And with uneven times a container's own last duration belongs to the frame decoded last, which
        // is not the one presented last.
        let slack = if self.every() > 1 || self.plan.rate.is_none() { ticks(frame) } else { 0 };
        let tolerance = rescale(1, self.found.time_base, micro) + 1_000 + slack;
        let seconds = |us: i64| format!("{} s", shown(approx_i(us) / 1_000_000.0));
        self.part(seconds(wanted), seconds(found), (wanted - found).abs() <= tolerance)
    }

    fn codec(&self) -> Part {
        let (codec, profile) = match self.settings() {
            Some(video) => (codec_name(video.codec).to_owned(), video.profile.clone()),
            None => (self.stream.codec.clone(), self.stream.profile.clone()),
        };
        let found_profile = self.found.profile.as_deref();
        let same_profile = match self.settings() {
            Some(video) => profile_complies(video.codec, video.profile.as_deref(), found_profile),
            None => self.stream.profile == self.found.profile,
        };
        let words = |codec: &str, profile: Option<&str>| {
            profile.map_or_else(|| codec.to_owned(), |profile| format!("{codec} {profile}"))
        };
        self.part(
            words(&codec, profile.as_deref()),
            words(&self.found.codec, found_profile),
            codec == self.found.codec && same_profile,
        )
    }

    fn pixel_format(&self) -> Part {
        let wanted = self.settings().map_or(&self.stream.pixel_format, |video| &video.pixel_format);
        self.part(wanted, &self.found.pixel_format, *wanted == self.found.pixel_format)
    }

    fn size(&self) -> Part {
        let wanted = self
            .settings()
            .map_or((self.stream.width, self.stream.height), |video| (video.width, video.height));
        let found = (self.found.width, self.found.height);
        let words = |(width, height): (u32, u32)| format!("{width} × {height}");
        self.part(words(wanted), words(found), wanted == found)
    }

    fn aspect(&self) -> Part {
        let wanted = self.settings().map_or(self.stream.sample_aspect, |video| video.sample_aspect);
        let found = self.found.sample_aspect;
        let equal =
            i64::from(wanted.num) * i64::from(found.den) == i64::from(wanted.den) * i64::from(found.num);
        // Encoders bring large terms down; a thousandth is less than a pixel of any picture.
        let near = (wanted.as_f64() / found.as_f64() - 1.0).abs() < 0.001;
        let words = |ratio: Ratio| format!("{}:{}", ratio.num, ratio.den);
        self.part(words(wanted), words(found), equal || near)
    }

    fn rotation(&self) -> Part {
        let (wanted, found) = (self.plan.rotation, self.found.rotation);
        self.part(format!("{wanted}°"), format!("{found}°"), wanted == found)
    }

    fn scan(&self) -> Part {
        let wanted = self.settings().map_or(self.stream.field_order, |video| video.field_order);
        self.part(scan_words(wanted), scan_words(self.found.field_order), wanted == self.found.field_order)
    }

    fn color(&self) -> Part {
        let wanted = self.settings().map_or(&self.stream.color, |video| &video.color);
        let (a, b) = (wanted, &self.found.color);
        let differs = [
            (&a.primaries, &b.primaries, (|a, b| a == b) as fn(Option<&str>, Option<&str>) -> bool),
            (&a.transfer, &b.transfer, same_transfer),
            (&a.matrix, &b.matrix, same_matrix),
        ]
        .iter()
        .any(|(a, b, same)| a.is_some() && b.is_some() && !same(a.as_deref(), b.as_deref()));
        let missing = [(&a.primaries, &b.primaries), (&a.transfer, &b.transfer), (&a.matrix, &b.matrix)]
            .iter()
            .any(|(a, b)| a.is_some() && b.is_none());
        // Limited is what an untagged range means.
        let range = |tags: &ColorTags| tags.range.clone().unwrap_or_else(|| "tv".to_owned());
        let state = if differs || range(wanted) != range(&self.found.color) {
            State::Missed
        } else if missing && self.settings().is_some_and(|video| video.codec == VideoCodec::Prores) {
            // ProRes has no code for some transfers and matrices.
            State::Unknown
        } else {
            (!missing).into()
        };
        self.part(color_words(wanted), color_words(&self.found.color), state)
    }

    fn hdr(&self) -> Option<Part> {
        let wanted = match self.settings() {
            Some(video) => video.hdr.as_ref(),
            None => self.stream.hdr.as_ref(),
        }?;
        if wanted.luminance.is_none() && wanted.content_light.is_none() {
            return None;
        }
        let found = self.found.hdr.clone().unwrap_or_default();
        let met = wanted.luminance == found.luminance
            && wanted.content_light == found.content_light
            && wanted.primaries == found.primaries;
        Some(self.part(hdr_words(wanted), hdr_words(&found), met))
    }

    fn captions(&self) -> Option<Part> {
        let promised =
            self.plan.carriage.iter().any(|item| item.what == Loss::Captions && item.fate == Fate::Carried);
        if !promised || self.every() > 1 || self.found.decoded == 0 {
            return None;
        }
        let words = |there| if there { "there" } else { "none seen" };
        Some(self.part(words(true), words(self.found.captions), self.found.captions))
    }

    fn language(&self) -> Option<Part> {
        if self.plan.container == Container::Hls {
            return None;
        }
        let wanted = self.plan.language.as_deref()?;
        let found = self.found.language.as_deref();
        Some(self.part(wanted, found.unwrap_or("none"), found == Some(wanted)))
    }

    fn segment_starts(&self) -> Option<Part> {
        self.made?;
        let missing: Vec<u64> = self
            .segments
            .iter()
            .map(|segment| segment.first.div_ceil(self.every()))
            .filter(|first| self.found.keyframes.binary_search(first).is_err())
            .collect();
        let found = match missing.as_slice() {
            [] => format!("{} of {}", self.segments.len(), self.segments.len()),
            [first, ..] => format!("no keyframe at {} of them, first at frame {first}", missing.len()),
        };
        Some(self.part(
            format!("{} of {}", self.segments.len(), self.segments.len()),
            found,
            missing.is_empty(),
        ))
    }

    fn keyframes(&self) -> Option<Part> {
        let video = self.settings()?;
        let gop = u64::from(video.gop);
        if video.fixed_gop && gop > 1 {
            let step = usize::try_from(gop).unwrap_or(1);
            let met = self.found.keyframes.iter().copied().eq((0..self.wanted_frames()).step_by(step));
            let found = if met {
                "on the grid".to_owned()
            } else {
                format!("up to {} apart", self.found.longest_gop)
            };
            return Some(self.part(format!("every {gop} frames, nowhere else"), found, met));
        }
        let longest = self.found.longest_gop;
        Some(self.part(format!("at most {gop} frames"), format!("{longest} frames"), longest <= gop))
    }

    fn closed_gops(&self) -> Option<Part> {
        self.made?;
        let open = self.found.open_gops;
        Some(self.part("0 open", format!("{open} open"), open == 0))
    }

    fn parameter_sets(&self) -> Part {
        stream::parameter_sets(&self.place, self.found)
    }

    fn decodes(&self) -> Part {
        stream::decodes(&self.place, self.found)
    }

    /// Over any second a full buffer may be spent on top of the ceiling; more would starve a player.
    fn vbv(&self) -> Option<Part> {
        let (max_kbps, buffer_kbit) = self.settings()?.vbv?;
        let most = (u64::from(max_kbps) + u64::from(buffer_kbit)) * 1_000;
        let peak = self.found.peak_bit_rate;
        Some(self.part(format!("at most {} in any second", kbps(most)), kbps(peak), peak <= most))
    }
}

/// SHA-256 over times as little-endian integers, as the measurement makes it.
pub(super) fn times_digest(times: &[i64]) -> String {
    let mut hash = Sha256::new();
    for time in times {
        hash.update(time.to_le_bytes());
    }
    hash.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
        for digit in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(u32::from(digit), 16));
        }
        text
    })
}

pub(super) fn scan_words(order: FieldOrder) -> &'static str {
    match order {
        FieldOrder::Progressive => "progressive",
        FieldOrder::TopFirst => "interlaced, top field first",
        FieldOrder::BottomFirst => "interlaced, bottom field first",
    }
}

pub(super) fn color_words(tags: &ColorTags) -> String {
    [&tags.primaries, &tags.transfer, &tags.matrix, &tags.range]
        .map(|tag| tag.as_deref().unwrap_or("unset"))
        .join("/")
}

fn hdr_words(hdr: &Hdr) -> String {
    let pair = |pair: Option<[u32; 2]>| pair.map_or_else(|| "none".to_owned(), |[a, b]| format!("{a}/{b}"));
    format!("mastering luminance {}, content light {}", pair(hdr.luminance), pair(hdr.content_light))
}
