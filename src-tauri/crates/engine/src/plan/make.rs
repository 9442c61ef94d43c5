//! Puts the plan of a job together.

use spillway_media::{
    facts::VideoStream,
    task::Time,
    types::{FieldOrder, rescale},
};
use spillway_profile::{Container, EditList, FrameRateMode, Output, Profile, Rotation, Verdict};

use super::{
    JobPlan, OutputPlan, Planned, Schedule, SourceFacts, VideoPlan,
    audio::{self, Clock},
    carriage::{self, Journey},
    copy, estimate,
    finding::{self, Finding},
    picture::{self, PictureWork},
    segments::segments,
    timecode::timecode,
    timing::{Timing, timing},
};
use crate::{
    failure::{Code, Failure},
    preflight,
};

/// One encoder thread per segment compresses best, and segments run side by side anyway; a fixed
/// number keeps the bits the same on every machine.
const THREADS: u32 = 1;

/// Makes the plan.
///
/// # Errors
/// The job's failure when preflight says stop or something undeclared would be lost.
pub fn plan(profile: &Profile, source: &SourceFacts<'_>) -> Result<Planned, Box<Failure>> {
    let mut findings = preflight::check(profile, source)?;
    let file = preflight::file_name(source);
    // Preflight has made sure of a decodable picture stream with frames.
    let Some(stream) = source.probe.video.first() else {
        return Err(preflight::refused(profile, source, Code::NoVideo, "It has no picture stream."));
    };
    let mut outputs = Vec::new();
    let mut schedules = Vec::new();
    for output in &profile.output {
        let rule = &output.video.frame_rate;
        let Some(timing) = timing(rule, source.index, source.summary.constant_rate) else {
            let why = "A jump in its timestamps would make the output days long.";
            return Err(preflight::refused(profile, source, Code::TooLarge, why));
        };
        let (plan, schedule) = one(profile, output, source, stream, timing, &mut findings);
        outputs.push(plan);
        schedules.push(schedule);
    }
    let carried = outputs.iter().map(|plan| (plan.id.as_str(), plan.carriage.as_slice()));
    if let Some(failure) = carriage::undeclared(profile, &file, carried) {
        return Err(failure);
    }
    let bytes_needed = outputs.iter().map(|plan| estimate::bytes(plan, source)).sum();
    Ok(Planned {
        plan: JobPlan { outputs, findings: unique(findings), bytes_needed, cloud: None },
        schedules,
    })
}

fn one(
    profile: &Profile,
    output: &Output,
    source: &SourceFacts<'_>,
    stream: &VideoStream,
    mut timing: Timing,
    findings: &mut Vec<Finding>,
) -> (OutputPlan, Schedule) {
    notes(output, stream, &timing, findings);
    let work = picture::work(output, stream, &timing, findings);
    let (copied, note) = copy::decide(profile, output, source, stream, &timing, &work);
    findings.extend(note);
    odd_size(output, &work, copied, findings);
    let programmes = audio::programmes(output, &source.probe.audio);
    let clock = clock(output, source, &mut timing, &programmes);
    let audio = audio::plans(output, &programmes, source, clock, findings);
    let timecode = timecode(output, source.probe.timecode.as_deref(), &timing);
    let journey = Journey {
        output,
        source,
        stream,
        timing: &timing,
        work: &work,
        copied,
        programmes: &programmes,
        clock,
        timecode: timecode.as_deref(),
    };
    let carriage = journey.carriage();
    let hls = output.container == Container::Hls;
    let every = if copied { 1 } else { work.renditions.first().map_or(1, |rendition| rendition.every) };
    let schedule = &timing.schedule;
    let plan = OutputPlan {
        id: output.id.clone(),
        container: output.container,
        stream: stream.index,
        zero: clock.zero,
        picture_end: clock.end,
        hls: work.hls,
        audio,
        fast_start: output.fast_start,
        edit_list: output.edit_list == EditList::Allow,
        timecode,
        rotation: if copied || output.video.rotation == Rotation::Carry { stream.rotation % 360 } else { 0 },
        language: audio::language(stream.language.as_deref()),
        tags: if hls { Vec::new() } else { source.probe.tags.clone().into_iter().collect() },
        chapters: !hls && source.probe.chapters > 0,
        carriage,
        frames: (schedule.entries.len() as u64).div_ceil(u64::from(every.max(1))),
        time_base: schedule.out_base,
        rate: timing.rate,
        first: timing.first(),
        end: schedule.end,
        frame_ticks: if timing.rate.is_none() { frame_ticks(schedule) } else { Vec::new() },
        video: if copied { VideoPlan::Copy } else { encode(source, schedule, work) },
    };
    (plan, timing.schedule)
}

fn encode(source: &SourceFacts<'_>, schedule: &Schedule, work: PictureWork) -> VideoPlan {
    VideoPlan::Encode {
        segments: segments(schedule, source.index, work.grid, work.renditions.len() as u64, source.linear),
        treatment: work.treatment,
        renditions: work.renditions,
        linear: source.linear,
        threads: THREADS,
    }
}

fn frame_ticks(schedule: &Schedule) -> Vec<i64> {
    let ends = schedule.entries.iter().skip(1).map(|entry| entry.out).chain([schedule.end]);
    schedule.entries.iter().zip(ends).map(|(entry, end)| end - entry.out).collect()
}

/// Lays out time: where the picture begins and ends on the source's timeline, and time zero.
fn clock(
    output: &Output,
    source: &SourceFacts<'_>,
    timing: &mut Timing,
    programmes: &[audio::Programme<'_>],
) -> Clock {
    let base = source.index.time_base;
    let first = source.index.frames.first().map_or(0, |frame| frame.time);
    let start = Time { ticks: first, base };
    let length = rescale(timing.schedule.end, timing.schedule.out_base, base);
    let end = Time { ticks: first.saturating_add(length), base };
    let before = timing.delay(audio::lead(output, programmes, start));
    Clock { zero: Time { ticks: first.saturating_sub(before), base }, start, end }
}

fn notes(output: &Output, stream: &VideoStream, timing: &Timing, findings: &mut Vec<Finding>) {
    let name = ("output", output.id.clone());
    let rate = ("rate", format!("{:.3}", timing.nominal.as_f64()));
    let dropped = ("dropped", timing.dropped.to_string());
    if timing.made_constant {
        let values = [name.clone(), rate, ("repeated", timing.repeated.to_string()), dropped];
        findings.push(finding::RATE_MADE_CONSTANT.with(Verdict::Warn, values));
    } else if timing.dropped > 0 && output.video.frame_rate.mode == FrameRateMode::Constant {
        findings.push(finding::RATE_HALVED.with(Verdict::Warn, [name.clone(), dropped, rate]));
    }
    if output.container != Container::Hls
        && timing.rate.is_none()
        && stream.field_order != FieldOrder::Progressive
    {
        findings.push(finding::VARIABLE_INTERLACED.with(Verdict::Warn, [name]));
    }
}

fn odd_size(output: &Output, work: &PictureWork, copied: bool, findings: &mut Vec<Finding>) {
    let Some(video) = work.renditions.first().map(|rendition| &rendition.video).filter(|_| !copied) else {
        return;
    };
    if (video.scale_width, video.scale_height) != (video.width, video.height) {
        let values = [
            ("output", output.id.clone()),
            ("width", video.scale_width.to_string()),
            ("height", video.scale_height.to_string()),
            ("kept_width", video.width.to_string()),
            ("kept_height", video.height.to_string()),
        ];
        findings.push(finding::ODD_SIZE.with(Verdict::Pass, values));
    }
}

/// Several outputs often find the same.
fn unique(findings: Vec<Finding>) -> Vec<Finding> {
    let mut seen = Vec::new();
    for finding in findings {
        if !seen.contains(&finding) {
            seen.push(finding);
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use spillway_profile::{Loss, find};

    use super::*;
    use crate::plan::{Fate, JobPlan, sample};

    fn shipped(id: &str) -> Profile {
        find(id).unwrap().profile().unwrap()
    }

    fn encoded(plan: &OutputPlan) -> (&[super::super::RenditionPlan], &[super::super::Range]) {
        match &plan.video {
            VideoPlan::Encode { renditions, segments, .. } => (renditions, segments),
            VideoPlan::Copy => panic!("copied"),
        }
    }

    #[test]
    fn web_mp4_keeps_every_frame_and_copies_fitting_audio() {
        let source = sample::Source::new(24 * 60);
        let planned = plan(&shipped("web-mp4"), &source.facts()).unwrap();
        let output = &planned.plan.outputs[0];
        let (renditions, segments) = encoded(output);
        assert_eq!(
            (output.frames, output.end, output.rate),
            (1_440, 1_440, Some(spillway_media::types::Ratio::new(24, 1)))
        );
        assert_eq!(planned.schedules[0].entries.len(), 1_440);
        assert_eq!(segments.iter().map(|s| s.count).sum::<u64>(), 1_440);
        assert!(segments.len() > 8);
        assert_eq!((renditions[0].video.width, renditions[0].video.gop), (1920, 240));
        assert_eq!(output.audio[0].task.codec, None);
        assert!(planned.plan.bytes_needed > 1_000_000);
    }

    #[test]
    fn apple_hls_cuts_all_rungs_on_one_grid() {
        let mut source = sample::Source::new(50 * 90);
        source.summary.constant_rate = Some(spillway_media::types::Ratio::new(50, 1));
        source.index.time_base = spillway_media::types::Ratio::new(1, 50);
        let planned = plan(&shipped("apple-hls"), &source.facts()).unwrap();
        let output = &planned.plan.outputs[0];
        let hls = output.hls.unwrap();
        assert_eq!((hls.gop_frames, hls.segment_frames), (100, 300));
        let (renditions, segments) = encoded(output);
        assert_eq!(renditions.len(), 6);
        assert!(segments.iter().all(|segment| segment.first % hls.gop_frames == 0));
        for rendition in renditions {
            assert_eq!(rendition.video.gop * rendition.every, 100);
            assert!(rendition.video.fixed_gop);
            let slow = rendition.id == "432p" || rendition.id == "360p" || rendition.id == "234p";
            assert_eq!(rendition.every, if slow { 2 } else { 1 }, "{}", rendition.id);
        }
        let audio = &output.audio[0].task;
        assert!(audio.no_priming && audio.fill == Some((output.zero, output.picture_end)));
    }

    #[test]
    fn the_plan_survives_storage_and_repeats_itself() {
        let mut source = sample::Source::new(24 * 60);
        source.make_variable();
        for profile in ["web-mp4", "apple-hls", "youtube", "prores-mezzanine", "hevc-archive", "proxy-edit"] {
            let profile = shipped(profile);
            let first = plan(&profile, &source.facts()).unwrap();
            let text = serde_json::to_string(&first.plan).unwrap();
            assert_eq!(serde_json::from_str::<JobPlan>(&text).unwrap(), first.plan);
            let second = plan(&profile, &source.facts()).unwrap();
            assert_eq!((second.plan, second.schedules), (first.plan, first.schedules));
        }
    }

    #[test]
    fn variable_outputs_carry_their_frame_durations() {
        let mut source = sample::Source::new(90);
        source.make_variable();
        let planned = plan(&shipped("web-mp4"), &source.facts()).unwrap();
        let output = &planned.plan.outputs[0];
        assert_eq!(output.rate, None);
        assert_eq!(output.frame_ticks.len(), 90);
        assert_eq!(output.frame_ticks.iter().sum::<i64>(), output.end);
    }

    #[test]
    fn what_is_not_declared_may_not_be_lost() {
        let mut source = sample::Source::new(240);
        source.probe.video[0].alpha = true;
        source.probe.chapters = 3;
        let failure = plan(&shipped("prores-mezzanine"), &source.facts()).unwrap_err();
        assert_eq!(failure.code, Code::UndeclaredLoss);
        assert!(failure.why.contains("alpha") && failure.next.contains("may_lose"), "{failure:?}");
        let planned = plan(&shipped("apple-hls"), &source.facts()).unwrap();
        let fate = |what| planned.plan.outputs[0].carriage.iter().find(|c| c.what == what).unwrap().fate;
        assert_eq!((fate(Loss::Alpha), fate(Loss::Chapters)), (Fate::Lost, Fate::Lost));
        let planned = plan(&shipped("web-mp4"), &source.facts()).unwrap();
        assert!(planned.plan.outputs[0].chapters);
    }

    #[test]
    fn each_loss_is_told() {
        type Change = fn(&mut sample::Source);
        let losses: [(Loss, Change); 12] = [
            (Loss::Timecode, |s| s.probe.timecode = Some("10:00:00:00".to_owned())),
            (Loss::Captions, |s| s.probe.video[0].captions = true),
            (Loss::Hdr, |s| s.probe.video[0].color.transfer = Some("arib-std-b67".to_owned())),
            (Loss::Color, |s| s.probe.video[0].color.range = Some("pc".to_owned())),
            (Loss::AudioChannels, |s| s.probe.audio[0].channels = 6),
            (Loss::AudioStreams, |s| s.probe.audio.push(sample::audio(2))),
            (Loss::Interlacing, |s| s.probe.video[0].field_order = FieldOrder::TopFirst),
            (Loss::Precision, |s| s.probe.video[0].pixel_format = "yuv422p10le".to_owned()),
            (Loss::Resolution, |s| s.probe.video[0].width = 4_096),
            (Loss::FrameTiming, sample::Source::make_variable),
            (Loss::AudioTail, |s| s.probe.audio[0].duration = Some(48_000 * 20)),
            (Loss::Subtitles, |s| {
                s.probe.other.push(spillway_media::facts::OtherStream {
                    index: 5,
                    kind: "subtitle".to_owned(),
                    codec: "mov_text".to_owned(),
                    language: None,
                });
            }),
        ];
        let mut profile = shipped("youtube");
        profile.output[0].video.codec = spillway_profile::VideoCodec::Hevc;
        for (loss, change) in losses {
            let mut source = sample::Source::new(240);
            change(&mut source);
            let planned = plan(&profile, &source.facts()).unwrap();
            let found = planned.plan.outputs[0].carriage.iter().find(|c| c.what == loss).unwrap();
            assert_ne!(found.fate, Fate::Carried, "{loss:?}: {}", found.text);
            profile.may_lose.retain(|allowed| *allowed != loss);
            assert_eq!(plan(&profile, &source.facts()).unwrap_err().code, Code::UndeclaredLoss, "{loss:?}");
            profile.may_lose.push(loss);
        }
    }

    #[test]
    fn late_pictures_keep_their_distance_to_early_sound() {
        let mut source = sample::Source::new(240);
        for frame in &mut source.index.frames {
            frame.time += 48;
            frame.pts += 48;
        }
        source.index.end += 48;
        let planned = plan(&shipped("web-mp4"), &source.facts()).unwrap();
        let output = &planned.plan.outputs[0];
        assert_eq!((output.zero.ticks, output.first, output.end, output.frames), (0, 48, 288, 240));
        assert_eq!(planned.schedules[0].entries[0].out, 48);
        let planned = plan(&shipped("youtube"), &source.facts()).unwrap();
        assert_eq!((planned.plan.outputs[0].zero.ticks, planned.plan.outputs[0].first), (48, 0));
    }

    #[test]
    fn a_damaged_source_is_one_linear_segment() {
        let mut source = sample::Source::new(24 * 300);
        source.linear = true;
        let planned = plan(&shipped("web-mp4"), &source.facts()).unwrap();
        assert_eq!(encoded(&planned.plan.outputs[0]).1.len(), 1);
    }
}
