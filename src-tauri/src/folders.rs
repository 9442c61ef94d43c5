//! Watched folders that somebody should hear of: those that went out of reach, those with files that need attention.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use spillway_engine::watch::{Place, WatchId, WatchState, WatchView};

use crate::{notices::Notice, words::Tongue};

/// Between two looks: folders change many times a second while files arrive.
const EVERY: Duration = Duration::from_secs(5);

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Folders {
    /// As they stood at the last look; `None`: there was none.
    known: Option<HashMap<WatchId, Standing>>,
    looked: Option<Instant>,
    changed: bool,
}

#[derive(Debug, Clone, Copy)]
struct Standing {
    unreachable: bool,
    held: u64,
}

impl Folders {
    /// Something in them may have changed.
    pub(crate) fn note(&mut self) {
        self.changed = true;
    }

    /// When they are to be looked at.
    pub(crate) fn due(&self, now: Instant) -> Option<Instant> {
        self.changed.then(|| self.looked.map_or(now, |looked| looked + EVERY))
    }

    /// They could not be looked at: later.
    pub(crate) fn put_off(&mut self, now: Instant) {
        self.looked = Some(now);
    }

    /// Takes in how they stand; says what is new since the last look. What stood at the first one is no news.
    pub(crate) fn look(&mut self, views: &[WatchView], tongue: Tongue, now: Instant) -> Vec<Notice> {
        (self.looked, self.changed) = (Some(now), false);
        let standing = |view: &WatchView| Standing {
            unreachable: matches!(view.state, WatchState::Unreachable { .. }),
            held: view.counts.held,
        };
        let standings = views.iter().map(|view| (view.id, standing(view))).collect();
        let Some(before) = self.known.replace(standings) else { return Vec::new() };
        let news = |view: &WatchView| {
            let before = before.get(&view.id)?;
            let now = standing(view);
            let (title, text) = if now.unreachable && !before.unreachable {
                tongue.unreachable(&place(&view.place))
            } else if now.held > before.held {
                tongue.attention(&place(&view.place), now.held - before.held)
            } else {
                return None;
            };
            Some(Notice { title, text, job: None })
        };
        views.iter().filter_map(news).collect()
    }
}

fn place(place: &Place) -> String {
    match place {
        Place::Folder { path } => path.display().to_string(),
        Place::Bucket { bucket, prefix } => format!("s3://{bucket}/{prefix}"),
    }
}

#[cfg(test)]
mod tests {
    use spillway_engine::watch::{ArrivalCounts, UnreachableReason, WatchSettings};

    use super::*;

    fn folder(state: WatchState, held: u64) -> WatchView {
        let place = Place::Folder { path: "/mnt/nas/inbox".into() };
        WatchView {
            id: WatchId(uuid::Uuid::from_u128(1)),
            place,
            settings: WatchSettings::default(),
            out_dir: "/mnt/nas/inbox-delivered".into(),
            state,
            counts: ArrivalCounts { held, ..ArrivalCounts::default() },
            scanned_ms: None,
            scan_took_ms: None,
            next_scan_ms: None,
            closed_until_ms: None,
            created_ms: 0,
        }
    }

    fn gone() -> WatchState {
        WatchState::Unreachable { why: UnreachableReason::Missing, since_ms: 0 }
    }

    #[test]
    fn only_what_became_worse_is_told_and_once() {
        let now = Instant::now();
        let mut folders = Folders::default();
        let mut told = |view: WatchView| {
            let notices = folders.look(&[view], Tongue::English, now);
            notices.into_iter().map(|notice| notice.title).collect::<Vec<_>>()
        };
        assert!(told(folder(gone(), 4)).is_empty(), "it stood so before anybody looked");
        assert!(told(folder(WatchState::Watching, 4)).is_empty());
        assert_eq!(told(folder(gone(), 4)), ["Out of reach: /mnt/nas/inbox"]);
        assert!(told(folder(gone(), 4)).is_empty());
        assert_eq!(told(folder(WatchState::Watching, 6)), ["2 files need attention"]);
        assert!(told(folder(WatchState::Watching, 1)).is_empty());
        assert_eq!(told(folder(WatchState::Watching, 2)), ["A file needs attention"]);
    }

    #[test]
    fn a_folder_that_was_just_added_is_no_news() {
        let now = Instant::now();
        let mut folders = Folders::default();
        folders.look(&[], Tongue::English, now);
        assert_eq!(folders.look(&[folder(gone(), 3)], Tongue::English, now), []);
    }

    #[test]
    fn looks_are_far_between_and_only_after_changes() {
        let now = Instant::now();
        let mut folders = Folders::default();
        assert_eq!(folders.due(now), None);
        folders.note();
        assert_eq!(folders.due(now), Some(now));
        folders.look(&[], Tongue::English, now);
        assert_eq!(folders.due(now), None);
        folders.note();
        assert_eq!(folders.due(now), Some(now + EVERY));
        folders.put_off(now + EVERY);
        assert_eq!(folders.due(now), Some(now + EVERY + EVERY), "they are not forgotten");
    }
}
