//! `notify`: telling others what happens.

mod list;
mod options;
mod secret;

use serde::Serialize;
use spillway_engine::{
    Engine,
    outbox::{ChannelError, ChannelView, MessageId, MessagePage, MessageQuery, SecretChange},
};

use crate::{
    Session,
    args::notify::{Add, Again, Edit, Log, Name, Names, NotifyVerb},
    exit::{CommandError, Exit},
    text, variable,
};

/// `channels` of `--json`.
#[derive(Debug, Serialize)]
struct Channels<'a> {
    channels: &'a [ChannelView],
}

/// `notify test --json`.
#[derive(Debug, Serialize)]
struct Tested<'a> {
    channel: &'a str,
    taken: bool,
    said: &'a str,
}

/// Does what was asked.
pub(crate) fn notify(session: &Session<'_>, verb: &NotifyVerb) -> Result<Exit, CommandError> {
    match verb {
        NotifyVerb::Add(what) => add(session, what),
        NotifyVerb::List => list(session),
        NotifyVerb::Show(which) => show(session, which),
        NotifyVerb::Edit(what) => edit(session, what),
        NotifyVerb::Pause(which) => pause(session, which, true),
        NotifyVerb::Resume(which) => pause(session, which, false),
        NotifyVerb::Remove(which) => remove(session, which),
        NotifyVerb::Test(which) => test(session, which),
        NotifyVerb::Log(which) => log(session, which),
        NotifyVerb::Again(which) => again(session, which),
    }
}

fn add(session: &Session<'_>, what: &Add) -> Result<Exit, CommandError> {
    let settings = options::new(&what.name, &what.options)?;
    let secret = secret::read(&what.options, &variable)?;
    let engine = session.engine(None)?;
    let id = engine.add_channel(settings, secret)?;
    let view = engine.find_channel(&id.to_string())?;
    if session.out.json() {
        session.out.document(&Channels { channels: &[view] });
        return Ok(Exit::Done);
    }
    session.out.result(&list::added(&view));
    session.out.note(&format!(
        "`spillway notify test {}` tries it. Messages go out while the queue is run.",
        text::escape(&what.name)
    ));
    Ok(Exit::Done)
}

fn list(session: &Session<'_>) -> Result<Exit, CommandError> {
    let channels = session.engine(None)?.channels()?;
    if session.out.json() {
        session.out.document(&Channels { channels: &channels });
    } else if channels.is_empty() {
        session.out.note("Nobody is told. `spillway notify add NAME --webhook URL` begins.");
    } else {
        session.out.result(&list::table(&channels, session.out.paint()));
    }
    Ok(Exit::Done)
}

fn show(session: &Session<'_>, which: &Name) -> Result<Exit, CommandError> {
    let view = session.engine(None)?.find_channel(&which.channel)?;
    if session.out.json() {
        session.out.document(&Channels { channels: &[view] });
    } else {
        session.out.result(&list::page(&view, session.out.paint()));
    }
    Ok(Exit::Done)
}

fn edit(session: &Session<'_>, what: &Edit) -> Result<Exit, CommandError> {
    let engine = session.engine(None)?;
    let view = engine.find_channel(&what.channel)?;
    let settings = options::changed(view.settings, what.name.as_deref(), &what.options)?;
    let secret = match secret::read(&what.options, &variable)? {
        Some(secret) => SecretChange::Set { secret },
        None if what.no_secret => SecretChange::Clear,
        None => SecretChange::Keep,
    };
    engine.edit_channel(view.id, settings, secret)?;
    tell(session, &[engine.find_channel(&view.id.to_string())?], None);
    Ok(Exit::Done)
}

fn pause(session: &Session<'_>, which: &Names, paused: bool) -> Result<Exit, CommandError> {
    let engine = session.engine(None)?;
    let mut views = find_all(&engine, which)?;
    for view in &mut views {
        view.settings.paused = paused;
        engine.edit_channel(view.id, view.settings.clone(), SecretChange::Keep)?;
    }
    tell(session, &views, None);
    Ok(Exit::Done)
}

fn remove(session: &Session<'_>, which: &Names) -> Result<Exit, CommandError> {
    let engine = session.engine(None)?;
    let views = find_all(&engine, which)?;
    for view in &views {
        engine.remove_channel(view.id)?;
    }
    tell(session, &views, Some("removed"));
    Ok(Exit::Done)
}

fn test(session: &Session<'_>, which: &Name) -> Result<Exit, CommandError> {
    let engine = session.engine(None)?;
    let view = engine.find_channel(&which.channel)?;
    let (taken, said) = match engine.test_channel(view.id) {
        Ok(said) => (true, said),
        Err(ChannelError::Failed(why)) => (false, why),
        Err(error) => return Err(error.into()),
    };
    if session.out.json() {
        session.out.document(&Tested { channel: &view.settings.name, taken, said: &said });
    } else {
        session.out.result(&list::tested(taken, &said, session.out.paint()));
    }
    Ok(if taken { Exit::Done } else { Exit::Faults })
}

fn log(session: &Session<'_>, which: &Log) -> Result<Exit, CommandError> {
    let engine = session.engine(None)?;
    let channel = which.channel.as_deref().map(|name| engine.find_channel(name)).transpose()?;
    let query = MessageQuery {
        channel: channel.map(|view| view.id),
        unsent: which.unsent,
        job: which.job.as_deref().map(|id| engine.find_job(id)).transpose()?,
        offset: 0,
        limit: which.limit,
    };
    let page = engine.messages(&query)?;
    show_messages(session, &page);
    Ok(Exit::Done)
}

fn show_messages(session: &Session<'_>, page: &MessagePage) {
    if session.out.json() {
        session.out.document(page);
    } else if page.rows.is_empty() {
        session.out.note("No messages.");
    } else {
        session.out.result(&list::messages(page, session.out.paint()));
    }
}

fn again(session: &Session<'_>, which: &Again) -> Result<Exit, CommandError> {
    let engine = session.engine(None)?;
    for number in &which.messages {
        engine.send_again(MessageId(*number)).map_err(|error| match error {
            ChannelError::NoSuchMessage => CommandError::usage(
                format!("There is no message {number}."),
                "`spillway notify log` lists those there are.",
            ),
            other => other.into(),
        })?;
    }
    session.out.note("They go out as soon as the queue is run.");
    Ok(Exit::Done)
}

fn tell(session: &Session<'_>, views: &[ChannelView], word: Option<&str>) {
    if session.out.json() {
        session.out.document(&Channels { channels: views });
        return;
    }
    session.out.result(&list::short(views, word, session.out.paint()));
}

/// All are looked up before anything is done: a slip in one changes nothing.
fn find_all(engine: &Engine, which: &Names) -> Result<Vec<ChannelView>, CommandError> {
    which.channels.iter().map(|name| Ok(engine.find_channel(name)?)).collect()
}
