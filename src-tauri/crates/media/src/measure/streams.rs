//! One pass over all packets of an input.

use super::{
    audio::AudioScan,
    decode,
    video::{VideoFound, VideoScan},
};
use crate::{
    facts::Probe,
    ff::{Input, Next, Packet},
    measured::MeasuredAudio,
    stitch::Ticker,
    task::MeasureTask,
    types::{MediaError, Ratio},
};

/// Opens the input again from its start.
pub(super) type Reopen<'a> = &'a dyn Fn() -> Result<Input, MediaError>;

/// What the pass found.
pub(super) struct Found {
    pub(super) video: Vec<VideoFound>,
    pub(super) audio: Vec<MeasuredAudio>,
    pub(super) faults: Vec<String>,
}

/// Reads all packets of pictures and sound, then decodes what the task asks for.
pub(super) fn measure(
    reopen: Reopen<'_>,
    probe: &Probe,
    task: &MeasureTask,
    ticker: &mut Ticker<'_>,
) -> Result<Found, MediaError> {
    let mut input = reopen()?;
    let mut videos = Vec::new();
    for facts in &probe.video {
        videos.push(VideoScan::new(&input, facts)?);
    }
    let mut audios = Vec::new();
    for facts in &probe.audio {
        audios.push(AudioScan::new(&input, facts, task.loudness)?);
    }
    let wanted: Vec<usize> =
        probe.video.iter().map(|v| v.index).chain(probe.audio.iter().map(|a| a.index)).collect();
    input.select(&wanted);
    let mut packet = Packet::new();
    while input.read(&mut packet)? == Next::Item {
        ticker.step()?;
        let stream = packet.stream();
        if let Some(scan) = videos.iter_mut().find(|scan| scan.stream == stream) {
            scan.add(&packet)?;
        } else if let Some(scan) = audios.iter_mut().find(|scan| scan.stream == stream) {
            scan.add(&packet)?;
        }
    }
    let iso = probe.format.contains("mov");
    let mut faults = Vec::new();
    let mut video = Vec::new();
    for scan in videos {
        let (index, base) = (scan.stream, scan.base);
        let stated = input.stream(index)?.duration();
        let (mut found, said) = scan.finish(stated.filter(|_| iso));
        faults.extend(said);
        let check = decode::check(reopen, index, base, &found, task, ticker)?;
        found.measured.decoded = check.decoded;
        found.measured.decode_errors = check.errors;
        faults.extend(check.faults);
        video.push(found);
    }
    let zero = video.first().map_or((0, Ratio::new(1, 1)), |v| (v.measured.first, v.measured.time_base));
    let mut audio = Vec::new();
    for (n, scan) in audios.into_iter().enumerate() {
        let stated = input.stream(scan.stream)?.duration();
        let (mut measured, said) = scan.finish(zero, iso, stated)?;
        measured.id = format!("audio{}", n + 1);
        faults.extend(said);
        audio.push(measured);
    }
    Ok(Found { video, audio, faults })
}
