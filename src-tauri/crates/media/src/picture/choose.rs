//! Which frame is shown.

use super::{
    reel::{Reel, Shown},
    still,
};
use crate::{
    stitch::Ticker,
    types::{MediaCode, MediaError},
};

/// Where a poster is looked for first, in per cent of the playing time.
const PLACES: [i64; 6] = [10, 25, 50, 75, 5, 90];
/// Standard deviation of the brightness (0 to 255) from which on a picture shows something. Black,
/// flat and fading pictures stay below 10, most photographed scenes are above 35.
const TELLING: f64 = 24.0;
/// Frames decoded from the beginning where no keyframe shows anything.
const WALK_FRAMES: u32 = 300;
/// Distance of the frames looked at on that walk.
const WALK_STEP: u32 = 12;
/// How often the way back before a time is doubled until decoding is sound.
const MOST_STEPS_BACK: u32 = 12;
/// How often a frame that did not come out is tried from further back.
const MOST_GAPS: u32 = 3;

/// A frame that shows something, else the one that shows most.
pub(super) fn poster(reel: &mut Reel, ticker: &mut Ticker<'_>) -> Result<Shown, MediaError> {
    let mut best: Option<(f64, Shown)> = None;
    if let Some(duration) = reel.duration_ms() {
        for place in PLACES {
            reel.wind(duration / 100 * place + duration % 100 * place / 100)?;
            let Some(shown) = reel.next(ticker)? else { continue };
            if best.as_ref().is_some_and(|(_, held)| held.at_ms == shown.at_ms) {
                continue;
            }
            if keep(&mut best, shown)? {
                break;
            }
        }
    }
    if best.as_ref().is_none_or(|(detail, _)| *detail < TELLING) {
        walk(reel, &mut best, ticker)?;
    }
    best.map(|(_, shown)| shown).ok_or_else(no_frame)
}

/// Looks at frames from the beginning on.
fn walk(reel: &mut Reel, best: &mut Option<(f64, Shown)>, ticker: &mut Ticker<'_>) -> Result<(), MediaError> {
    reel.wind(0)?;
    for n in 0..WALK_FRAMES {
        let Some(shown) = reel.next(ticker)? else { break };
        if n % WALK_STEP == 0 && keep(best, shown)? {
            break;
        }
    }
    Ok(())
}

/// Keeps a frame that shows more than the best one so far; whether it shows enough.
fn keep(best: &mut Option<(f64, Shown)>, shown: Shown) -> Result<bool, MediaError> {
    let detail = still::detail(&shown.frame)?;
    let detail = if shown.frame.is_damaged() { detail / 4.0 } else { detail };
    if best.as_ref().is_none_or(|(most, _)| detail > *most) {
        *best = Some((detail, shown));
    }
    Ok(detail >= TELLING)
}

/// The frame shown at a time from the first frame on: decoded from a keyframe before it.
pub(super) fn at(reel: &mut Reel, ms: i64, ticker: &mut Ticker<'_>) -> Result<Shown, MediaError> {
    let ms = ms.max(0);
    // Some containers find nothing behind their end.
    let mut from = reel.duration_ms().map_or(ms, |duration| ms.min(duration));
    let mut back = 1_000i64;
    let mut gaps = 0;
    for _ in 0..MOST_STEPS_BACK {
        reel.wind(from)?;
        let began = match run_to(reel, ms, ticker)? {
            Landing::Sound(shown) => return Ok(shown),
            Landing::Gap { shown, .. } if gaps == MOST_GAPS || from <= 0 => return Ok(shown),
            Landing::Gap { began, .. } => {
                gaps += 1;
                began
            }
            Landing::Late if from <= 0 => break,
            Landing::Late => from,
        };
        from = from.min(began).saturating_sub(back);
        back = back.saturating_mul(2);
    }
    reel.wind(0)?;
    let first = reel.next(ticker)?.ok_or_else(no_frame)?;
    last_until(reel, first, ms, ticker)
}

/// What came of decoding from a keyframe on.
enum Landing {
    /// The frame of the time asked for.
    Sound(Shown),
    /// A frame before it: the decoder gave none for a packet between, because it lacks what came
    /// before the keyframe, or because the packet is damaged.
    Gap {
        shown: Shown,
        /// Where decoding began, in ms from the first frame on.
        began: i64,
    },
    /// Decoding began too late.
    Late,
}

fn run_to(reel: &mut Reel, ms: i64, ticker: &mut Ticker<'_>) -> Result<Landing, MediaError> {
    reel.expect_until(ms);
    let Some(first) = reel.next(ticker)? else { return Ok(Landing::Late) };
    if first.at_ms > ms || !reel.is_sound() {
        return Ok(Landing::Late);
    }
    let began = first.at_ms;
    let shown = last_until(reel, first, ms, ticker)?;
    let whole = reel.expected_ms().is_none_or(|expected| expected <= shown.at_ms);
    Ok(if whole { Landing::Sound(shown) } else { Landing::Gap { shown, began } })
}

fn last_until(reel: &mut Reel, first: Shown, ms: i64, ticker: &mut Ticker<'_>) -> Result<Shown, MediaError> {
    let mut shown = first;
    while let Some(next) = reel.next(ticker)? {
        if next.at_ms > ms {
            break;
        }
        shown = next;
    }
    Ok(shown)
}

fn no_frame() -> MediaError {
    MediaError::new(MediaCode::ZeroFrames, "no frame came out of the decoder")
}
