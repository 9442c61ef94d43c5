//! One question to MediaConvert: takes its turn for every try, and is asked again when that may help.

use std::time::Duration;

use tokio::time;

use crate::{CloudError, connect::Line, limit::Lane};

/// Tries while the service wants fewer calls.
const THROTTLED_TRIES: u32 = 8;
/// Tries while there is no answer, or a fault.
const BROKEN_TRIES: u32 = 3;
/// Longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// Until when the same question may be asked again, counted from the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// At any time: asking changes nothing, or nothing twice.
    Always,
    /// Only so long: afterwards the service takes it for another.
    Within(Duration),
}

/// How a question fares.
#[derive(Debug)]
struct Tries {
    again: Again,
    throttled: u32,
    broken: u32,
}

impl Tries {
    /// The longest that may be waited before the next try; `None`: there is none. `since_first` is the time since
    /// the first try.
    fn next(&mut self, error: &CloudError, since_first: Duration, pause: Duration) -> Option<Duration> {
        let (count, most) = match error {
            CloudError::Throttled => (&mut self.throttled, THROTTLED_TRIES),
            CloudError::Network { .. } | CloudError::Service { transient: true, .. } => {
                (&mut self.broken, BROKEN_TRIES)
            }
            _ => return None,
        };
        *count += 1;
        if *count >= most {
            return None;
        }
        let ceiling = LONGEST_PAUSE.min(pause * 2_u32.pow(*count));
        match self.again {
            Again::Always => Some(ceiling),
            Again::Within(window) => {
                let left = window.saturating_sub(since_first);
                (!left.is_zero()).then(|| ceiling.min(left))
            }
        }
    }
}

/// Asks until there is an answer, or no more asking may help.
pub(crate) async fn ask<T>(
    line: &Line,
    rank: Lane,
    again: Again,
    question: impl AsyncFn() -> Result<T, CloudError>,
) -> Result<T, CloudError> {
    let mut tries = Tries { again, throttled: 0, broken: 0 };
    line.calls.turn(rank).await;
    let first = time::Instant::now();
    loop {
        let error = match question().await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        if matches!(error, CloudError::Throttled) {
            line.calls.refused();
        }
        let Some(ceiling) = tries.next(&error, first.elapsed(), line.bounds.pause) else { return Err(error) };
        time::sleep(ceiling.mul_f64(fastrand::f64())).await;
        let turn = line.calls.turn(rank);
        match again {
            Again::Always => turn.await,
            Again::Within(window) => {
                let left = window.saturating_sub(first.elapsed());
                if time::timeout(left, turn).await.is_err() {
                    return Err(error);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_millis(500);
    const NOTHING: Duration = Duration::ZERO;

    fn tries(again: Again) -> Tries {
        Tries { again, throttled: 0, broken: 0 }
    }

    fn lost() -> CloudError {
        CloudError::Network { why: "no answer in time".to_owned() }
    }

    #[test]
    fn pauses_double_up_to_their_ceiling_and_end() {
        let mut tries = tries(Again::Always);
        let mut pauses = Vec::new();
        while let Some(pause) = tries.next(&CloudError::Throttled, NOTHING, PAUSE) {
            pauses.push(pause.as_secs());
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 20, 20]);
        assert!(tries.next(&lost(), NOTHING, PAUSE).is_some(), "a fault is something else");
        assert!(tries.next(&CloudError::SessionExpired, NOTHING, PAUSE).is_none());
    }

    #[test]
    fn what_the_service_would_take_for_another_is_never_asked_again() {
        let window = Duration::from_secs(50);
        let mut tries = tries(Again::Within(window));
        let late = window.saturating_sub(Duration::from_millis(300));
        let left = tries.next(&lost(), late, PAUSE);
        assert_eq!(left, Some(Duration::from_millis(300)));
        assert_eq!(tries.next(&lost(), window, PAUSE), None);
    }
}
