//! One audio rendition, cut beside the picture's segments.

use super::{
    MICROSECONDS, Segment, codecs::codecs, playlist::AudioRendition, segment_name, track::TrackWriter,
};
use crate::{
    language,
    stitch::{Sound, Ticker},
    task::{AudioInput, FileInfo, PackageTask},
    types::{MediaCode, MediaError, rescale},
};

/// What the playlists need to know of a written rendition.
pub(super) struct AudioTrack {
    pub(super) rendition: AudioRendition,
    pub(super) segments: Vec<Segment>,
    pub(super) files: Vec<FileInfo>,
}

/// Writes the media files of a rendition into its folder; `boundaries` are the starts of the
/// picture's segments in µs.
pub(super) fn write_audio(
    task: &PackageTask,
    input: &AudioInput,
    boundaries: &[i64],
    ticker: &mut Ticker<'_>,
) -> Result<AudioTrack, MediaError> {
    let mut sound = Sound::open(&input.path)?;
    let base = sound.base();
    let refused = |why: &str| {
        MediaError::new(
            MediaCode::Refused,
            format!("audio {}: {why}, which HLS segments cannot express", input.id),
        )
    };
    let frame = i64::from(sound.params().frame_size().max(1));
    let start = sound.start().ok_or_else(|| refused("there are no packets"))?;
    if boundaries.get(1).is_some_and(|second| rescale(start, base, MICROSECONDS) >= *second) {
        return Err(refused("it starts after the first segment"));
    }
    let folder = task.out.join(&input.id);
    std::fs::create_dir(&folder)?;
    let mut params = sound.params().duplicate();
    params.set_tag(None);
    let code = input.language.clone().or_else(|| sound.language());
    let tag = code.as_deref().map(language::terminology);
    let mut writer = TrackWriter::create(&folder, &params, base, &[], None, tag.as_deref(), start > 0)?;
    let mut durations: Vec<i64> = Vec::new();
    while let Some(mut packet) = sound.next()? {
        let pts = packet.pts().unwrap_or(0);
        let dts = packet.dts().unwrap_or(pts);
        let middle = rescale(pts + frame / 2, base, MICROSECONDS);
        if durations.is_empty() || boundaries.get(durations.len()).is_some_and(|boundary| middle >= *boundary)
        {
            writer.cut()?;
            // Silence before a late start belongs to the first segment's time.
            durations.push(if durations.is_empty() { pts } else { 0 });
        }
        packet.set_times(Some(pts), Some(dts), packet.duration());
        if let Some(last) = durations.last_mut() {
            *last += packet.duration();
        }
        writer.write(&mut packet)?;
        ticker.alive()?;
    }
    let track = writer.finish()?;
    let fragments = track.fragments()?;
    if fragments.len() != durations.len() {
        return Err(MediaError::new(MediaCode::Internal, "the muxer did not write one fragment per segment"));
    }
    let mut files = vec![track.write_init(&format!("{}/init.mp4", input.id), ticker)?];
    let mut segments = Vec::new();
    for (n, (fragment, duration)) in fragments.iter().zip(&durations).enumerate() {
        let name = segment_name(n);
        let info =
            track.copy(fragment.start, fragment.end, &name, &format!("{}/{name}", input.id), ticker)?;
        segments.push(Segment {
            name,
            bytes: info.bytes,
            duration_us: rescale(*duration, base, MICROSECONDS),
        });
        files.push(info);
    }
    track.remove()?;
    let rendition = AudioRendition {
        id: input.id.clone(),
        name: code.as_deref().map_or_else(|| input.id.clone(), language::display_name),
        language: code.as_deref().map(language::short_code),
        channels: params.channels(),
        codecs: codecs(&params)?,
    };
    Ok(AudioTrack { rendition, segments, files })
}
