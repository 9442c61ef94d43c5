//! Channels and messages as tables.

use std::fmt::Write;

use spillway_engine::outbox::{
    ChannelSettings, ChannelView, MessagePage, MessageState, MessageView, Security, Target, Topic, TryView,
};

use crate::{out::Paint, text};

/// Tries shown of a message.
const TRIES: usize = 3;

/// What `notify add` says.
pub(super) fn added(view: &ChannelView) -> String {
    format!(
        "{} is told of {} through {}.",
        text::escape(&view.settings.name),
        topics(&view.settings),
        target(&view.settings.target)
    )
}

/// Channels and how they fare.
pub(super) fn table(channels: &[ChannelView], paint: Paint) -> String {
    let head =
        ["channel", "goes to", "waiting", "given up", "last sent", "state"].map(|title| paint.strong(title));
    let mut rows = vec![head.to_vec()];
    rows.extend(channels.iter().map(|view| {
        vec![
            text::escape(&view.settings.name),
            target(&view.settings.target),
            view.waiting.to_string(),
            view.given_up.to_string(),
            view.sent_ms.map_or_else(|| "never".to_owned(), text::moment),
            state(view, paint),
        ]
    }));
    text::table(&rows)
}

/// Channels after a verb; `word` in the place of their state.
pub(super) fn short(channels: &[ChannelView], word: Option<&str>, paint: Paint) -> String {
    let row = |view: &ChannelView| {
        let state = word.map_or_else(|| state(view, paint), str::to_owned);
        vec![text::escape(&view.settings.name), target(&view.settings.target), state]
    };
    text::table(&channels.iter().map(row).collect::<Vec<_>>())
}

/// Everything about one channel.
pub(super) fn page(view: &ChannelView, paint: Paint) -> String {
    let settings = &view.settings;
    let profiles = match settings.profiles.as_slice() {
        [] => "all".to_owned(),
        some => text::escape(&some.join(", ")),
    };
    let mut lines = vec![
        paint.strong(&text::escape(&settings.name)),
        format!("id          {}", view.id),
        format!("state       {}", state(view, paint)),
        format!("goes to     {}", target(&settings.target)),
        format!("secret      {}", if view.has_secret { "set" } else { "none" }),
        format!("told of     {}", topics(settings)),
        format!("profiles    {profiles}"),
    ];
    lines.extend(details(&settings.target));
    lines.push(format!("waiting     {}", view.waiting));
    lines.push(format!("given up    {}", view.given_up));
    lines.push(format!("last sent   {}", view.sent_ms.map_or_else(|| "never".to_owned(), text::moment)));
    lines.push(format!("added       {}", text::moment(view.created_ms)));
    lines.join("\n")
}

/// What came of a test.
pub(super) fn tested(taken: bool, said: &str, paint: Paint) -> String {
    let word = if taken { paint.good("taken") } else { paint.bad("not taken") };
    format!("{word}  {}", text::escape(said))
}

/// Messages with their last tries.
pub(super) fn messages(page: &MessagePage, paint: Paint) -> String {
    let head = ["number", "written", "channel", "topic", "about", "state"].map(|title| paint.strong(title));
    let mut rows = vec![head.to_vec()];
    rows.extend(page.rows.iter().map(|message| {
        vec![
            message.id.0.to_string(),
            text::moment(message.created_ms),
            text::escape(&message.channel_name),
            message.topic.to_string(),
            text::escape(&message.subject),
            stands(message, paint),
        ]
    }));
    let mut shown = String::new();
    for (line, message) in
        text::table(&rows).lines().zip([None].into_iter().chain(page.rows.iter().map(Some)))
    {
        shown.push_str(line);
        shown.push('\n');
        if let Some(message) = message {
            tries(&mut shown, &message.tries, paint);
        }
    }
    let more = page.total.saturating_sub(text::count(page.rows.len()));
    if more > 0 {
        // Writing to a String cannot fail.
        let _ = writeln!(shown, "and {more} more (--limit)");
    }
    shown
}

fn tries(shown: &mut String, tries: &[TryView], paint: Paint) {
    let hidden = tries.len().saturating_sub(TRIES);
    if hidden > 0 {
        let _ = writeln!(shown, "        {}", paint.faint(&text::plural(text::count(hidden), "earlier try")));
    }
    for one in &tries[hidden..] {
        let word = if one.taken { "taken" } else { "not taken" };
        let said = text::escape(&one.said);
        let line = format!("{}  {word} after {}: {said}", text::moment(one.at_ms), text::span(one.took_ms));
        let _ = writeln!(shown, "        {}", paint.faint(&line));
    }
}

fn stands(message: &MessageView, paint: Paint) -> String {
    match &message.state {
        MessageState::Waiting { .. } if message.tries.is_empty() => "waiting".to_owned(),
        MessageState::Waiting { next_ms } => {
            paint.odd(&format!("waiting, next try {}", text::moment(*next_ms)))
        }
        MessageState::Sent { at_ms } => paint.good(&format!("sent {}", text::moment(*at_ms))),
        MessageState::GivenUp { at_ms } => paint.bad(&format!("given up {}", text::moment(*at_ms))),
    }
}

fn state(view: &ChannelView, paint: Paint) -> String {
    match (&view.trouble, view.settings.paused) {
        (_, true) => paint.odd("paused"),
        (Some(trouble), false) => paint.bad(&text::escape(trouble)),
        (None, false) if view.sent_ms.is_none() => "nothing sent yet".to_owned(),
        (None, false) => paint.good("works"),
    }
}

fn topics(settings: &ChannelSettings) -> String {
    match settings.topics.as_slice() {
        [] => "the usual (accepted, delivered, failed, cancelled; folders unreachable and back; files that need attention)"
            .to_owned(),
        some => some.iter().map(Topic::to_string).collect::<Vec<_>>().join(", "),
    }
}

fn target(target: &Target) -> String {
    let words = match target {
        Target::Webhook { url } => format!("webhook {url}"),
        Target::Command { program, .. } => format!("command {}", program.display()),
        Target::Email { to, .. } => format!("e-mail to {}", to.join(", ")),
        Target::Stomp { host, port, destination, .. } => format!("broker {host}:{port} {destination}"),
    };
    text::escape(&words)
}

fn details(target: &Target) -> Vec<String> {
    let login = |user: &Option<String>| text::escape(user.as_deref().unwrap_or("none"));
    match target {
        Target::Webhook { .. } => vec![],
        Target::Command { arguments, timeout_s, .. } => vec![
            format!("arguments   {}", text::escape(&format!("{arguments:?}"))),
            format!("ended after {timeout_s} s"),
        ],
        Target::Email { host, port, security, user, from, .. } => {
            let protected = match security {
                Security::Tls => "TLS",
                Security::StartTls => "STARTTLS",
                Security::None => "in the clear",
            };
            vec![
                format!("server      {}, {protected}", text::escape(&format!("{host}:{port}"))),
                format!("user        {}", login(user)),
                format!("from        {}", text::escape(from)),
            ]
        }
        Target::Stomp { tls, user, .. } => vec![
            format!("protected   {}", if *tls { "TLS" } else { "in the clear" }),
            format!("user        {}", login(user)),
        ],
    }
}
