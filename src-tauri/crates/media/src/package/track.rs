//! One fragmented track: written whole to a temporary file, then cut into its initialisation section
//! and segments at the byte positions of the fragments.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use crate::{
    boxes,
    ff::{Muxer, Packet, Params, SideData},
    stitch::{Ticker, seal},
    task::FileInfo,
    types::{MediaCode, MediaError, Ratio},
};

/// A run of bytes that starts with a `moof` and holds one fragment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fragment {
    /// Position in the temporary file.
    pub(super) start: u64,
    /// First byte after it.
    pub(super) end: u64,
    /// First byte after its first sample.
    pub(super) first_sample_end: u64,
}

/// A track being written.
pub(super) struct TrackWriter {
    muxer: Muxer,
    path: PathBuf,
    base: Ratio,
    cuts: Vec<u64>,
    open: bool,
}

/// A written track, waiting to be cut.
pub(super) struct Track {
    path: PathBuf,
    cuts: Vec<u64>,
}

impl TrackWriter {
    /// Starts the track in `folder`. `late`: the first packet's time is not zero but where the track
    /// begins.
    pub(super) fn create(
        folder: &Path,
        params: &Params,
        base: Ratio,
        side_data: &[SideData],
        rate: Option<Ratio>,
        language: Option<&str>,
        late: bool,
    ) -> Result<Self, MediaError> {
        let path = folder.join(".track");
        let mut muxer = Muxer::create("mp4", &path)?;
        let color = params.color();
        let tagged = color.primaries.is_some() || color.transfer.is_some() || color.matrix.is_some();
        // Reordering and priming are taken back by one edit in the initialisation section (the muxer
        // knows it with the first packet, hence the delayed `moov`) and not by negative composition
        // offsets, which FFmpeg's demuxer shifts away from the sound in fragmented files.
        let mut flags = "+frag_custom+empty_moov+delay_moov+default_base_moof+skip_trailer".to_owned();
        if late {
            flags.push_str("+frag_discont");
        }
        if tagged {
            flags.push_str("+write_colr");
        }
        muxer.option("movflags", &flags);
        muxer.option("use_editlist", "1");
        let stream = muxer.add(params, base)?;
        muxer.mark_default(stream);
        for side in side_data {
            muxer.side_data(stream, side);
        }
        if let Some(rate) = rate {
            muxer.rate(stream, rate);
        }
        if let Some(language) = language {
            muxer.stream_tag(stream, "language", language);
        }
        muxer.start()?;
        Ok(Self { muxer, path, base, cuts: Vec::new(), open: false })
    }

    /// Appends a packet to the current fragment. Its duration is its decode duration.
    pub(super) fn write(&mut self, packet: &mut Packet) -> Result<(), MediaError> {
        packet.set_stream(0);
        packet.rescale(self.base, self.muxer.time_base(0));
        self.open = true;
        self.muxer.write(packet)?;
        if self.cuts.is_empty() {
            self.muxer.flush()?;
            self.cuts.push(self.muxer.position());
        }
        Ok(())
    }

    /// Ends the current fragment.
    pub(super) fn cut(&mut self) -> Result<(), MediaError> {
        if self.open {
            self.open = false;
            self.muxer.flush()?;
            self.cuts.push(self.muxer.position());
        }
        Ok(())
    }

    /// Ends the track.
    pub(super) fn finish(mut self) -> Result<Track, MediaError> {
        self.cut()?;
        self.muxer.finish()?;
        Ok(Track { path: self.path, cuts: self.cuts })
    }
}

impl Track {
    /// The fragments, with what I-frame playlists need of them.
    pub(super) fn fragments(&self) -> Result<Vec<Fragment>, MediaError> {
        let mut file = File::open(&self.path)?;
        let odd = || MediaError::new(MediaCode::Internal, "the muxer did not write one fragment per cut");
        self.cuts
            .windows(2)
            .map(|pair| {
                let sample = boxes::first_sample(&mut file, pair[0], pair[1])?.ok_or_else(odd)?;
                Ok(Fragment { start: pair[0], end: pair[1], first_sample_end: sample.end })
            })
            .collect()
    }

    /// Writes the initialisation section beside the track.
    pub(super) fn write_init(&self, name: &str, ticker: &mut Ticker<'_>) -> Result<FileInfo, MediaError> {
        self.copy(0, self.cuts.first().copied().unwrap_or(0), "init.mp4", name, ticker)
    }

    /// Writes bytes of the track as a file beside it; `name` is relative to the package.
    pub(super) fn copy(
        &self,
        start: u64,
        end: u64,
        file_name: &str,
        name: &str,
        ticker: &mut Ticker<'_>,
    ) -> Result<FileInfo, MediaError> {
        let path = self.path.with_file_name(file_name);
        let mut from = File::open(&self.path)?;
        from.seek(SeekFrom::Start(start))?;
        let mut to = File::create_new(&path)?;
        let copied = std::io::copy(&mut from.take(end - start), &mut to)?;
        to.flush()?;
        if copied != end - start {
            return Err(MediaError::new(
                MediaCode::Internal,
                "a fragment is shorter than it was when written",
            ));
        }
        seal(&path, name.to_owned(), ticker)
    }

    /// Removes the temporary file.
    pub(super) fn remove(self) -> Result<(), MediaError> {
        Ok(std::fs::remove_file(self.path)?)
    }
}
