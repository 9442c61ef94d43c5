//! The frame index of a source: the time, size and kind of every frame, in presentation order.

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Read, Write},
    path::Path,
};

use crate::types::Ratio;

const MAGIC: &[u8; 8] = b"SPWIDX01";

/// All frames of a picture stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameIndex {
    /// Unit of the times, in seconds.
    pub time_base: Ratio,
    /// Frames in presentation order; `time` rises strictly.
    pub frames: Vec<Frame>,
    /// End of the last frame in ticks.
    pub end: i64,
}

/// One frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// Presentation time in ticks as the decoder reports it.
    pub pts: i64,
    /// Presentation time in ticks, mended so that times rise strictly; equals `pts` in sound sources.
    pub time: i64,
    /// Packet size in bytes.
    pub bytes: u32,
    /// Decoding can start here.
    pub key: bool,
}

impl FrameIndex {
    /// Writes the index: temporary name, sync, rename.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let part = path.with_extension("part");
        let mut file = BufWriter::new(File::create(&part)?);
        file.write_all(MAGIC)?;
        file.write_all(&self.time_base.num.to_le_bytes())?;
        file.write_all(&self.time_base.den.to_le_bytes())?;
        file.write_all(&self.end.to_le_bytes())?;
        file.write_all(&(self.frames.len() as u64).to_le_bytes())?;
        for frame in &self.frames {
            file.write_all(&frame.pts.to_le_bytes())?;
            file.write_all(&frame.time.to_le_bytes())?;
            file.write_all(&frame.bytes.to_le_bytes())?;
            file.write_all(&[u8::from(frame.key)])?;
        }
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        std::fs::rename(&part, path)
    }

    /// Reads an index back.
    ///
    /// # Errors
    /// Those of the file system; `InvalidData` when it is not an index.
    pub fn read(path: &Path) -> io::Result<Self> {
        let bad = || io::Error::new(io::ErrorKind::InvalidData, "not a frame index");
        let mut file = BufReader::new(File::open(path)?);
        if &take::<8>(&mut file)? != MAGIC {
            return Err(bad());
        }
        let time_base =
            Ratio::new(i32::from_le_bytes(take(&mut file)?), i32::from_le_bytes(take(&mut file)?));
        if time_base.num <= 0 || time_base.den <= 0 {
            return Err(bad());
        }
        let end = i64::from_le_bytes(take(&mut file)?);
        let count = u64::from_le_bytes(take(&mut file)?);
        let mut frames = Vec::new();
        for _ in 0..count {
            frames.push(Frame {
                pts: i64::from_le_bytes(take(&mut file)?),
                time: i64::from_le_bytes(take(&mut file)?),
                bytes: u32::from_le_bytes(take(&mut file)?),
                key: take::<1>(&mut file)?[0] != 0,
            });
        }
        Ok(Self { time_base, frames, end })
    }

    /// The exact rate when frames are evenly spaced, `None` for variable timing.
    ///
    /// Evenly spaced means: every time is the ideal one as rounding to ticks would give it, so
    /// deviations from the ideal span less than one tick, and none at all where a frame lasts a whole
    /// number of ticks. Standard rates (23.976 … 60) come first, the
    /// one that fits best; then the exact average.
    pub fn constant_rate(&self) -> Option<Ratio> {
        let first = self.frames.first()?.time;
        let count = i64::try_from(self.frames.len()).ok()?;
        let span = self.end - first;
        if span <= 0 {
            return None;
        }
        let best = STANDARD_RATES
            .iter()
            .filter_map(|rate| Some((self.spread(first, *rate, 1.0 - 1e-6)?, *rate)))
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, rate)| rate);
        // The average carries the rounding of both ends, half a tick each way.
        best.or_else(|| {
            self.average_rate(count, span).filter(|rate| self.spread(first, *rate, 1.5).is_some())
        })
    }

    fn average_rate(&self, count: i64, span: i64) -> Option<Ratio> {
        let num = i128::from(count) * i128::from(self.time_base.den);
        let den = i128::from(span) * i128::from(self.time_base.num);
        let divisor = gcd(num, den);
        Some(Ratio::new(i32::try_from(num / divisor).ok()?, i32::try_from(den / divisor).ok()?))
    }

    /// How far deviations from an ideal clock span, in ticks; `None`: more than rounding explains.
    /// The end counts in short clips, where a few frames alone would fit many rates.
    fn spread(&self, first: i64, rate: Ratio, allowed: f64) -> Option<f64> {
        let per_frame = 1.0 / (rate.as_f64() * self.time_base.as_f64());
        let end = (self.frames.len() < 10).then_some(self.end);
        let (mut least, mut most) = (0.0f64, 0.0f64);
        for (time, n) in self.frames.iter().map(|f| f.time).chain(end).zip(0u32..) {
            #[allow(clippy::cast_precision_loss, reason = "exact below 2^53 ticks")]
            let deviation = (time - first) as f64 - f64::from(n) * per_frame;
            least = least.min(deviation);
            most = most.max(deviation);
            if most - least > allowed {
                return None;
            }
        }
        Some(most - least)
    }
}

const STANDARD_RATES: [Ratio; 9] = [
    Ratio::new(24_000, 1_001),
    Ratio::new(24, 1),
    Ratio::new(25, 1),
    Ratio::new(30_000, 1_001),
    Ratio::new(30, 1),
    Ratio::new(48, 1),
    Ratio::new(50, 1),
    Ratio::new(60_000, 1_001),
    Ratio::new(60, 1),
];

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn take<const N: usize>(file: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::rescale;

    fn index(time_base: Ratio, times: &[i64], end: i64) -> FrameIndex {
        let frame = |t: &i64| Frame { pts: *t, time: *t, bytes: 1, key: true };
        FrameIndex { time_base, frames: times.iter().map(frame).collect(), end }
    }

    fn ideal(time_base: Ratio, rate: Ratio, count: i64) -> FrameIndex {
        let at = |n| rescale(n, rate.inverse(), time_base) + 7;
        index(time_base, &(0..count).map(at).collect::<Vec<_>>(), at(count))
    }

    #[test]
    fn standard_rates_are_found_in_any_timebase() {
        for base in [Ratio::new(1, 1000), Ratio::new(1, 90_000), Ratio::new(1, 600), Ratio::new(1, 15_360)] {
            for rate in STANDARD_RATES {
                assert_eq!(ideal(base, rate, 2000).constant_rate(), Some(rate), "{base:?}");
                assert!(ideal(base, rate, 9).constant_rate().is_some(), "{base:?}");
            }
        }
    }

    #[test]
    fn an_odd_rate_is_found_as_the_average() {
        let odd = Ratio::new(179, 6);
        assert_eq!(
            ideal(Ratio::new(1, 90_000), odd, 1189).constant_rate().map(|r| (r.as_f64() * 1000.0).round()),
            Some(29833.0)
        );
    }

    #[test]
    fn one_late_frame_makes_it_variable() {
        let mut late = ideal(Ratio::new(1, 90_000), Ratio::new(25, 1), 100);
        late.frames[50].time += 2;
        assert_eq!(late.constant_rate(), None);
    }

    #[test]
    fn an_index_survives_its_file_and_noise_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("index");
        let written = ideal(Ratio::new(1, 1000), Ratio::new(24, 1), 50);
        written.write(&path).unwrap();
        assert_eq!(FrameIndex::read(&path).unwrap(), written);
        let bytes = std::fs::read(&path).unwrap();
        for length in [0, 7, 20, bytes.len() - 1] {
            std::fs::write(&path, &bytes[..length]).unwrap();
            assert!(FrameIndex::read(&path).is_err());
        }
    }
}
