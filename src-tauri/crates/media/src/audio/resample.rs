//! One continuous run of sound to another sample rate.

use super::{block::Block, source::drain};
use crate::{
    ff::{AudioFormat, Frame, Graph},
    types::{MediaCode, MediaError},
};

/// Converts the rate of a run; the first sample out lies where the first sample in does.
pub(super) struct Resampler {
    /// `None`: the rates are equal.
    graph: Option<Graph>,
    format: AudioFormat,
    frame: Frame,
    samples: i64,
}

impl Resampler {
    pub(super) fn new(from: u32, to: &AudioFormat) -> Result<Self, MediaError> {
        let format = AudioFormat { sample_rate: from, ..to.clone() };
        let chain =
            format!("aresample={},aformat=sample_fmts=fltp:channel_layouts={}", to.sample_rate, to.layout);
        let graph = (from != to.sample_rate).then(|| Graph::audio(&format, &chain)).transpose()?;
        Ok(Self { graph, format, frame: Frame::new(), samples: 0 })
    }

    /// Rate of what is put in, in Hz.
    pub(super) fn rate(&self) -> u32 {
        self.format.sample_rate
    }

    pub(super) fn push(&mut self, block: Block) -> Result<Block, MediaError> {
        let Some(graph) = &mut self.graph else { return Ok(block) };
        let mut frame = float_frame(&self.format, &block)?;
        frame.set_pts(self.samples);
        self.samples += i64::try_from(block.len()).unwrap_or(0);
        graph.send(Some(&frame))?;
        drain(graph, &mut self.frame)
    }

    /// What is still inside; the run ends here.
    pub(super) fn finish(&mut self) -> Result<Block, MediaError> {
        let Some(mut graph) = self.graph.take() else { return Ok(Block::default()) };
        graph.send(None)?;
        drain(&mut graph, &mut self.frame)
    }
}

/// A frame with a copy of the block's samples; `format` must be planar float.
pub(super) fn float_frame(format: &AudioFormat, block: &Block) -> Result<Frame, MediaError> {
    let mut frame = sound(format, block.len())?;
    for (n, channel) in block.channels().iter().enumerate() {
        frame.plane_f32_mut(n, channel.len()).copy_from_slice(channel);
    }
    Ok(frame)
}

/// An empty frame.
pub(super) fn sound(format: &AudioFormat, len: usize) -> Result<Frame, MediaError> {
    Frame::sound(format, len).ok_or_else(|| {
        MediaError::new(MediaCode::Internal, format!("no frame for {len} samples of {}", format.layout))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(from: u32, to: u32, len: usize) -> Block {
        let format = AudioFormat { sample_rate: to, sample_format: "fltp".into(), layout: "mono".into() };
        let mut resampler = Resampler::new(from, &format).unwrap();
        let mut out = Block::empty(1);
        let mut left = Block::new(vec![(0..len).map(|n| if n == len / 2 { 1.0 } else { 0.0 }).collect()]);
        while !left.is_empty() {
            out.append(&resampler.push(left.take_front(1000)).unwrap());
        }
        out.append(&resampler.finish().unwrap());
        out
    }

    #[test]
    fn length_and_place_are_kept() {
        for (from, to) in
            [(44_100, 48_000), (48_000, 44_100), (96_000, 48_000), (8_000, 48_000), (48_000, 48_000)]
        {
            let out = run(from, to, from as usize);
            let off = out.len().abs_diff(to as usize);
            assert!(off <= 1, "{from} to {to}: {} samples", out.len());
            let peak = out.channels()[0].iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0;
            assert!(peak.abs_diff(to as usize / 2) <= 1, "{from} to {to}: peak at {peak}");
        }
    }
}
