//! The words of a queue that waits for something outside.

use serde::Serialize;
use spillway_engine::live::{Hold, HoldReason};

use crate::text;

/// Why no new job is begun, in one sentence.
pub(crate) fn words(hold: &Hold) -> String {
    let HoldReason::Space { folder, needed, free } = &hold.why;
    format!(
        "The queue waits for space since {}: {} are needed in {}, {} are free.",
        text::moment(hold.since_ms),
        text::bytes(*needed),
        text::path(folder),
        text::bytes(*free)
    )
}

/// Whether it is still the same disk that is waited for: what is free there changes all the time.
pub(crate) fn same(one: &HoldReason, other: &HoldReason) -> bool {
    let (HoldReason::Space { folder, .. }, HoldReason::Space { folder: again, .. }) = (one, other);
    folder == again
}

/// A line of `deliver --json` and `run --json`: the queue waits, or goes on (`null`).
#[derive(Debug, Serialize)]
pub(crate) struct HoldLine<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    hold: Option<&'a Hold>,
}

impl<'a> HoldLine<'a> {
    pub(crate) fn new(hold: Option<&'a Hold>) -> Self {
        Self { kind: "hold", hold }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hold(folder: &str, free: u64) -> Hold {
        let why = HoldReason::Space { folder: folder.into(), needed: 38_000_000_000, free };
        Hold { why, since_ms: 0, next_look_ms: 30_000 }
    }

    #[test]
    fn it_says_what_is_needed_where() {
        let text = words(&hold("/mnt/work", 6_000_000_000));
        assert!(text.contains("38.0 GB are needed in /mnt/work, 6.00 GB are free."), "{text}");
        assert!(same(&hold("/a", 1).why, &hold("/a", 2).why));
        assert!(!same(&hold("/a", 1).why, &hold("/b", 1).why));
    }
}
