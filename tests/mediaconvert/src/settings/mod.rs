//! From the settings of a job to the words of ffmpeg's command line.

mod clip;
mod codec;
mod picture;
mod sound;
mod support;

use serde_json::Value;

use crate::{
    bill::Made,
    jobs::array,
    names::{self, Facts},
    transcode::probe::{Probe, Video, value},
    work::Failure,
};

pub(crate) use clip::Range;

/// What becomes of one output.
pub(crate) struct Plan {
    /// Options of ffmpeg for it, its file left out.
    pub(crate) words: Vec<String>,
    /// Name of the container's muxer.
    pub(crate) format: &'static str,
    /// What it will be; its frames and length are counted afterwards.
    pub(crate) made: Made,
    /// Frames that it must have, where that is certain.
    pub(crate) frames: Option<u64>,
}

/// The plans of all outputs, by group.
pub(crate) fn plans(request: &Value, probe: &Probe) -> Result<Vec<Vec<Plan>>, Failure> {
    if let Some(setting) = support::refused(request) {
        return Err(unsupported(&setting));
    }
    let inputs = array(&request["settings"]["inputs"]);
    let [input] = inputs else { return Err(unsupported("/inputs: more than one")) };
    let clips = clip::ranges(input, probe.video.as_ref())?;
    let mut plans: Vec<Vec<Plan>> = Vec::new();
    for group in array(&request["settings"]["outputGroups"]) {
        let mut row = Vec::new();
        for output in array(&group["outputs"]) {
            row.push(plan(request, group, input, output, probe, &clips)?);
        }
        plans.push(row);
    }
    let mut places: Vec<&str> = plans.iter().flatten().map(|plan| plan.made.place.as_str()).collect();
    places.sort_unstable();
    if let Some([twice, ..]) = places.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err((1040, format!("Two outputs have the same file: {twice}")));
    }
    Ok(plans)
}

/// A job that asks for what is not simulated.
pub(crate) fn unsupported(setting: &str) -> Failure {
    (1040, format!("Invalid settings: the simulator does not do {setting}"))
}

fn plan(
    request: &Value,
    group: &Value,
    input: &Value,
    output: &Value,
    probe: &Probe,
    clips: &[Range],
) -> Result<Plan, Failure> {
    let container = &output["containerSettings"];
    let (format, mut words) = match container["container"].as_str() {
        Some("MP4") => ("mp4", Vec::new()),
        Some("MOV") => ("mov", Vec::new()),
        _ => return Err(unsupported("an output without container MP4 or MOV")),
    };
    let mut made =
        Made { container: container["container"].as_str().unwrap_or_default().to_owned(), ..Made::default() };
    let mut frames = None;
    if output["videoDescription"].is_null() {
        words.push("-vn".to_owned());
    } else {
        let video = probe.video.as_ref().ok_or_else(|| (1020, "No video stream in the input.".to_owned()))?;
        frames = Some(pictures(input, &output["videoDescription"], video, clips, &mut words, &mut made)?);
    }
    let rate = probe.video.as_ref().map(|video| (video.rate, video.start));
    words.extend(sound::words(input, output, probe.sounds, rate, clips)?);
    if format == "mov" || container["mp4Settings"]["moovPlacement"] != "NORMAL" {
        words.extend(["-movflags", "+faststart"].map(str::to_owned));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rates are small")]
    let facts = Facts {
        width: made.width,
        height: made.height,
        rate: if made.frame_rate.1 == 0 { 0 } else { value(made.frame_rate).round() as u32 },
    };
    made.place = names::place(request, group, output, &facts)
        .map_err(|identifier| unsupported(&format!("the identifier {identifier} in a name")))?;
    Ok(Plan { words, format, made, frames })
}

/// Adds the words for the pictures; how many there will be.
fn pictures(
    input: &Value,
    description: &Value,
    video: &Video,
    clips: &[Range],
    words: &mut Vec<String>,
    made: &mut Made,
) -> Result<u64, Failure> {
    let codec = &description["codecSettings"];
    let name = codec["codec"].as_str().ok_or_else(|| unsupported("a picture without codec"))?;
    let settings = match name {
        "H_264" => &codec["h264Settings"],
        "H_265" => &codec["h265Settings"],
        _ => &codec["proresSettings"],
    };
    let before: u64 = clips.iter().map(Range::frames).sum();
    let before = if clips.is_empty() { video.frames } else { before };
    let rate = picture::Rate::of(settings, video, before)?;
    let format = codec::pixel_format(name, settings)?;
    let frame = picture::frame(input, description, settings, video)?;
    let filters = picture::filters(input, description, video, clips, &frame, &rate, format)?;
    words.extend(["-map", "0:v:0", "-vf"].map(str::to_owned));
    words.push(filters);
    words.extend(["-fps_mode", "passthrough", "-pix_fmt", format].map(str::to_owned));
    words.extend(codec::words(name, settings, description, rate.target)?);
    words.extend(["-video_track_timescale".to_owned(), track_timescale(rate.target).to_string()]);
    let text = |value: &Value| value.as_str().map(str::to_owned);
    (made.width, made.height) = (frame.width, frame.height);
    made.frame_rate = rate.target;
    made.codec = Some(name.to_owned());
    made.quality_tuning_level = text(&settings["qualityTuningLevel"]);
    made.rate_control_mode = text(&settings["rateControlMode"]);
    Ok(rate.frames)
}

/// Ticks a second in which a frame is a whole number of them.
fn track_timescale(rate: (u32, u32)) -> u32 {
    if rate.1 == 1 && rate.0 < 1000 { rate.0 * 1000 } else { rate.0 }
}

/// A whole number of the settings.
pub(crate) fn number(value: &Value) -> Option<u32> {
    value.as_u64().and_then(|number| u32::try_from(number).ok())
}
