//! Integrated loudness and true peak of a decoded stream (ITU-R BS.1770-4).

use crate::{
    ff::{AudioFormat, Decoder, Frame, Graph, Next, Packet, Params},
    meter::Meter,
    types::{MediaError, Ratio},
};

/// Decodes a stream and listens to it.
pub(super) struct Listening {
    decoder: Decoder,
    frame: Frame,
    room: Option<Room>,
    errors: u64,
}

/// Converter and meter, once the first frame has shown the format.
struct Room {
    format: AudioFormat,
    graph: Graph,
    meter: Meter,
    channels: u32,
}

/// What was heard.
pub(super) struct Heard {
    pub(super) lufs: Option<f64>,
    pub(super) true_peak_dbtp: Option<f64>,
    pub(super) errors: u64,
}

impl Listening {
    pub(super) fn open(params: &Params, base: Ratio) -> Result<Self, MediaError> {
        Ok(Self { decoder: Decoder::open(params, base, 1)?, frame: Frame::new(), room: None, errors: 0 })
    }

    /// Takes a packet; `None` marks the end.
    pub(super) fn add(&mut self, packet: Option<&Packet>) -> Result<(), MediaError> {
        match self.decoder.send(packet) {
            Ok(true) => {}
            Ok(false) => {
                self.drain()?;
                self.errors += u64::from(!matches!(self.decoder.send(packet), Ok(true)));
            }
            Err(_) => self.errors += 1,
        }
        self.drain()
    }

    fn drain(&mut self) -> Result<(), MediaError> {
        loop {
            match self.decoder.receive(&mut self.frame) {
                Ok(Next::Item) => self.hear()?,
                Ok(Next::More | Next::End) => return Ok(()),
                Err(_) => {
                    self.errors += 1;
                    return Ok(());
                }
            }
        }
    }

    fn hear(&mut self) -> Result<(), MediaError> {
        let format = AudioFormat {
            sample_rate: self.frame.sample_rate(),
            sample_format: self.frame.sample_format().unwrap_or_default(),
            layout: self.frame.layout(),
        };
        let room = match &mut self.room {
            Some(room) => room,
            empty => empty.insert(Room::new(&format, self.frame.channels())?),
        };
        if room.format != format {
            // A format that changes midway would need a second meter; it is a fault by itself.
            self.errors += 1;
            return Ok(());
        }
        room.graph.send(Some(&self.frame))?;
        let mut float = Frame::new();
        while room.graph.receive(&mut float)? == Next::Item {
            let samples = float.samples() * room.channels as usize;
            room.meter.add_interleaved(float.plane_f32(0, samples))?;
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Heard, MediaError> {
        self.add(None)?;
        let Some(room) = &self.room else {
            return Ok(Heard { lufs: None, true_peak_dbtp: None, errors: self.errors });
        };
        let reading = room.meter.reading()?;
        Ok(Heard {
            lufs: reading.lufs,
            true_peak_dbtp: Some(reading.true_peak_dbtp).filter(|peak| peak.is_finite()),
            errors: self.errors,
        })
    }
}

impl Room {
    fn new(format: &AudioFormat, channels: u32) -> Result<Self, MediaError> {
        let meter = Meter::new(format, channels)?;
        let graph = Graph::audio(format, "aformat=sample_fmts=flt")?;
        Ok(Self { format: format.clone(), graph, meter, channels })
    }
}
