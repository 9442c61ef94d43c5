//! `watch`: watched folders.

mod list;
mod options;
mod words;

pub(crate) use words::{place, reason, state};

use std::path::Path;

use serde::Serialize;
use spillway_engine::{
    Engine,
    watch::{ArrivalId, ArrivalQuery, ArrivalView, NewWatch, Place, WatchError, WatchView},
};

use crate::{
    Session,
    args::watch::{Add, Again, Edit, Names, Show, WatchVerb},
    exit::{CommandError, Exit},
    text,
};

/// Files asked for at a time where all of them are wanted.
const PAGE: u32 = 500;

/// `watches` of `--json`.
#[derive(Debug, Serialize)]
struct Watches<'a> {
    watches: &'a [WatchView],
}

/// `watch show --json`, and `arrivals` of `watch again --json`.
#[derive(Debug, Serialize)]
struct Shown<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    watch: Option<&'a WatchView>,
    arrivals: &'a [ArrivalView],
    total: u64,
}

/// Does what was asked.
pub(crate) fn watch(session: &Session<'_>, verb: &WatchVerb) -> Result<Exit, CommandError> {
    match verb {
        WatchVerb::Add(what) => add(session, what),
        WatchVerb::List => list(session),
        WatchVerb::Show(which) => show(session, which),
        WatchVerb::Edit(what) => edit(session, what),
        WatchVerb::Pause(which) => each(session, which, |engine, id| engine.pause_watch(id, true)),
        WatchVerb::Resume(which) => each(session, which, |engine, id| engine.pause_watch(id, false)),
        WatchVerb::Scan(which) => each(session, which, Engine::scan_watch),
        WatchVerb::Remove(which) => remove(session, which),
        WatchVerb::Again(which) => again(session, which),
    }
}

fn add(session: &Session<'_>, what: &Add) -> Result<Exit, CommandError> {
    let settings = options::new(&what.profiles, &what.options)?;
    let engine = session.engine(None)?;
    let id = engine.add_watch(NewWatch { place: what.place.clone(), settings })?;
    let view = engine.find_watch(&id.to_string())?;
    if session.out.json() {
        session.out.document(&Watches { watches: &[view] });
        return Ok(Exit::Done);
    }
    session.out.result(&list::added(&view));
    session.out.note("`spillway run`, or the window, looks after it.");
    Ok(Exit::Done)
}

fn list(session: &Session<'_>) -> Result<Exit, CommandError> {
    let watches = session.engine(None)?.watches()?;
    if session.out.json() {
        session.out.document(&Watches { watches: &watches });
    } else if watches.is_empty() {
        session.out.note("No folder is watched. `spillway watch add DIR -p PROFILE` begins.");
    } else {
        session.out.result(&list::table(&watches, session.out.paint()));
    }
    Ok(Exit::Done)
}

fn show(session: &Session<'_>, which: &Show) -> Result<Exit, CommandError> {
    let engine = session.engine(None)?;
    let view = find(&engine, &which.watch)?;
    let query = ArrivalQuery {
        watch: Some(view.id),
        states: which.states.iter().map(|state| (*state).into()).collect(),
        limit: which.limit,
        ..ArrivalQuery::default()
    };
    let page = engine.arrivals(&query)?;
    if session.out.json() {
        session.out.document(&Shown { watch: Some(&view), arrivals: &page.rows, total: page.total });
        return Ok(Exit::Done);
    }
    let now_ms = jiff::Timestamp::now().as_millisecond();
    session.out.result(&list::page(&view, &page, now_ms, session.out.paint()));
    Ok(Exit::Done)
}

fn edit(session: &Session<'_>, what: &Edit) -> Result<Exit, CommandError> {
    let engine = session.engine(None)?;
    let view = find(&engine, &what.watch)?;
    let settings = options::changed(view.settings, &what.profiles, &what.options)?;
    engine.edit_watch(view.id, settings)?;
    tell(session, &[find(&engine, &what.watch)?], None);
    Ok(Exit::Done)
}

fn remove(session: &Session<'_>, which: &Names) -> Result<Exit, CommandError> {
    let engine = session.engine(None)?;
    let views = find_all(&engine, which)?;
    for view in &views {
        engine.remove_watch(view.id)?;
    }
    tell(session, &views, Some("removed"));
    Ok(Exit::Done)
}

fn each(
    session: &Session<'_>,
    which: &Names,
    act: impl Fn(&Engine, spillway_engine::watch::WatchId) -> Result<(), WatchError>,
) -> Result<Exit, CommandError> {
    let engine = session.engine(None)?;
    let mut views = Vec::new();
    for view in find_all(&engine, which)? {
        act(&engine, view.id)?;
        views.push(engine.find_watch(&view.id.to_string())?);
    }
    tell(session, &views, None);
    Ok(Exit::Done)
}

fn again(session: &Session<'_>, which: &Again) -> Result<Exit, CommandError> {
    let engine = session.engine(None)?;
    let ids = which.files.iter().map(|file| arrival(&engine, file)).collect::<Result<Vec<_>, _>>()?;
    let mut arrivals = Vec::new();
    for id in ids {
        engine.deliver_again(id)?;
        arrivals.push(engine.arrival(id)?);
    }
    if session.out.json() {
        let total = text::count(arrivals.len());
        session.out.document(&Shown { watch: None, arrivals: &arrivals, total });
        return Ok(Exit::Done);
    }
    let now_ms = jiff::Timestamp::now().as_millisecond();
    session.out.result(&list::arrivals(&arrivals, now_ms, session.out.paint()));
    Ok(Exit::Done)
}

fn tell(session: &Session<'_>, views: &[WatchView], word: Option<&str>) {
    if session.out.json() {
        session.out.document(&Watches { watches: views });
        return;
    }
    session.out.result(&list::short(views, word, session.out.paint()));
}

fn find(engine: &Engine, name: &Path) -> Result<WatchView, CommandError> {
    Ok(engine.find_watch(&name.to_string_lossy())?)
}

/// All are looked up before anything is done: a slip in one changes nothing.
fn find_all(engine: &Engine, which: &Names) -> Result<Vec<WatchView>, CommandError> {
    which.watches.iter().map(|name| find(engine, name)).collect()
}

/// A file by its number, by its path, or by bucket and key.
fn arrival(engine: &Engine, file: &Path) -> Result<ArrivalId, CommandError> {
    if let Some(number) = file.to_str().and_then(|text| text.parse().ok()) {
        return Ok(engine.arrival(ArrivalId(number))?.id);
    }
    for watch in engine.watches()? {
        let Some(path) = below(&watch.place, file) else { continue };
        let mut query = ArrivalQuery {
            watch: Some(watch.id),
            states: list::EVERY_STATE.to_vec(),
            text: path.clone(),
            offset: 0,
            limit: PAGE,
        };
        loop {
            let page = engine.arrivals(&query)?;
            if let Some(found) = page.rows.iter().find(|row| row.path == path) {
                return Ok(found.id);
            }
            query.offset = query.offset.saturating_add(PAGE);
            if page.rows.is_empty() {
                break;
            }
        }
    }
    Err(CommandError::usage(
        format!("{} was not seen in a watched folder.", text::path(file)),
        "`spillway watch show DIR` lists the files of one.",
    ))
}

/// A file's path below a watched place, as arrivals name it.
fn below(place: &Place, file: &Path) -> Option<String> {
    match place {
        Place::Folder { path } => {
            let absolute = std::path::absolute(file).ok()?;
            // The folder is known without links; the file may be gone.
            let folder = absolute.parent()?;
            let real =
                folder.canonicalize().unwrap_or_else(|_| folder.to_owned()).join(absolute.file_name()?);
            Some(real.strip_prefix(path).ok()?.to_string_lossy().into_owned())
        }
        Place::Bucket { bucket, prefix } => {
            let key = file.to_str()?.strip_prefix(&format!("s3://{bucket}/"))?;
            Some(key.strip_prefix(prefix.as_str())?.trim_start_matches('/').to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_by_its_path_below_the_folder_or_by_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        std::fs::create_dir(root.join("dailies")).unwrap();
        let place = Place::Folder { path: root.clone() };
        assert_eq!(below(&place, &root.join("dailies/a.mov")).as_deref(), Some("dailies/a.mov"));
        assert_eq!(below(&place, Path::new("/elsewhere/a.mov")), None);
        let bucket = Place::Bucket { bucket: "masters".into(), prefix: "in/".into() };
        assert_eq!(below(&bucket, Path::new("s3://masters/in/x/a.mov")).as_deref(), Some("x/a.mov"));
        assert_eq!(below(&bucket, Path::new("s3://masters/out/a.mov")), None);
        assert_eq!(below(&bucket, Path::new("s3://other/in/a.mov")), None);
    }
}
