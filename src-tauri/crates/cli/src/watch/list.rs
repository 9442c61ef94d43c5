//! Watched folders and their files as tables.

use spillway_engine::watch::{
    ArrivalCounts, ArrivalPage, ArrivalState, ArrivalView, Place, SidecarRule, WatchSettings, WatchState,
    WatchView, hours_text,
};

use super::words;
use crate::{out::Paint, text};

/// Every state, for questions that leave nothing out.
pub(super) const EVERY_STATE: [ArrivalState; 7] = [
    ArrivalState::Waiting,
    ArrivalState::Held,
    ArrivalState::AtWork,
    ArrivalState::Delivered,
    ArrivalState::Failed,
    ArrivalState::Skipped,
    ArrivalState::Gone,
];

/// What `watch add` says.
pub(super) fn added(view: &WatchView) -> String {
    format!(
        "{} is watched for {}; results go to {}.",
        words::place(&view.place),
        text::escape(&view.settings.profiles.join(", ")),
        text::path(&view.out_dir)
    )
}

/// Watched folders with their state, one or two lines each.
pub(super) fn table(watches: &[WatchView], paint: Paint) -> String {
    let head = ["id", "place", "profiles", "files", "state"].map(|title| paint.strong(title));
    let mut rows = vec![head.to_vec()];
    rows.extend(watches.iter().map(|view| {
        vec![
            short_id(view),
            words::place(&view.place),
            text::escape(&view.settings.profiles.join(", ")),
            counts(&view.counts),
            painted(view, paint),
        ]
    }));
    text::table(&rows)
}

/// Watched folders after a verb; `word` in the place of their state.
pub(super) fn short(watches: &[WatchView], word: Option<&str>, paint: Paint) -> String {
    let row = |view: &WatchView| {
        let state = word.map_or_else(|| painted(view, paint), str::to_owned);
        vec![short_id(view), words::place(&view.place), state]
    };
    text::table(&watches.iter().map(row).collect::<Vec<_>>())
}

/// One watched folder with its files.
pub(super) fn page(view: &WatchView, page: &ArrivalPage, now_ms: i64, paint: Paint) -> String {
    let mut lines = vec![
        paint.strong(&words::place(&view.place)),
        format!("id          {}", view.id),
        format!("state       {}", painted(view, paint)),
        format!("profiles    {}", text::escape(&view.settings.profiles.join(", "))),
        format!("results     {}", text::path(&view.out_dir)),
    ];
    lines.extend(settings(&view.settings, &view.place));
    if let Some(scanned) = view.scanned_ms {
        let took = view.scan_took_ms.map_or_else(String::new, |took| format!(", in {}", text::span(took)));
        lines.push(format!("looked at   {}{took}", text::moment(scanned)));
    }
    if let Some(next) = view.next_scan_ms {
        lines.push(format!("next look   {}", text::moment(next)));
    }
    lines.push(format!("files       {}", counts(&view.counts)));
    lines.push(String::new());
    if page.rows.is_empty() {
        lines.push("No files.".to_owned());
    } else {
        lines.push(arrivals(&page.rows, now_ms, paint));
        let more = page.total.saturating_sub(text::count(page.rows.len()));
        if more > 0 {
            lines.push(format!("and {more} more (--limit)"));
        }
    }
    lines.join("\n")
}

/// Files with the reason why each is where it is.
pub(super) fn arrivals(rows: &[ArrivalView], now_ms: i64, paint: Paint) -> String {
    let head = ["number", "file", "size", "state", ""].map(|title| paint.strong(title));
    let mut table = vec![head.to_vec()];
    table.extend(rows.iter().map(|row| {
        vec![
            row.id.0.to_string(),
            text::escape(&row.path),
            text::bytes(row.bytes),
            stand(row.state, paint),
            words::reason(&row.reason, row.bytes, now_ms),
        ]
    }));
    text::table(&table)
}

fn settings(settings: &WatchSettings, place: &Place) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = |name: &str, value: String| lines.push(format!("{name:<12}{value}"));
    if !settings.include.is_empty() {
        line("only", text::escape(&settings.include.join(", ")));
    }
    if !settings.exclude.is_empty() {
        line("never", text::escape(&settings.exclude.join(", ")));
    }
    let folders = match (settings.recursive, settings.mirror) {
        (false, _) => "left out",
        (true, true) => "watched, and made again in the results",
        (true, false) => "watched; all results go into one folder",
    };
    line("sub-folders", folders.to_owned());
    line("sources", words::after(&settings.after));
    if let Place::Folder { .. } = place {
        line("settle", format!("{} s", settings.settle_s));
    }
    if !settings.hours.is_empty() {
        line("hours", hours_text(&settings.hours));
    }
    if settings.priority != 0 {
        line("priority", settings.priority.to_string());
    }
    if settings.sidecar == SidecarRule::Required {
        line("sidecar", "required".to_owned());
    }
    if let Some(queue) = &settings.queue_url {
        line("queue", text::escape(queue));
    }
    lines
}

fn counts(counts: &ArrivalCounts) -> String {
    let ArrivalCounts { waiting, held, at_work, delivered, failed, skipped } = *counts;
    let said: Vec<String> = [
        (held, "need attention"),
        (waiting, "waiting"),
        (at_work, "at work"),
        (failed, "failed"),
        (delivered, "delivered"),
        (skipped, "skipped"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, word)| format!("{count} {word}"))
    .collect();
    if said.is_empty() { "none".to_owned() } else { said.join(", ") }
}

fn painted(view: &WatchView, paint: Paint) -> String {
    let mut words = words::state(&view.state);
    if let Some(until) = view.closed_until_ms {
        words = format!("{words}; work starts at {}", text::moment(until));
    }
    match view.state {
        WatchState::Unreachable { .. } => paint.bad(&words),
        WatchState::Paused => paint.odd(&words),
        WatchState::New | WatchState::Watching | WatchState::Polling { .. } => words,
    }
}

fn stand(state: ArrivalState, paint: Paint) -> String {
    let word = words::stand(state);
    match state {
        ArrivalState::Held | ArrivalState::Failed => paint.bad(word),
        ArrivalState::Delivered => paint.good(word),
        ArrivalState::Skipped | ArrivalState::Gone => paint.faint(word),
        ArrivalState::Waiting | ArrivalState::AtWork => word.to_owned(),
    }
}

/// The end of the id: enough to name it, unless there are thousands.
fn short_id(view: &WatchView) -> String {
    let id = view.id.to_string();
    id[id.len().saturating_sub(8)..].to_owned()
}
