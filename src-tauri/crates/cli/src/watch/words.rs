//! How watched folders and their files are, in words. Pure.

use spillway_engine::watch::{
    AfterDelivery, ArrivalReason, ArrivalState, Place, PollReason, UnreachableReason, WatchState,
};

use crate::text;

/// The place for people.
pub(crate) fn place(place: &Place) -> String {
    match place {
        Place::Folder { path } => text::path(path),
        Place::Bucket { bucket, prefix } => text::escape(&format!("s3://{bucket}/{prefix}")),
    }
}

/// How a watched folder is.
pub(crate) fn state(state: &WatchState) -> String {
    match state {
        WatchState::New => "not looked at yet".to_owned(),
        WatchState::Watching => "watching".to_owned(),
        WatchState::Polling { why, every_s } => format!("looked at every {every_s} s: {}", polling(why)),
        WatchState::Paused => "paused".to_owned(),
        WatchState::Unreachable { why, since_ms } => {
            format!("unreachable since {}: {}", text::moment(*since_ms), unreachable(why))
        }
    }
}

fn polling(why: &PollReason) -> String {
    match why {
        PollReason::NetworkDrive { file_system, source } => format!(
            "it is a network drive ({} {}), which does not tell of changes",
            text::escape(file_system),
            text::escape(source)
        ),
        PollReason::WatchLimit => {
            "the system watches no more folders (raise fs.inotify.max_user_watches)".to_owned()
        }
        PollReason::NotWatchable { why } => {
            format!("the system cannot watch it ({})", text::escape(why))
        }
        PollReason::Bucket => "it is a bucket".to_owned(),
    }
}

fn unreachable(why: &UnreachableReason) -> String {
    let what = match why {
        UnreachableReason::Missing => "it is not there".to_owned(),
        UnreachableReason::NotMounted { source, mount_point } => {
            format!("{} is not mounted at {}", text::escape(source), text::path(mount_point))
        }
        UnreachableReason::CameBackEmpty { files } => {
            format!("it came back empty from another device, and held {}", text::plural(*files, "file"))
        }
        UnreachableReason::Hangs => "it does not answer".to_owned(),
        UnreachableReason::Forbidden => "it may not be read".to_owned(),
        UnreachableReason::Failed { why } => text::escape(why.trim_end_matches('.')),
    };
    format!("{what}; nothing is forgotten, and it goes on by itself")
}

/// How far a file is, in a word.
pub(super) fn stand(state: ArrivalState) -> &'static str {
    match state {
        ArrivalState::Waiting => "waiting",
        ArrivalState::Held => "held",
        ArrivalState::AtWork => "at work",
        ArrivalState::Delivered => "delivered",
        ArrivalState::Failed => "failed",
        ArrivalState::Skipped => "skipped",
        ArrivalState::Gone => "gone",
    }
}

/// Why a file is where it is.
pub(crate) fn reason(reason: &ArrivalReason, bytes: u64, now_ms: i64) -> String {
    let in_span = |until_ms: i64| text::span(until_ms.saturating_sub(now_ms));
    match reason {
        ArrivalReason::New => "just seen".to_owned(),
        ArrivalReason::Growing { bytes_per_s: 0 } => format!("still changing: {}", text::bytes(bytes)),
        ArrivalReason::Growing { bytes_per_s } => {
            format!("still growing: {}, +{}/s", text::bytes(bytes), text::bytes(*bytes_per_s))
        }
        ArrivalReason::Settling { until_ms } => format!("still; looked into in {}", in_span(*until_ms)),
        ArrivalReason::BeingWritten => "another program has it open for writing".to_owned(),
        ArrivalReason::Checking => "its end is being read".to_owned(),
        ArrivalReason::Fetching { done, total } => {
            format!("being copied from the bucket: {} of {}", text::bytes(*done), text::bytes(*total))
        }
        ArrivalReason::Empty => "nothing in it".to_owned(),
        ArrivalReason::Incomplete { why }
        | ArrivalReason::Unreadable { why }
        | ArrivalReason::NotMedia { why } => text::escape(why.trim_end_matches('.')),
        ArrivalReason::NameNotText => "its name holds bytes that are not text: rename it".to_owned(),
        ArrivalReason::NoSidecar => "waits for its sidecar job (NAME.spillway.toml or .json)".to_owned(),
        ArrivalReason::BadSidecar { file, why } => format!("{}: {}", text::escape(file), text::escape(why)),
        ArrivalReason::NoProfile { profile, why } => {
            format!("profile {}: {}", text::escape(profile), text::escape(why))
        }
        ArrivalReason::NoOutput { folder, why } => {
            format!("results cannot go to {}: {}", text::path(folder), text::escape(why))
        }
        ArrivalReason::OutsideHours { until_ms } => {
            format!("ready; work may start at {}", text::moment(*until_ms))
        }
        ArrivalReason::Comparing => "looks like one that was taken before; being compared".to_owned(),
        ArrivalReason::Same { path, job } => {
            let job = job.map_or_else(String::new, |job| format!(" (job {job})"));
            format!("same content as {}{job}", text::escape(path))
        }
        ArrivalReason::Submitted => String::new(),
        ArrivalReason::Moved { to } => format!("moved to {}", text::path(to)),
        ArrivalReason::NotMoved { why } => format!("could not be moved: {}", text::escape(why)),
        ArrivalReason::Gone => "no longer there".to_owned(),
    }
}

/// What happens to a delivered source.
pub(super) fn after(after: &AfterDelivery) -> String {
    match after {
        AfterDelivery::Leave => "stay where they are".to_owned(),
        AfterDelivery::Move { folder } => format!("are moved to {}", text::path(folder)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_growing_file_says_how_fast() {
        let growing = ArrivalReason::Growing { bytes_per_s: 180_000_000 };
        assert_eq!(reason(&growing, 12_400_000_000, 0), "still growing: 12.4 GB, +180.0 MB/s");
        let settling = ArrivalReason::Settling { until_ms: 9_000 };
        assert_eq!(reason(&settling, 1, 4_000), "still; looked into in 5.0 s");
    }

    #[test]
    fn words_of_others_cannot_act_on_a_terminal() {
        let why = "\u{1b}[31mred".to_owned();
        for text in [
            reason(&ArrivalReason::Unreadable { why: why.clone() }, 0, 0),
            reason(&ArrivalReason::BadSidecar { file: why.clone(), why: why.clone() }, 0, 0),
            state(&WatchState::Unreachable { why: UnreachableReason::Failed { why }, since_ms: 0 }),
        ] {
            assert!(!text.contains('\u{1b}'), "{text:?}");
        }
    }

    #[test]
    fn a_folder_that_is_held_says_that_nothing_is_lost() {
        let why =
            UnreachableReason::NotMounted { source: "//nas/share".into(), mount_point: "/mnt/nas".into() };
        let text = state(&WatchState::Unreachable { why, since_ms: 0 });
        assert!(text.contains("//nas/share is not mounted at /mnt/nas; nothing is forgotten"), "{text}");
    }
}
