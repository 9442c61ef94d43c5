//! Loudness: deciding what corrects a programme (ITU-R BS.1770-4, EBU R 128).

use spillway_profile::Loudness;

use crate::meter::Reading;

/// What is done to the sound.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Correction {
    pub(super) gain_db: f64,
    /// Ceiling of the limiter in dBTP; `None`: no limiter.
    pub(super) ceiling_dbtp: Option<f64>,
}

/// The meters of limiter and receipt reconstruct peaks differently, and lossy codecs add a little.
const PEAK_MARGIN_DB: f64 = 0.2;
/// Share of the tolerance that is used up here; the rest is for the meters of others.
const USED_TOLERANCE: f64 = 0.5;

/// The correction for a programme that reads like this; `None`: silence, nothing to correct.
pub(super) fn plan(source: Reading, want: &Loudness) -> Option<Correction> {
    let gain_db = want.target_lufs - source.lufs?;
    let over = source.true_peak_dbtp + gain_db > want.true_peak_dbtp;
    Some(Correction { gain_db, ceiling_dbtp: over.then_some(want.true_peak_dbtp - PEAK_MARGIN_DB) })
}

/// A correction and what came of it.
pub(super) type Try = (Correction, Reading);

/// A better correction after some tries, of which the first is the untouched source; `None`: the last
/// result is as wanted.
pub(super) fn refine(tries: &[Try], want: &Loudness) -> Option<Correction> {
    let (used, result) = *tries.last()?;
    let miss = want.target_lufs - result.lufs?;
    let over = result.true_peak_dbtp - want.true_peak_dbtp;
    if miss.abs() <= want.tolerance_lu * USED_TOLERANCE && over <= 0.0 {
        return None;
    }
    let gain_db = used.gain_db + miss / effect(tries, want);
    let highest = want.true_peak_dbtp - PEAK_MARGIN_DB;
    let ceiling_dbtp = match used.ceiling_dbtp {
        _ if over > 0.0 => Some(used.ceiling_dbtp.unwrap_or(want.true_peak_dbtp) - over - PEAK_MARGIN_DB),
        None if result.true_peak_dbtp + miss > want.true_peak_dbtp => Some(highest),
        unchanged => unchanged,
    };
    Some(Correction { gain_db, ceiling_dbtp })
}

/// LU that come of one more dB. A limiter takes part of it away, how much shows between two tries: best
/// between two that lie on either side of the target.
fn effect(tries: &[Try], want: &Loudness) -> f64 {
    let point = |(used, result): &Try| Some((used.gain_db, result.lufs? - want.target_lufs));
    let mut points = tries.iter().rev().filter_map(point);
    let Some((gain, off)) = points.next() else { return 1.0 };
    let slope = |(g, o): (f64, f64)| (off - o) / (gain - g);
    let usable = |(g, _): &(f64, f64)| (gain - g).abs() > 0.1;
    let across = points.clone().filter(usable).filter(|(_, o)| o * off < 0.0);
    match across.min_by(|a, b| a.1.abs().total_cmp(&b.1.abs())) {
        Some(other) => slope(other).clamp(0.1, 2.0),
        // Outside of what has been tried a long step is a guess.
        None => points.find(usable).map_or(1.0, |other| slope(other).clamp(0.5, 1.0)),
    }
}

/// A level in dB as a factor.
pub(super) fn factor(db: f64) -> f32 {
    #[allow(clippy::cast_possible_truncation, reason = "samples are of this precision")]
    let factor = 10f64.powf(db / 20.0) as f32;
    factor
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANT: Loudness = Loudness { target_lufs: -23.0, true_peak_dbtp: -1.0, tolerance_lu: 0.5 };

    fn reading(lufs: f64, true_peak_dbtp: f64) -> Reading {
        Reading { lufs: Some(lufs), true_peak_dbtp }
    }

    #[test]
    fn silence_is_left_alone() {
        let silent = Reading { lufs: None, true_peak_dbtp: f64::NEG_INFINITY };
        assert_eq!(plan(silent, &WANT), None);
        assert_eq!(refine(&[(Correction::default(), silent); 2], &WANT), None);
    }

    #[test]
    fn the_limiter_comes_in_only_for_peaks() {
        let calm = plan(reading(-30.0, -12.0), &WANT).unwrap();
        assert_eq!(calm, Correction { gain_db: 7.0, ceiling_dbtp: None });
        let peaky = plan(reading(-30.0, -3.0), &WANT).unwrap();
        assert_eq!(peaky.ceiling_dbtp, Some(-1.2));
    }

    #[test]
    fn a_result_is_corrected_until_it_fits() {
        let source = (Correction::default(), reading(-30.0, -8.0));
        let used = Correction { gain_db: 7.0, ceiling_dbtp: None };
        assert_eq!(refine(&[source, (used, reading(-23.1, -1.2))], &WANT), None);
        // The encoder's overshoot.
        let lower = refine(&[source, (used, reading(-23.0, -0.5))], &WANT).unwrap();
        assert!(lower.ceiling_dbtp.unwrap() < -1.5);
        // The limiter took one of seven dB away, and will again.
        let limited = Correction { gain_db: 7.0, ceiling_dbtp: Some(-1.1) };
        let tries = [source, (limited, reading(-24.0, -1.05))];
        let louder = refine(&tries, &WANT).unwrap();
        assert_eq!(louder.ceiling_dbtp, Some(-1.1));
        assert!((louder.gain_db - (7.0 + 7.0 / 6.0)).abs() < 1e-9, "{louder:?}");
        // Too much now: the way back is between the two.
        let tries = [tries[0], tries[1], (louder, reading(-22.0, -1.05))];
        let between = refine(&tries, &WANT).unwrap();
        assert!((limited.gain_db..louder.gain_db).contains(&between.gain_db), "{between:?}");
    }
}
