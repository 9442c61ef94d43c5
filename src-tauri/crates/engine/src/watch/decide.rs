//! What follows from what was seen: plain functions from rows, sightings and the time to rows.

use super::{
    ArrivalReason, ArrivalState, PollReason, UnreachableReason, WatchState,
    eye::Verdict,
    ground::Root,
    mount::{self, Mount},
    readiness::{Judged, judge},
    tree::Entry,
};
use crate::db::{ArrivalPlace, ArrivalRow, ContentRow, Stage, WatchRow};

/// Looks at what needs attention: from the first pause to the longest, doubling.
const HELD_MS: (i64, i64) = (30_000, 600_000);
/// The same where a small file beside it is all that is missing.
const SIDECAR_MS: (i64, i64) = (5_000, 60_000);

/// Time between scans of a place that tells of changes, in ms.
const WATCHED_MS: i64 = 300_000;
/// Shortest time between scans of one that does not, in ms.
const POLLED_MS: i64 = 10_000;
/// Pause between two lists of a bucket that nobody tells of, in ms: lists are charged.
const LISTED_MS: i64 = 60_000;
/// Scans take one part of this many of the time.
const SHARE: i64 = 10;

/// How long looks may be late where nobody tells of changes, in ms.
const UNTOLD_MS: i64 = 2_000;

fn doubled((first, longest): (i64, i64), tries: u32) -> i64 {
    first.saturating_mul(1_i64.checked_shl(tries.min(20)).unwrap_or(i64::MAX)).min(longest)
}

/// A file that nobody has seen before.
pub(crate) fn first(watch: i64, entry: &Entry, now_ms: i64, window_ms: i64) -> ArrivalRow {
    let (stand, judged) = judge(None, entry, now_ms, window_ms);
    let next_look_ms = match judged {
        Judged::Growing { next_look_ms, .. } => next_look_ms,
        Judged::Settling { until_ms } => until_ms,
        Judged::Still => now_ms,
    };
    ArrivalRow {
        num: 0,
        watch,
        path: entry.path.clone(),
        stand,
        dev: entry.dev,
        tag: entry.tag.clone(),
        place: ArrivalPlace { state: ArrivalState::Waiting, reason: ArrivalReason::New },
        stage: Some(Stage::Look),
        next_look_ms: Some(next_look_ms),
        soon: true,
        tries: 0,
        fingerprint: None,
        sha256: None,
        again: false,
        round: 0,
        prior: None,
        first_seen_ms: now_ms,
        changed_ms: now_ms,
    }
}

/// A file whose name is not text: it can be shown, not looked at.
pub(crate) fn nameless(watch: i64, path: &str, now_ms: i64) -> ArrivalRow {
    let entry = Entry { path: path.to_owned(), bytes: 0, mtime_ns: 0, dev: 0, inode: 0, tag: None };
    ArrivalRow {
        place: ArrivalPlace { state: ArrivalState::Held, reason: ArrivalReason::NameNotText },
        stage: None,
        next_look_ms: None,
        soon: false,
        ..first(watch, &entry, now_ms, 0)
    }
}

/// Whether what stands there is not what was seen last. The number of the file system does not count: drives
/// get another one each time.
pub(crate) fn differs(row: &ArrivalRow, entry: &Entry) -> bool {
    (row.stand.bytes, row.stand.mtime_ns, row.stand.inode, &row.tag)
        != (entry.bytes, entry.mtime_ns, entry.inode, &entry.tag)
}

/// Whether a row is somewhere that a mere touch must not disturb.
fn is_settled(state: ArrivalState) -> bool {
    match state {
        ArrivalState::Waiting | ArrivalState::Held => false,
        ArrivalState::AtWork
        | ArrivalState::Delivered
        | ArrivalState::Failed
        | ArrivalState::Skipped
        | ArrivalState::Gone => true,
    }
}

/// How a place is looked at, as far as it concerns a single file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    /// How long it must be still, in ms.
    pub(crate) window_ms: i64,
    /// Whether somebody tells of changes.
    pub(crate) is_told: bool,
    /// Whether it has to be fetched.
    pub(crate) is_remote: bool,
}

/// A file was looked at.
pub(crate) fn looked(row: &mut ArrivalRow, entry: &Entry, now_ms: i64, manner: Manner) {
    let is_new = differs(row, entry);
    let bytes_changed = row.stand.bytes != entry.bytes;
    let (stand, judged) = judge(Some(&row.stand), entry, now_ms, manner.window_ms);
    row.stand = stand;
    row.dev = entry.dev;
    row.tag.clone_from(&entry.tag);
    if is_new {
        row.fingerprint = None;
        row.sha256 = None;
        row.changed_ms = now_ms;
        row.tries = 0;
        row.stage = Some(Stage::Look);
        if bytes_changed || !is_settled(row.place.state) {
            row.place.state = ArrivalState::Waiting;
        }
    }
    let silent = is_settled(row.place.state);
    let held = row.place.state == ArrivalState::Held;
    let mut say = |reason| {
        if !silent && !held {
            row.place.reason = reason;
        }
    };
    match judged {
        Judged::Growing { bytes_per_s, next_look_ms } => {
            say(ArrivalReason::Growing { bytes_per_s });
            row.next_look_ms = Some(next_look_ms);
            row.soon = false;
        }
        Judged::Settling { until_ms } => {
            say(ArrivalReason::Settling { until_ms });
            let next = if manner.is_told { until_ms } else { until_ms.min(now_ms.saturating_add(UNTOLD_MS)) };
            row.next_look_ms = Some(next);
            row.soon = true;
        }
        Judged::Still if row.stand.bytes == 0 => hold(row, ArrivalReason::Empty, now_ms),
        Judged::Still => {
            let stage = match row.fingerprint {
                None if manner.is_remote => Stage::Fetch,
                None if !silent => Stage::Check,
                None | Some(_) => Stage::Examine,
            };
            if stage == Stage::Check {
                say(ArrivalReason::Checking);
            }
            row.stage = Some(stage);
            row.next_look_ms = Some(now_ms);
            row.soon = true;
        }
    }
}

/// Sets a file aside; it is looked at again all the same.
pub(crate) fn hold(row: &mut ArrivalRow, reason: ArrivalReason, now_ms: i64) {
    let pause = match &reason {
        ArrivalReason::NoSidecar | ArrivalReason::BadSidecar { .. } => SIDECAR_MS,
        _ => HELD_MS,
    };
    row.next_look_ms = Some(now_ms.saturating_add(doubled(pause, row.tries)));
    row.tries = row.tries.saturating_add(1);
    // A file without the sidecar that it needs is no fault of anybody's yet.
    row.place.state =
        if reason == ArrivalReason::NoSidecar { ArrivalState::Waiting } else { ArrivalState::Held };
    row.place.reason = reason;
    row.stage = Some(Stage::Look);
    row.soon = false;
}

/// Sends a file to a stage.
pub(crate) fn send(row: &mut ArrivalRow, stage: Stage, at_ms: i64, soon: bool) {
    row.stage = Some(stage);
    row.next_look_ms = Some(at_ms);
    row.soon = soon;
}

/// Nothing is to be done with it until it changes.
pub(crate) fn rest(row: &mut ArrivalRow) {
    row.stage = None;
    row.next_look_ms = None;
    row.soon = false;
    row.tries = 0;
}

/// A worker has read structure and end of a file.
pub(crate) fn checked(row: &mut ArrivalRow, verdict: Verdict, now_ms: i64) {
    match verdict {
        Verdict::Whole => send(row, Stage::Examine, now_ms, true),
        // Somebody who knows the file has said that this is all there is of it.
        Verdict::Incomplete(_) if row.again => send(row, Stage::Examine, now_ms, true),
        Verdict::Incomplete(why) => hold(row, ArrivalReason::Incomplete { why }, now_ms),
        Verdict::NotMedia(why) => hold(row, ArrivalReason::NotMedia { why }, now_ms),
        Verdict::Unreadable(why) => hold(row, ArrivalReason::Unreadable { why }, now_ms),
    }
}

/// Whether a content was taken before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Known {
    /// It is new.
    New,
    /// It is this one.
    Same(ContentRow),
    /// It may be one of these: all of them have to be read whole.
    Perhaps(Vec<ContentRow>),
}

/// Compares a file with contents of the same size and fingerprint.
///
/// The same name and time of change, or the same inode and time of change, are proof enough beside a fingerprint;
/// everything else is believed only when whole hashes agree.
pub(crate) fn known(row: &ArrivalRow, contents: &[ContentRow]) -> Known {
    let same_mtime = |content: &&ContentRow| content.mtime_ns == row.stand.mtime_ns;
    let same_file = |content: &&ContentRow| {
        content.arrival == row.num || row.stand.inode != 0 && content.inode == row.stand.inode
    };
    if let Some(content) = contents.iter().filter(same_mtime).find(same_file) {
        return Known::Same(content.clone());
    }
    let Some(own) = &row.sha256 else {
        return if contents.is_empty() { Known::New } else { Known::Perhaps(contents.to_vec()) };
    };
    if let Some(content) = contents.iter().find(|content| content.sha256.as_ref() == Some(own)) {
        return Known::Same(content.clone());
    }
    let unknown: Vec<ContentRow> =
        contents.iter().filter(|content| content.sha256.is_none()).cloned().collect();
    if unknown.is_empty() { Known::New } else { Known::Perhaps(unknown) }
}

/// Whether what stands at the place is the place: a drive that is not there leaves an empty folder, or another
/// drive's.
pub(crate) fn reach(watch: &WatchRow, root: &Root) -> Result<(), UnreachableReason> {
    let (Some(known), Some(now)) = (&watch.mount, &root.mount) else { return Ok(()) };
    let moved = !mount::same_drive(known, now);
    if moved && known.mount_point != now.mount_point {
        return Err(not_mounted(known));
    }
    let other = moved || was_away(&watch.state) || watch.dev.is_some_and(|dev| dev != root.dev);
    if other && root.empty && watch.files > 0 {
        return Err(UnreachableReason::CameBackEmpty { files: watch.files });
    }
    Ok(())
}

/// Whether the place had gone: numbers of file systems are given again, and prove nothing then.
fn was_away(state: &WatchState) -> bool {
    use UnreachableReason::{CameBackEmpty, Missing, NotMounted};
    matches!(state, WatchState::Unreachable { why: Missing | NotMounted { .. } | CameBackEmpty { .. }, .. })
}

fn not_mounted(known: &Mount) -> UnreachableReason {
    UnreachableReason::NotMounted { source: known.source.clone(), mount_point: known.mount_point.clone() }
}

/// Time between the end of a scan and the next one, in ms.
pub(crate) fn scan_pause(poll: Option<&PollReason>, took_ms: i64) -> i64 {
    let share = took_ms.max(0).saturating_mul(SHARE - 1);
    match poll {
        None => WATCHED_MS.max(share),
        Some(PollReason::Bucket) => LISTED_MS.max(share),
        Some(_) => POLLED_MS.max(share),
    }
}

/// Shortest time between the end of a scan and one that a hint asks for, in ms.
pub(crate) fn hint_pause(took_ms: i64) -> i64 {
    took_ms.max(0).saturating_mul(SHARE - 1).clamp(500, POLLED_MS)
}

/// How a place that can be reached is watched.
pub(crate) fn watched(poll: Option<&PollReason>, took_ms: i64) -> WatchState {
    poll.map_or(WatchState::Watching, |why| WatchState::Polling {
        why: why.clone(),
        every_s: u32::try_from(scan_pause(poll, took_ms) / 1_000).unwrap_or(u32::MAX),
    })
}

/// When a place that cannot be reached is tried again, in ms: from 5 s to a minute.
pub(crate) fn retry_pause(tries: u32) -> i64 {
    doubled((5_000, 60_000), tries)
}
