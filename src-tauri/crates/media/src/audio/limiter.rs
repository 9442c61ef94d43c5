//! True-peak limiter: looks ahead, so that nothing passes the ceiling, not even between samples.

use std::collections::VecDeque;

use super::block::Block;

/// Points per sample interval at which the waveform is reconstructed (ITU-R BS.1770-4 annex 2 asks for 4).
const OVERSAMPLING: usize = 4;
/// Samples on either side of an interval that take part in the reconstruction.
const REACH: usize = 8;
/// Gain falls over this time before a peak, in seconds.
const ATTACK: f64 = 0.005;
/// Time constant of the gain's return, in seconds.
const RELEASE: f64 = 0.1;

/// Lowers the gain of all channels together around peaks above the ceiling. As many samples come out as
/// go in, each at its place.
pub(super) struct Limiter {
    ceiling: f32,
    kernel: [[f32; 2 * REACH]; OVERSAMPLING - 1],
    /// Sound whose gain is not known yet; the first sample is the next to go out.
    delayed: Block,
    /// The samples of every channel that still take part in a reconstruction.
    recent: Vec<Vec<f32>>,
    /// Peak between the last sample that has been judged and the next.
    last_interval: f32,
    gain: Gain,
    /// Gains not due yet because the first of them belong to time before the first sample.
    ahead: usize,
}

/// The smoothed gain: a sliding minimum, a slow return, a moving average.
struct Gain {
    look: usize,
    /// Falling-to-rising candidates for the minimum, with their index.
    minimum: VecDeque<(u64, f32)>,
    seen: u64,
    released: f64,
    release: f64,
    window: VecDeque<f64>,
    sum: f64,
}

impl Gain {
    fn new(rate: u32) -> Self {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few hundred samples")]
        let look = ((f64::from(rate) * ATTACK).round() as usize).max(1);
        Self {
            look,
            minimum: VecDeque::new(),
            seen: 0,
            released: 1.0,
            release: 1.0 - (-1.0 / (RELEASE * f64::from(rate))).exp(),
            window: VecDeque::with_capacity(look + 1),
            sum: 0.0,
        }
    }

    /// Takes the highest gain allowed at the newest sample, gives the gain to use `look` samples earlier.
    ///
    /// Every value in the average is a minimum over a window that contains that sample: the average
    /// cannot be above what is allowed there.
    fn next(&mut self, allowed: f32) -> f64 {
        while self.minimum.back().is_some_and(|(_, value)| *value >= allowed) {
            self.minimum.pop_back();
        }
        self.minimum.push_back((self.seen, allowed));
        while self.minimum.front().is_some_and(|(index, _)| index + (self.look as u64) < self.seen) {
            self.minimum.pop_front();
        }
        self.seen += 1;
        let lowest = self.minimum.front().map_or(1.0, |(_, value)| f64::from(*value));
        self.released = lowest.min(self.released + (lowest - self.released) * self.release);
        self.window.push_back(self.released);
        self.sum += self.released;
        if self.window.len() > self.look + 1 {
            self.sum -= self.window.pop_front().unwrap_or(0.0);
        }
        #[allow(clippy::cast_precision_loss, reason = "a few hundred samples")]
        let count = self.window.len() as f64;
        (self.sum / count).min(1.0)
    }
}

impl Limiter {
    /// `ceiling`: highest true peak as a factor of full scale.
    pub(super) fn new(rate: u32, channels: usize, ceiling: f32) -> Self {
        let gain = Gain::new(rate);
        Self {
            ceiling,
            kernel: std::array::from_fn(|n| kernel(n + 1)),
            delayed: Block::empty(channels),
            recent: vec![vec![0.0; 2 * REACH - 1]; channels],
            last_interval: 0.0,
            ahead: gain.look + REACH,
            gain,
        }
    }

    /// Takes a stretch, gives what is finished; the rest comes with later calls.
    pub(super) fn push(&mut self, block: &Block) -> Block {
        self.delayed.append(block);
        let gains = self.judge(block);
        self.apply(&gains)
    }

    /// The rest; the limiter is at its end afterwards.
    pub(super) fn finish(&mut self) -> Block {
        let beyond = Block::silence(self.recent.len(), self.gain.look + REACH);
        let gains = self.judge(&beyond);
        self.apply(&gains)
    }

    fn apply(&mut self, gains: &[f32]) -> Block {
        let mut block = self.delayed.take_front(gains.len());
        for channel in block.channels_mut() {
            for (sample, gain) in channel.iter_mut().zip(gains) {
                *sample *= gain;
            }
        }
        block
    }

    /// The gains that become known with these samples, for the samples that are due.
    fn judge(&mut self, block: &Block) -> Vec<f32> {
        let mut gains = Vec::with_capacity(block.len());
        for (at, between) in self.peaks(block) {
            let highest = at.max(between).max(self.last_interval);
            self.last_interval = between;
            let allowed = if highest > self.ceiling { self.ceiling / highest } else { 1.0 };
            let gain = self.gain.next(allowed);
            if self.ahead > 0 {
                self.ahead -= 1;
            } else {
                #[allow(clippy::cast_possible_truncation, reason = "from 0 to 1")]
                gains.push(gain as f32);
            }
        }
        gains
    }

    /// For every new sample, the levels of the sample [`REACH`] earlier and of the interval behind it.
    fn peaks(&mut self, block: &Block) -> Vec<(f32, f32)> {
        let mut peaks = vec![(0.0f32, 0.0f32); block.len()];
        for (recent, channel) in self.recent.iter_mut().zip(block.channels()) {
            recent.extend_from_slice(channel);
            for ((at, between), window) in peaks.iter_mut().zip(recent.windows(2 * REACH)) {
                *at = at.max(window[REACH - 1].abs());
                for kernel in &self.kernel {
                    let point: f32 = window.iter().zip(kernel).map(|(s, k)| s * k).sum();
                    *between = between.max(point.abs());
                }
            }
            recent.drain(..channel.len());
        }
        peaks
    }
}

/// Windowed sinc for the point `phase / OVERSAMPLING` behind sample `REACH - 1`.
fn kernel(phase: usize) -> [f32; 2 * REACH] {
    use std::f64::consts::PI;
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "small numbers")]
    std::array::from_fn(|n| {
        let distance = n as f64 - (REACH - 1) as f64 - phase as f64 / OVERSAMPLING as f64;
        let window = (PI * distance / (2 * REACH) as f64).cos().powi(2);
        ((PI * distance).sin() / (PI * distance) * window) as f32
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn run(limiter: &mut Limiter, input: &Block, piece: usize) -> Block {
        let mut out = Block::empty(input.channels().len());
        let mut left = input.clone();
        while !left.is_empty() {
            let front = left.take_front(piece);
            out.append(&limiter.push(&front));
        }
        out.append(&limiter.finish());
        out
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "test signal")]
    fn tone(frequency: f64, level: f64, phase: f64, len: usize) -> Vec<f32> {
        let step = std::f64::consts::TAU * frequency / 48_000.0;
        (0..len).map(|n| (level * (step * n as f64 + phase).sin()) as f32).collect()
    }

    #[test]
    fn what_is_below_the_ceiling_passes_untouched() {
        let input = Block::new(vec![tone(997.0, 0.5, 0.0, 9000), tone(440.0, 0.3, 1.0, 9000)]);
        assert_eq!(run(&mut Limiter::new(48_000, 2, 0.6), &input, 1000), input);
    }

    #[test]
    fn peaks_between_samples_are_caught() {
        // A quarter of the sample rate, sampled off its peaks: samples at 0.707, waveform at 1.
        let input = Block::new(vec![tone(12_000.0, 1.0, std::f64::consts::FRAC_PI_4, 48_000)]);
        assert!(input.channels()[0].iter().all(|s| s.abs() < 0.71));
        let out = run(&mut Limiter::new(48_000, 1, 0.8), &input, 777);
        let mut meter = ebur128::EbuR128::new(1, 48_000, ebur128::Mode::TRUE_PEAK).unwrap();
        meter.add_frames_planar_f32(&[&out.channels()[0][1000..47_000]]).unwrap();
        let peak = meter.true_peak(0).unwrap();
        assert!((0.76..0.81).contains(&peak), "{peak}");
    }

    #[test]
    fn a_click_stays_where_it_is() {
        let mut samples = tone(1000.0, 0.1, 0.0, 20_000);
        samples[10_000] = 1.0;
        let out = run(&mut Limiter::new(48_000, 1, 0.5), &Block::new(vec![samples]), 512);
        let channel = &out.channels()[0];
        let at = channel.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0;
        assert_eq!((at, channel.len()), (10_000, 20_000));
        assert!((0.45..=0.5001).contains(&channel[at]), "{}", channel[at]);
    }

    proptest! {
        #[test]
        fn nothing_passes_the_ceiling_and_nothing_is_lost(
            samples in prop::collection::vec(-4.0f32..4.0, 1..3000),
            ceiling in 0.05f32..1.0,
            piece in 1usize..700,
        ) {
            let input = Block::new(vec![samples.clone()]);
            let out = run(&mut Limiter::new(8000, 1, ceiling), &input, piece);
            prop_assert_eq!(out.len(), input.len());
            for (out, before) in out.channels()[0].iter().zip(&samples) {
                prop_assert!(out.abs() <= ceiling * 1.0001);
                prop_assert!(out * before >= 0.0, "only the gain changes");
            }
        }
    }
}
