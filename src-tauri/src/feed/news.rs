//! Counters of what lies beside the queue, held back to two messages a second: only the latest counts.

use std::time::{Duration, Instant};

use spillway_engine::model::Revisions;

/// Between two messages about counters: 2 a second.
const EVERY: Duration = Duration::from_millis(500);

/// Counters as last heard, and whether they were told.
#[derive(Debug, Default)]
pub(super) struct News {
    latest: Option<Revisions>,
    told_at: Option<Instant>,
    untold: bool,
}

/// What is to be read again.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Changed {
    /// What the queue waits for.
    pub(super) hold: bool,
    /// Watched folders.
    pub(super) watches: bool,
}

impl News {
    /// Counters were heard. At first everything may have changed.
    pub(super) fn note(&mut self, revisions: Revisions) -> Changed {
        let before = self.latest.replace(revisions);
        self.untold |= before != Some(revisions);
        Changed {
            hold: before.is_none_or(|before| before.hold != revisions.hold),
            watches: before.is_none_or(|before| before.watches != revisions.watches),
        }
    }

    /// Somebody listens who may have missed some.
    pub(super) fn begin_anew(&mut self) {
        self.untold = self.latest.is_some();
    }

    /// When the next message is due.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        self.untold.then(|| self.told_at.map_or(now, |told| told + EVERY))
    }

    /// What is to be told now; `None`: nothing, or not yet.
    pub(super) fn take(&mut self, now: Instant) -> Option<Revisions> {
        if self.due(now).is_none_or(|due| due > now) {
            return None;
        }
        (self.told_at, self.untold) = (Some(now), false);
        self.latest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watches(watches: i64) -> Revisions {
        Revisions { watches, ..Revisions::default() }
    }

    #[test]
    fn at_most_two_a_second_and_the_last_one_always() {
        let begin = Instant::now();
        let mut news = News::default();
        let mut told = Vec::new();
        for ms in 0..1_000 {
            news.note(watches(ms + 1));
            told.extend(news.take(begin + Duration::from_millis(ms.unsigned_abs())));
        }
        assert_eq!(told, [watches(1), watches(501)]);
        let due = news.due(begin + Duration::from_secs(1)).unwrap();
        assert_eq!(due, begin + Duration::from_secs(1));
        assert_eq!(news.take(due), Some(watches(1_000)));
        assert_eq!(news.due(due), None, "nothing more without news");
    }

    #[test]
    fn the_same_again_is_no_news_but_for_whoever_begins_to_listen() {
        let now = Instant::now();
        let mut news = News::default();
        news.begin_anew();
        assert_eq!(news.take(now), None, "nothing was heard yet");
        assert_eq!(
            news.note(watches(1)),
            Changed { hold: true, watches: true },
            "nobody knows how it was before"
        );
        assert_eq!(news.take(now), Some(watches(1)));
        assert_eq!(news.note(watches(1)), Changed { hold: false, watches: false });
        assert_eq!(news.due(now), None);
        news.begin_anew();
        assert_eq!(news.take(now + EVERY), Some(watches(1)));
    }

    #[test]
    fn only_what_changed_is_to_be_read() {
        let mut news = News::default();
        news.note(watches(1));
        assert_eq!(news.note(watches(2)), Changed { hold: false, watches: true });
        let held = Revisions { hold: 1, ..watches(2) };
        assert_eq!(news.note(held), Changed { hold: true, watches: false });
        let told = Revisions { outbox: 1, ..held };
        assert_eq!(news.note(told), Changed { hold: false, watches: false });
    }
}
