//! Built-in rules of HLS folders.

use spillway_media::measured::{Measured, MeasuredHls};

use super::{
    Outcome, RuleResult,
    line::{Part, kbps, line, shown, yes},
};
use crate::plan::{
    HlsPlan, OutputPlan,
    number::{approx, whole},
};

/// Segments, playlists and declared bit rates.
pub(super) fn planned(plan: &OutputPlan, measured: &Measured) -> Vec<RuleResult> {
    let Some(grid) = plan.hls else { return Vec::new() };
    let Some(hls) = &measured.hls else {
        let part = Part::whole("an HLS folder", "none", false);
        return line("hls-playlists", "Playlists", Outcome::Fail, &[part]).into_iter().collect();
    };
    let mut lines = common(hls);
    lines.extend(segment_length(plan, grid, hls));
    if grid.i_frame_playlists {
        lines.extend(i_frame_playlists(hls, measured.video.len()));
    }
    lines
}

/// What holds for every HLS folder.
pub(super) fn common(hls: &MeasuredHls) -> Vec<RuleResult> {
    let idr = Part::whole("yes", yes(hls.segments_start_idr), hls.segments_start_idr);
    let aligned = Part::whole("yes", yes(hls.keyframes_aligned), hls.keyframes_aligned);
    let longest = hls.longest_segment_s;
    // RFC 8216: EXTINF, rounded to the nearest second, is at most the target duration.
    let target = Part::whole(
        format!("rounds to at most {} s", hls.target_seconds),
        format!("{} s", shown(longest)),
        whole(longest) <= u64::from(hls.target_seconds),
    );
    let declared: Vec<Part> = hls
        .rungs
        .iter()
        .map(|rung| {
            // Apple allows the declared values to be off by a tenth.
            let peak = approx(rung.measured_peak) <= approx(rung.declared_peak) * 1.1;
            let average = approx(rung.measured_average) <= approx(rung.declared_average) * 1.1;
            Part::of(
                &rung.id,
                format!("peak {}, average {}", kbps(rung.declared_peak), kbps(rung.declared_average)),
                format!("peak {}, average {}", kbps(rung.measured_peak), kbps(rung.measured_average)),
                peak && average,
            )
        })
        .collect();
    [
        line("segments-idr", "Every segment starts with an IDR", Outcome::Fail, &[idr]),
        line("aligned", "Keyframes of all renditions stand at the same times", Outcome::Fail, &[aligned]),
        line("target-duration", "Segments fit the target duration", Outcome::Fail, &[target]),
        line("declared-bit-rates", "Playlists declare the true bit rates", Outcome::Fail, &declared),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn segment_length(plan: &OutputPlan, grid: HlsPlan, hls: &MeasuredHls) -> Option<RuleResult> {
    let seconds = approx(grid.segment_frames) / plan.rate?.as_f64();
    let frame = 1.0 / plan.rate?.as_f64();
    let part = Part::whole(
        format!("at most {} s", shown(seconds)),
        format!("{} s", shown(hls.longest_segment_s)),
        hls.longest_segment_s <= seconds + frame,
    );
    line("segment-length", "Length of segments", Outcome::Fail, &[part])
}

pub(super) fn i_frame_playlists(hls: &MeasuredHls, rungs: usize) -> Option<RuleResult> {
    let part = Part::whole(
        rungs.to_string(),
        hls.i_frame_playlists.to_string(),
        u64::from(hls.i_frame_playlists) == rungs as u64,
    );
    line("i-frame-playlists", "I-frame playlists", Outcome::Fail, &[part])
}
