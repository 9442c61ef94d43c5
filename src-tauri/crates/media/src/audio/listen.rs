//! Hears a finished encoding as a player will: decoded again, so that the codec's own overshoot counts.

use super::{block::Block, layout, place::grid, source::drain};
use crate::{
    ff::{AudioFormat, Decoder, Fault, Frame, Graph, Next, Packet, Params},
    meter::{Meter, Reading},
    types::{MediaCode, MediaError},
};

/// Decodes packets and measures them.
pub(super) struct Listener {
    decoder: Decoder,
    frame: Frame,
    format: AudioFormat,
    graph: Option<Graph>,
    meter: Meter,
}

impl Listener {
    pub(super) fn new(params: &Params, format: &AudioFormat, channels: usize) -> Result<Self, MediaError> {
        Ok(Self {
            decoder: Decoder::open(params, grid(format.sample_rate), 1)?,
            frame: Frame::new(),
            format: format.clone(),
            graph: None,
            meter: Meter::new(format, u32::try_from(channels).unwrap_or(0))?,
        })
    }

    pub(super) fn hear(&mut self, packet: &Packet) -> Result<(), MediaError> {
        self.decoder.send(Some(packet)).map_err(unreadable)?;
        self.receive()
    }

    /// The reading of everything heard.
    pub(super) fn finish(mut self) -> Result<Reading, MediaError> {
        self.decoder.send(None).map_err(unreadable)?;
        self.receive()?;
        self.meter.reading()
    }

    fn receive(&mut self) -> Result<(), MediaError> {
        while self.decoder.receive(&mut self.frame).map_err(unreadable)? == Next::Item {
            let block = self.block()?;
            self.meter.add_planar(&block.planes())?;
        }
        Ok(())
    }

    fn block(&mut self) -> Result<Block, MediaError> {
        let graph = if let Some(graph) = &mut self.graph {
            graph
        } else {
            let sample_format = self.frame.sample_format().unwrap_or_default();
            let from = AudioFormat { sample_format, layout: self.frame.layout(), ..self.format.clone() };
            let chain = layout::chain(&from.layout, self.frame.channels(), &self.format.layout);
            self.graph.insert(Graph::audio(&from, &chain)?)
        };
        graph.send(Some(&self.frame))?;
        drain(graph, &mut self.frame)
    }
}

fn unreadable(fault: Fault) -> MediaError {
    fault.during("decoding what was just encoded", MediaCode::Internal)
}
