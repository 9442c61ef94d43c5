//! One audio packet file as a stream of packets.

use std::{collections::VecDeque, path::Path};

use crate::{
    ff::{Next, Packet, Params, SideData},
    part::PartReader,
    types::{MediaCode, MediaError, Ratio},
};

/// Packets read ahead, so that the end is known before the last of them is written: an encoder's
/// padding reaches over at most the last few.
const AHEAD: usize = 4;

/// An audio programme on its way to a muxer.
pub(crate) struct Sound {
    reader: PartReader,
    waiting: VecDeque<Packet>,
    last_dts: Option<i64>,
}

impl Sound {
    /// Opens the packet file and reads its first packets.
    pub(crate) fn open(path: &Path) -> Result<Self, MediaError> {
        let reader = PartReader::open(path)?;
        if !reader.params.is_audio() {
            return Err(MediaError::new(MediaCode::PartCorrupt, "a packet file does not hold audio"));
        }
        let mut sound = Self { reader, waiting: VecDeque::new(), last_dts: None };
        sound.fill()?;
        Ok(sound)
    }

    /// Description of the stream.
    pub(crate) fn params(&self) -> &Params {
        &self.reader.params
    }

    /// Unit of all times, in seconds.
    pub(crate) fn base(&self) -> Ratio {
        self.reader.time_base
    }

    /// ISO 639-2 language, if one was stored.
    pub(crate) fn language(&self) -> Option<String> {
        self.reader.side_data.iter().find_map(SideData::as_language)
    }

    /// Presentation time of the first packet; negative: priming. `None`: there are no packets.
    pub(crate) fn start(&self) -> Option<i64> {
        self.waiting.front().and_then(Packet::pts)
    }

    /// Samples at the start that are there for the decoder only.
    pub(crate) fn priming(&self) -> u32 {
        let stated = self.waiting.front().map(Packet::side_data).unwrap_or_default();
        let stated = stated.iter().find_map(SideData::as_skip_samples).map(|(front, _)| front);
        stated.unwrap_or_else(|| self.params().initial_padding())
    }

    /// Decode time of the next packet.
    pub(crate) fn peek(&self) -> Option<i64> {
        self.waiting.front().and_then(|packet| packet.dts().or(packet.pts()))
    }

    fn fill(&mut self) -> Result<(), MediaError> {
        while self.waiting.len() < AHEAD && self.reader.end().is_none() {
            let mut packet = Packet::new();
            if self.reader.next(&mut packet)? == Next::Item {
                self.waiting.push_back(packet);
            }
        }
        Ok(())
    }

    /// The next packet; the last ones end where the presentation ends.
    pub(crate) fn next(&mut self) -> Result<Option<Packet>, MediaError> {
        self.fill()?;
        let Some(mut packet) = self.waiting.pop_front() else { return Ok(None) };
        let bad = |why: &str| MediaError::new(MediaCode::PartCorrupt, format!("an audio packet file: {why}"));
        let pts = packet.pts().ok_or_else(|| bad("a packet has no presentation time"))?;
        let dts = packet.dts().unwrap_or(pts);
        if self.last_dts.is_some_and(|last| dts <= last) || dts > pts {
            return Err(bad("its times do not rise"));
        }
        self.last_dts = Some(dts);
        let duration = match self.reader.end() {
            Some(end) => packet.duration().min((end - pts).max(0)),
            None => packet.duration(),
        };
        packet.set_times(Some(pts), Some(dts), duration);
        Ok(Some(packet))
    }
}
