//! One output: container, picture, ladder.

use super::{Checks, audio, codec};
use crate::error::Path;
use crate::{
    AudioFit, Container, EditList, FrameRateMode, Output, RateControl, Rung, Scan, Size, Video, VideoCodec,
};

pub(super) fn check(checks: &mut Checks, output: &Output, at: &Path) {
    checks.id(&output.id, &at.key("id"));
    let video = &output.video;
    let at_video = at.key("video");
    codec::check(checks, video, &at_video);
    picture(checks, video, &at_video);
    gop(checks, video, &at_video.key("gop"));
    if let Some(rate) = &video.rate {
        rate_control(checks, rate, video.codec, &at_video.key("rate"));
    }
    if video.codec == VideoCodec::Prores {
        let good = output.container == Container::Mov;
        checks.expect(good, &at.key("container"), "prores goes into mov files only");
    }
    packaging(checks, output, at);
    for (n, rung) in video.rung.iter().enumerate() {
        self::rung(checks, video, rung, &at_video.key("rung").index(n));
    }
    tracks(checks, output, at);
}

fn picture(checks: &mut Checks, video: &Video, at: &Path) {
    if let Size::Fit { width, height } = video.size {
        bounds(checks, width, height, &at.key("size"));
    }
    let constant = video.frame_rate.mode == FrameRateMode::Constant;
    if let Some(max) = video.frame_rate.max {
        let at = at.key("frame_rate").key("max");
        checks.within("the highest frame rate", max, (1.0, 1000.0), "", &at);
        checks.expect(constant, &at, "a highest frame rate needs mode = \"constant\"");
    }
    let scaled = video.size != Size::Keep || !video.rung.is_empty();
    let good = video.scan == Scan::Progressive || !scaled;
    checks.expect(
        good,
        &at.key("scan"),
        "fields can't be scaled: scan = \"keep\" needs size = \"keep\" and no ladder",
    );
    let good = video.scan == Scan::Progressive || video.codec != VideoCodec::Hevc;
    checks.expect(good, &at.key("scan"), "hevc is made from frames only: scan = \"progressive\"");
    if let Some(pass) = video.pass_through {
        let good = pass.max_kbps != Some(0);
        checks.expect(good, &at.key("pass_through"), "max_kbps must be positive");
    }
}

fn bounds(checks: &mut Checks, width: u32, height: u32, at: &Path) {
    let good = [width, height].iter().all(|side| (16..=16_384).contains(side));
    checks.expect(good, at, format!("pictures are 16 to 16384 pixels wide and high, not {width}x{height}"));
}

fn gop(checks: &mut Checks, video: &Video, at: &Path) {
    let gop = video.gop;
    if video.codec == VideoCodec::Prores {
        return; // Every frame is a keyframe, whatever this says.
    }
    checks.within("keyframe distance", gop.seconds, (0.0, 60.0), " seconds", &at.key("seconds"));
    checks.expect(
        gop.b_frames.is_none_or(|frames| frames <= 16),
        &at.key("b_frames"),
        "at most 16 B-frames in a row",
    );
    let good = gop.seconds > 0.0 || gop.b_frames == Some(0);
    checks.expect(good, &at.key("b_frames"), "seconds = 0 (all intra) needs b_frames = 0");
}

fn rate_control(checks: &mut Checks, rate: &RateControl, codec: VideoCodec, at: &Path) {
    let fixed = *rate == RateControl::Codec;
    let good = fixed == (codec == VideoCodec::Prores);
    checks.expect(
        good,
        at,
        if fixed { "mode = \"codec\" is for prores" } else { "prores needs mode = \"codec\"" },
    );
    match *rate {
        RateControl::Crf { crf } => factor(checks, crf, at),
        RateControl::CappedCrf { crf, max_kbps, buffer_kbit } => {
            factor(checks, crf, at);
            checks.expect(max_kbps > 0, &at.key("max_kbps"), "max_kbps must be positive");
            // Under half a second the encoder can't spend bits where they are needed.
            let good = buffer_kbit > 0 && u64::from(buffer_kbit) * 2 >= u64::from(max_kbps);
            checks.expect(
                good,
                &at.key("buffer_kbit"),
                "the buffer must hold at least half a second of max_kbps",
            );
        }
        RateControl::Codec => {}
    }
}

fn factor(checks: &mut Checks, crf: f32, at: &Path) {
    // Through text, so that 18.4 is not shown as 18.399999618530273.
    let crf = crf.to_string().parse().unwrap_or(f64::NAN);
    checks.within("crf", crf, (0.0, 51.0), "", &at.key("crf"));
}

fn packaging(checks: &mut Checks, output: &Output, at: &Path) {
    let video = &output.video;
    match (output.container, &output.hls) {
        (Container::Hls, None) => {
            let fix = Some("for example: hls = { segment_seconds = 6 }".to_owned());
            checks.add(&at.key("container"), "container \"hls\" needs an hls table", fix);
        }
        (Container::Hls, Some(hls)) => segments(checks, video, hls.segment_seconds, at),
        (_, Some(_)) => checks.add(&at.key("hls"), "the hls table is for container = \"hls\" only", None),
        (_, None) => {}
    }
    let at = at.key("video");
    if output.container == Container::Hls {
        ladder(checks, video, &at);
    } else {
        checks.expect(video.rung.is_empty(), &at.key("rung"), "rungs are for container = \"hls\" only");
        if video.rate.is_none() {
            let fix = Some("for example: rate = { mode = \"crf\", crf = 20 }".to_owned());
            checks.add(&at, format!("output \"{}\" needs a rate", output.id), fix);
        }
    }
}

fn segments(checks: &mut Checks, video: &Video, seconds: f64, at: &Path) {
    let at_seconds = at.key("hls").key("segment_seconds");
    checks.within("a segment", seconds, (1.0, 60.0), " seconds", &at_seconds);
    let gops = seconds / video.gop.seconds;
    let whole = gops >= 1.0 && (gops - gops.round()).abs() < 1e-6;
    let message = format!("segments of {seconds} s are no whole number of GOPs of {} s", video.gop.seconds);
    checks.expect(whole, &at_seconds, message);
    let gop = at.key("video").key("gop");
    checks.expect(video.gop.fixed, &gop, "a ladder needs keyframes at the same times: gop.fixed = true");
    let constant = video.frame_rate.mode == FrameRateMode::Constant;
    let message = "a ladder needs frame_rate.mode = \"constant\", or segments differ in length";
    checks.expect(constant, &at.key("video").key("frame_rate"), message);
}

fn ladder(checks: &mut Checks, video: &Video, at: &Path) {
    checks.expect(!video.rung.is_empty(), at, "container \"hls\" needs at least one rung");
    checks.expect(video.rate.is_none(), &at.key("rate"), "with a ladder each rung has its own rate");
    checks.expect(video.size == Size::Keep, &at.key("size"), "with a ladder each rung has its own box");
    let none = video.pass_through.is_none();
    checks.expect(
        none,
        &at.key("pass_through"),
        "a ladder is always encoded: the source's keyframes don't fit",
    );
    let ids = video.rung.iter().map(|rung| rung.id.clone());
    checks.unique("rung", ids, |n| at.key("rung").index(n).key("id"));
    let area = |rung: &Rung| u64::from(rung.width) * u64::from(rung.height);
    for (n, pair) in video.rung.windows(2).enumerate() {
        let message = format!("rung \"{}\" is larger than the one before it: largest first", pair[1].id);
        checks.expect(area(&pair[0]) >= area(&pair[1]), &at.key("rung").index(n + 1), message);
    }
}

fn rung(checks: &mut Checks, video: &Video, rung: &Rung, at: &Path) {
    checks.id(&rung.id, &at.key("id"));
    bounds(checks, rung.width, rung.height, at);
    rate_control(checks, &rung.rate, video.codec, &at.key("rate"));
    codec::rung(checks, video, rung, at);
    if let Some(max) = rung.max_frame_rate {
        checks.within("the highest frame rate", max, (1.0, 1000.0), "", &at.key("max_frame_rate"));
    }
}

fn tracks(checks: &mut Checks, output: &Output, at: &Path) {
    let ids = output.audio.iter().map(|audio| audio.id.clone());
    checks.unique("audio", ids, |n| at.key("audio").index(n).key("id"));
    for (n, track) in output.audio.iter().enumerate() {
        let at = at.key("audio").index(n);
        audio::check(checks, track, output.container, &at);
        let good = output.edit_list == EditList::Allow || track.fit == AudioFit::Picture;
        let message = format!(
            "audio \"{}\": without edit lists it must start with the picture: fit = \"picture\"",
            track.id
        );
        checks.expect(good, &at.key("fit"), message);
    }
}
