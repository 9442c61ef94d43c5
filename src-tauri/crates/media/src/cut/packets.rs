//! The packets of one picture stream from a place on, each with what the selection needs to know of it.

use std::path::Path;

use super::{fields::FieldPairs, select::Row};
use crate::{
    ff::{Input, Next, Packet, SideData},
    open::open,
    types::{MediaCode, MediaError},
};

/// Where reading begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Landing {
    /// At the file's beginning.
    Start,
    /// Where a seek to this time (ticks of the stream) lands.
    At(i64),
}

/// See the module.
pub(super) struct Packets {
    input: Input,
    stream: usize,
    pairs: FieldPairs,
    /// What was read last.
    pub(super) packet: Packet,
    extradata: Vec<u8>,
}

impl Packets {
    /// Opens the source there; `None` when it cannot be sought.
    pub(super) fn open(path: &Path, stream: usize, landing: Landing) -> Result<Option<Self>, MediaError> {
        let mut input = open(path)?;
        let params = input.stream(stream)?.params();
        input.select(&[stream]);
        if let Landing::At(time) = landing
            && !input.seek(stream, time)
        {
            return Ok(None);
        }
        let extradata = params.extradata().to_vec();
        let pairs = FieldPairs::new(&params.codec(), &extradata);
        Ok(Some(Self { input, stream, pairs, packet: Packet::new(), extradata }))
    }

    /// The source.
    pub(super) fn input(&self) -> &Input {
        &self.input
    }

    /// The next packet of the stream; its data are in `packet`.
    pub(super) fn next(&mut self) -> Result<Option<Row>, MediaError> {
        while self.input.read(&mut self.packet)? == Next::Item {
            if self.packet.stream() != self.stream {
                continue;
            }
            let packet = &self.packet;
            let changed = |side: &SideData| side.is_new_extradata() && side.bytes() != self.extradata;
            if packet.side_data().iter().any(changed) {
                let message =
                    "the picture changes its coding midway, which a file for another encoder cannot say";
                return Err(MediaError::new(MediaCode::Unsupported, message));
            }
            return Ok(Some(Row {
                pts: packet.pts(),
                dts: packet.dts(),
                duration: packet.duration(),
                key: packet.is_key(),
                hidden: packet.is_discarded(),
                joined: self.pairs.is_second(packet.data()),
            }));
        }
        Ok(None)
    }
}
