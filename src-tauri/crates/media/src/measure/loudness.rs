//! Integrated loudness and true peak of a decoded stream (ITU-R BS.1770-4).

use ebur128::{Channel, EbuR128, Mode};

use crate::{
    ff::{AudioFormat, Decoder, Frame, Graph, Next, Packet, Params},
    types::{MediaCode, MediaError, Ratio},
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
    meter: EbuR128,
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
            room.meter.add_frames_f32(float.plane_f32(0, samples)).map_err(failed)?;
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Heard, MediaError> {
        self.add(None)?;
        let Some(room) = &self.room else {
            return Ok(Heard { lufs: None, true_peak_dbtp: None, errors: self.errors });
        };
        let lufs = room.meter.loudness_global().map_err(failed)?;
        let mut peak = 0.0f64;
        for channel in 0..room.channels {
            peak = peak.max(room.meter.true_peak(channel).map_err(failed)?);
        }
        Ok(Heard {
            lufs: Some(lufs).filter(|lufs| lufs.is_finite()),
            true_peak_dbtp: (peak > 0.0).then(|| 20.0 * peak.log10()),
            errors: self.errors,
        })
    }
}

impl Room {
    fn new(format: &AudioFormat, channels: u32) -> Result<Self, MediaError> {
        let mut meter =
            EbuR128::new(channels, format.sample_rate, Mode::I | Mode::TRUE_PEAK).map_err(failed)?;
        if let Some(map) = channel_map(&format.layout) {
            meter.set_channel_map(map).map_err(failed)?;
        }
        let graph = Graph::audio(format, "aformat=sample_fmts=flt")?;
        Ok(Self { format: format.clone(), graph, meter, channels })
    }
}

/// Loudspeaker positions where the meter's own order of channels is not FFmpeg's.
fn channel_map(layout: &str) -> Option<&'static [Channel]> {
    use Channel::{
        Center, Left, LeftSurround, Mm090, Mm135, Mp090, Mp135, Mp180, Right, RightSurround, Unused,
    };
    match layout {
        "2.1" => Some(&[Left, Right, Unused]),
        "3.0" => Some(&[Left, Right, Center]),
        "4.0" => Some(&[Left, Right, Center, Mp180]),
        "quad" | "quad(side)" => Some(&[Left, Right, LeftSurround, RightSurround]),
        "6.1" => Some(&[Left, Right, Center, Unused, Mp180, Mp090, Mm090]),
        "7.1" => Some(&[Left, Right, Center, Unused, Mp135, Mm135, Mp090, Mm090]),
        _ => None,
    }
}

fn failed(error: ebur128::Error) -> MediaError {
    MediaError::new(MediaCode::Internal, format!("measuring loudness: {error}"))
}
