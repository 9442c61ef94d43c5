//! Encoding into a packet file, with times that need no container to be right.

use std::collections::VecDeque;

use spillway_profile::AudioCodec;

use super::{
    block::Block,
    place::grid,
    resample::{float_frame, sound},
};
use crate::{
    ff::{AudioEncoder, AudioFormat, Frame, Next, Packet, Params, SideData},
    part::PartWriter,
    task::{AudioTask, PartInfo},
    types::MediaError,
};

/// Samples per packet where the codec does not say.
const PCM_CHUNK: usize = 2048;

/// An open encoder with the packet file behind it.
pub(super) struct Encoding {
    codec: AudioCodec,
    encoder: AudioEncoder,
    format: AudioFormat,
    chunk: usize,
    fifo: Block,
    /// Samples put into the encoder.
    sent: i64,
    packets: Packets,
}

/// Gives encoded packets their times and passes them on to the file.
struct Packets {
    writer: PartWriter,
    /// Samples in the next packet that comes out of the encoder.
    length: i64,
    start: i64,
    /// Time of the next packet that comes out of the encoder.
    next: i64,
    no_priming: bool,
    /// Not written yet: the end may lie in or before them.
    held: VecDeque<Packet>,
    /// What has been written, for whoever listens to the result.
    fresh: Vec<Packet>,
}

/// Packets that an encoder may give after the end of the sound.
const HELD: usize = 4;

impl Encoding {
    /// `format` is that of the blocks; the first sample's time is `start`.
    pub(super) fn create(
        task: &AudioTask,
        codec: AudioCodec,
        format: &AudioFormat,
        channels: usize,
        start: i64,
    ) -> Result<Self, MediaError> {
        let (name, sample_format) = match codec {
            AudioCodec::Aac => ("aac", "fltp"),
            AudioCodec::PcmS16le => ("pcm_s16le", "s16"),
            AudioCodec::PcmS24le => ("pcm_s24le", "s32"),
        };
        let format = AudioFormat { sample_format: sample_format.into(), ..format.clone() };
        let bit_rate = task.bit_rate.filter(|_| codec == AudioCodec::Aac);
        let encoder = AudioEncoder::open(name, &format, bit_rate)?;
        let chunk = if encoder.frame_size() == 0 { PCM_CHUNK } else { encoder.frame_size() };
        let mut params = encoder.params()?;
        let padding = encoder.initial_padding();
        if task.no_priming {
            params.set_initial_padding(0);
        }
        let packets = Packets {
            writer: create_part(task, &params, format.sample_rate)?,
            length: i64::try_from(chunk).unwrap_or(0),
            start,
            next: start - i64::from(padding),
            no_priming: task.no_priming,
            held: VecDeque::new(),
            fresh: Vec::new(),
        };
        Ok(Self { codec, encoder, format, chunk, fifo: Block::empty(channels), sent: 0, packets })
    }

    /// Description of the stream.
    pub(super) fn params(&self) -> Result<Params, MediaError> {
        self.encoder.params()
    }

    pub(super) fn push(&mut self, block: &Block) -> Result<(), MediaError> {
        self.fifo.append(block);
        while self.fifo.len() >= self.chunk {
            let chunk = self.fifo.take_front(self.chunk);
            self.send(&chunk)?;
        }
        Ok(())
    }

    fn send(&mut self, chunk: &Block) -> Result<(), MediaError> {
        let mut frame = match self.codec {
            AudioCodec::Aac => float_frame(&self.format, chunk)?,
            AudioCodec::PcmS16le => integer_frame(&self.format, chunk, |s| to_s16(s).to_ne_bytes())?,
            AudioCodec::PcmS24le => integer_frame(&self.format, chunk, |s| to_s24(s).to_ne_bytes())?,
        };
        let length = i64::try_from(chunk.len()).unwrap_or(0);
        frame.set_pts(self.packets.start + self.sent);
        self.sent += length;
        if self.codec != AudioCodec::Aac {
            // One packet for each frame, of its length; AAC's are all of one length.
            self.packets.length = length;
        }
        self.encoder.send(Some(&frame))?;
        self.receive()
    }

    fn receive(&mut self) -> Result<(), MediaError> {
        let mut packet = Packet::new();
        while self.encoder.receive(&mut packet)? == Next::Item {
            self.packets.take(std::mem::replace(&mut packet, Packet::new()))?;
        }
        Ok(())
    }

    /// Packets written since the last call.
    pub(super) fn take_fresh(&mut self) -> Vec<Packet> {
        std::mem::take(&mut self.packets.fresh)
    }

    /// Encodes what is left, and settles the end. [`Self::take_fresh`] gives the last packets.
    pub(super) fn drain(&mut self) -> Result<(), MediaError> {
        let rest = std::mem::take(&mut self.fifo);
        if !rest.is_empty() {
            self.send(&rest)?;
        }
        self.encoder.send(None)?;
        self.receive()?;
        self.packets.settle(self.packets.start + self.sent)
    }

    /// Closes the file. Gives it with the number of samples that a decoder presents.
    pub(super) fn finish(self) -> Result<(PartInfo, u64), MediaError> {
        let part = self.packets.writer.finish(self.packets.start + self.sent)?;
        Ok((part, u64::try_from(self.sent).unwrap_or(0)))
    }
}

impl Packets {
    fn take(&mut self, mut packet: Packet) -> Result<(), MediaError> {
        let time = self.next;
        self.next += self.length;
        if self.no_priming && self.next <= self.start {
            return Ok(());
        }
        packet.set_times(Some(time), Some(time), self.length);
        packet.set_key(true);
        self.held.push_back(packet);
        if self.held.len() > HELD {
            self.write_first(None)?;
        }
        Ok(())
    }

    /// Writes the first packet held, cut at `end`.
    fn write_first(&mut self, end: Option<i64>) -> Result<(), MediaError> {
        let Some(mut packet) = self.held.pop_front() else { return Ok(()) };
        let (time, length) = (packet.pts().unwrap_or(0), packet.duration());
        let past = end.map_or(0, |end| (time + length - end).clamp(0, length));
        let early = if self.writer.packets() == 0 { self.start - time } else { 0 };
        let skip = |samples: i64| u32::try_from(samples).unwrap_or(0);
        if early > 0 || past > 0 {
            packet.add_side_data(&SideData::skip_samples(skip(early), skip(past)));
        }
        packet.set_times(Some(time), Some(time), length - past);
        self.writer.write(&packet)?;
        self.fresh.push(packet);
        Ok(())
    }

    fn settle(&mut self, end: i64) -> Result<(), MediaError> {
        while self.held.back().is_some_and(|p| p.pts().is_some_and(|time| time >= end)) {
            self.held.pop_back();
        }
        while !self.held.is_empty() {
            self.write_first(Some(end))?;
        }
        Ok(())
    }
}

/// The task's packet file, with times in samples.
pub(super) fn create_part(task: &AudioTask, params: &Params, rate: u32) -> Result<PartWriter, MediaError> {
    let language: Vec<SideData> = task.language.as_deref().map(SideData::language).into_iter().collect();
    PartWriter::create(&task.out, params, grid(rate), &language)
}

/// An interleaved frame of integer samples.
fn integer_frame<const N: usize>(
    format: &AudioFormat,
    block: &Block,
    bytes_of: impl Fn(f32) -> [u8; N],
) -> Result<Frame, MediaError> {
    let mut frame = sound(format, block.len())?;
    let channels = block.channels();
    let step = channels.len() * N;
    let plane = frame.plane_bytes_mut(0, block.len() * step);
    for (c, channel) in channels.iter().enumerate() {
        for (sample, target) in channel.iter().zip(plane.chunks_exact_mut(step)) {
            target[c * N..][..N].copy_from_slice(&bytes_of(*sample));
        }
    }
    Ok(frame)
}

#[allow(clippy::cast_possible_truncation, reason = "float casts saturate, which is what clipping is")]
fn to_s16(sample: f32) -> i16 {
    (sample * 32_768.0).round_ties_even() as i16
}

/// 24 bits in the upper part of 32, as FFmpeg's encoder takes them.
#[allow(clippy::cast_possible_truncation, reason = "float casts saturate; clamped to 24 bits")]
fn to_s24(sample: f32) -> i32 {
    ((f64::from(sample) * 8_388_608.0).round_ties_even() as i32).clamp(-8_388_608, 8_388_607) << 8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_survive_the_way_through_floats() {
        for n in i16::MIN..=i16::MAX {
            assert_eq!(to_s16(f32::from(n) / 32_768.0), n);
        }
        #[allow(clippy::cast_precision_loss, reason = "24 bits fit")]
        for n in (-8_388_608i32..=8_388_607).step_by(997) {
            assert_eq!(to_s24(n as f32 / 8_388_608.0), n << 8);
        }
        assert_eq!((to_s16(1.5), to_s16(-1.5), to_s16(f32::NAN)), (i16::MAX, i16::MIN, 0));
        assert_eq!((to_s24(1.5), to_s24(-1.5)), (8_388_607 << 8, -8_388_608 << 8));
    }
}
