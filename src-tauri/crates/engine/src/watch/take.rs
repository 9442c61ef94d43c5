//! From a file that is whole to jobs, or to the knowledge that it was taken before.

use std::path::Path;

use spillway_profile::{Exists, Profile};

use super::{
    ArrivalId, ArrivalReason, ArrivalState, SidecarRule,
    decide::{self, Known, hold, rest, send},
    eye::{Ask, Contents, Wanted},
    post::{Moment, Post, wanted},
    sidecar::{self, Sidecar},
};
use crate::{
    Config, catalog,
    db::{Announced, ArrivalPlace, ArrivalRow, ContentRow, Stage, Tx, WatchRow},
    error::EngineError,
    model::JobExtras,
    route::EngineWish,
    steps::source::Identity,
    submit::{self, Known as KnownSource},
};

/// Pause before contents are compared again that could not be, in ms.
const COMPARE_MS: i64 = 5_000;
/// Tries to read the content that a file is compared with.
const COMPARED: u32 = 2;
/// Times that the same content is taken anew after its jobs lost their source.
const ANEW: usize = 3;
/// Pause before a file is looked into again whose content is being delivered from elsewhere, in ms.
const UNDECIDED_MS: i64 = 30_000;
/// Longest sleep until an hour at which work may start, in ms: nobody knows what becomes of clocks.
const HOURS_MS: i64 = 86_400_000;

/// Writes a file down if it is not as before, and announces what others are to be told of it.
pub(crate) fn save(
    tx: &Tx<'_>,
    watch: &WatchRow,
    before: Option<&ArrivalRow>,
    row: &ArrivalRow,
) -> Result<i64, EngineError> {
    if before == Some(row) {
        return Ok(row.num);
    }
    let kind = std::mem::discriminant::<ArrivalReason>;
    let same = before.is_some_and(|before| {
        before.place.state == row.place.state && kind(&before.place.reason) == kind(&row.place.reason)
    });
    let what = match row.place.state {
        ArrivalState::Held => Some(Announced::Held),
        ArrivalState::Skipped => Some(Announced::Skipped),
        ArrivalState::Waiting
        | ArrivalState::AtWork
        | ArrivalState::Delivered
        | ArrivalState::Failed
        | ArrivalState::Gone => None,
    };
    if let (Some(what), false) = (what, same) {
        let body = serde_json::json!({ "bytes": row.stand.bytes, "why": row.place.reason });
        tx.announce(what, watch, Some(&row.path), &body)?;
    }
    tx.save_arrival(row)
}

/// Where a file is by its jobs.
pub(crate) fn by_jobs(tx: &Tx<'_>, row: &ArrivalRow) -> Result<ArrivalPlace, EngineError> {
    Ok(match tx.outcome(row.num, row.round)? {
        Some(state) => ArrivalPlace { state, reason: ArrivalReason::Submitted },
        // Its jobs are off the list: what was known of them last stays.
        None if matches!(row.place.state, ArrivalState::Delivered | ArrivalState::Failed) => {
            row.place.clone()
        }
        None => ArrivalPlace {
            state: ArrivalState::Skipped,
            reason: ArrivalReason::Same { path: row.path.clone(), job: None },
        },
    })
}

/// What is left to do with a file whose place its jobs decide.
pub(crate) fn settle(row: &mut ArrivalRow, now_ms: i64) {
    rest(row);
    if matches!(row.place.state, ArrivalState::Delivered | ArrivalState::Failed)
        && !matches!(row.place.reason, ArrivalReason::Moved { .. })
    {
        send(row, Stage::Finish, now_ms, true);
    }
}

/// What to read whole, to know whether this file is one of those that it resembles.
pub(crate) fn comparison(tx: &Tx<'_>, row: &ArrivalRow) -> Result<Ask, EngineError> {
    let mut others = Vec::new();
    for content in tx.contents_like(row)?.iter().filter(|content| content.sha256.is_none()) {
        if let Some(other) = still_there(tx, row, content)? {
            others.push((content.num, other));
        }
    }
    Ok(Ask::Hash { file: wanted(row), others })
}

/// The file of a content, where it stands under its name as it was when it was taken.
fn still_there(tx: &Tx<'_>, row: &ArrivalRow, content: &ContentRow) -> Result<Option<Wanted>, EngineError> {
    let Some(other) = tx.arrival(content.arrival)? else { return Ok(None) };
    let stands = other.num != row.num
        && other.place.state != ArrivalState::Gone
        && other.stand.mtime_ns == content.mtime_ns
        && other.stand.inode == content.inode;
    Ok(stands.then(|| wanted(&other)))
}

/// Decides on a file that is whole and was looked into. Says whether jobs were made.
pub(crate) fn decide(
    tx: &Tx<'_>,
    config: &Config,
    post: &Post,
    moment: &Moment<'_>,
    mut row: ArrivalRow,
    contents: Contents,
) -> Result<bool, EngineError> {
    let before = row.clone();
    row.fingerprint = Some(contents.fingerprint);
    let known = if row.again { Known::New } else { decide::known(&row, &taken(tx, &row)?) };
    match known {
        Known::Same(content) => {
            recognised(tx, post, &before, row, &content)?;
            return Ok(false);
        }
        Known::Perhaps(contents) if !compared_enough(tx, &mut row, &contents)? => {
            save(tx, &post.row, Some(&before), &row)?;
            return Ok(false);
        }
        Known::Perhaps(_) | Known::New => {}
    }
    if !matches!(row.place.state, ArrivalState::Waiting | ArrivalState::Held) {
        // Another content under an old name of the same size: nobody has read its structure yet.
        row.place = ArrivalPlace { state: ArrivalState::Waiting, reason: ArrivalReason::Checking };
        send(&mut row, Stage::Check, tx.now_ms, true);
        save(tx, &post.row, Some(&before), &row)?;
        return Ok(false);
    }
    let made = begin(tx, config, post, moment, &mut row, contents.sidecar)?;
    save(tx, &post.row, Some(&before), &row)?;
    Ok(made)
}

/// Contents that a file may be the same as. One whose jobs all lost their source was not taken after all, unless
/// that happens again and again.
fn taken(tx: &Tx<'_>, row: &ArrivalRow) -> Result<Vec<ContentRow>, EngineError> {
    let mut contents = tx.contents_like(row)?;
    if contents.len() > ANEW {
        return Ok(contents);
    }
    let mut lost = Vec::new();
    for content in &contents {
        if tx.lost_its_source(content.arrival, content.round)? {
            lost.push(content.num);
        }
    }
    contents.retain(|content| !lost.contains(&content.num));
    Ok(contents)
}

/// Whether everything was done to find out what a file is; otherwise sends it to where that is done.
fn compared_enough(tx: &Tx<'_>, row: &mut ArrivalRow, contents: &[ContentRow]) -> Result<bool, EngineError> {
    let (mut readable, mut coming) = (row.sha256.is_none(), false);
    for content in contents {
        if content.sha256.is_none() {
            readable |= row.tries < COMPARED && still_there(tx, row, content)?.is_some();
            coming |= tx.outcome(content.arrival, content.round)? == Some(ArrivalState::AtWork);
        }
    }
    if !readable && !coming {
        return Ok(true);
    }
    if matches!(row.place.state, ArrivalState::Waiting | ArrivalState::Held) {
        row.place = ArrivalPlace { state: ArrivalState::Waiting, reason: ArrivalReason::Comparing };
    }
    if readable {
        row.tries += 1;
        send(row, Stage::Compare, tx.now_ms, true);
    } else {
        send(row, Stage::Examine, tx.now_ms + COMPARE_MS, false);
    }
    Ok(false)
}

/// A content that was taken before.
fn recognised(
    tx: &Tx<'_>,
    post: &Post,
    before: &ArrivalRow,
    mut row: ArrivalRow,
    content: &ContentRow,
) -> Result<(), EngineError> {
    let moved = matches!(row.place.reason, ArrivalReason::Moved { .. });
    if content.arrival == row.num && content.round == row.round && !moved {
        tx.set_content_stand(content.num, &row)?;
        tx.follow_identity(&row)?;
        row.place = by_jobs(tx, &row)?;
        if row.place.state == ArrivalState::Failed {
            // It was decided on just now; what becomes of it is somebody's wish.
            rest(&mut row);
        } else {
            settle(&mut row, tx.now_ms);
        }
        save(tx, &post.row, Some(before), &row)?;
        return Ok(());
    }
    if content.arrival != row.num
        && let Some(other) = tx.arrival(content.arrival)?
        && other.place.state == ArrivalState::Gone
        && row.round == 0
    {
        return renamed(tx, post, &row, other, content);
    }
    row.place = ArrivalPlace {
        state: ArrivalState::Skipped,
        reason: ArrivalReason::Same {
            path: content.path.clone(),
            job: tx.job_of_round(content.arrival, content.round)?,
        },
    };
    rest(&mut row);
    if tx.outcome(content.arrival, content.round)? == Some(ArrivalState::AtWork) {
        // The other one may yet lose its source, and this would be all that is left of it.
        send(&mut row, Stage::Examine, tx.now_ms + UNDECIDED_MS, false);
    } else if post.eye.ground.is_remote() {
        // Nobody needs its copy.
        send(&mut row, Stage::Finish, tx.now_ms, true);
    }
    save(tx, &post.row, Some(before), &row)?;
    Ok(())
}

/// A file that was gone stands under another name: it is the same one, and so are its jobs.
fn renamed(
    tx: &Tx<'_>,
    post: &Post,
    now: &ArrivalRow,
    mut other: ArrivalRow,
    content: &ContentRow,
) -> Result<(), EngineError> {
    let before = other.clone();
    let ground = &post.eye.ground;
    if !ground.is_remote() {
        let (from, to) =
            (ground.file(ArrivalId(other.num), &other.path), ground.file(ArrivalId(other.num), &now.path));
        tx.follow_source(other.num, &from, &to)?;
    }
    other.path.clone_from(&now.path);
    other.stand = now.stand;
    other.dev = now.dev;
    other.tag.clone_from(&now.tag);
    other.fingerprint.clone_from(&now.fingerprint);
    other.sha256.clone_from(&now.sha256);
    other.changed_ms = tx.now_ms;
    other.prior = None;
    tx.delete_arrival(now.num)?;
    if content.round == other.round {
        tx.set_content_stand(content.num, &other)?;
        tx.follow_identity(&other)?;
        other.place = by_jobs(tx, &other)?;
        settle(&mut other, tx.now_ms);
    } else {
        let job = tx.job_of_round(content.arrival, content.round)?;
        let reason = ArrivalReason::Same { path: content.path.clone(), job };
        other.place = ArrivalPlace { state: ArrivalState::Skipped, reason };
        rest(&mut other);
    }
    save(tx, &post.row, Some(&before), &other)?;
    Ok(())
}

/// Makes the jobs of a new content, where nothing is in the way.
fn begin(
    tx: &Tx<'_>,
    config: &Config,
    post: &Post,
    moment: &Moment<'_>,
    row: &mut ArrivalRow,
    sidecar: Option<(String, String)>,
) -> Result<bool, EngineError> {
    let settings = &post.row.settings;
    let sidecar = match sidecar {
        None if settings.sidecar == SidecarRule::Required => {
            hold(row, ArrivalReason::NoSidecar, tx.now_ms);
            return Ok(false);
        }
        None => Sidecar::default(),
        Some((file, text)) => match sidecar::parse(&file, &text, moment.zone) {
            Ok(sidecar) => sidecar,
            Err(fault) => {
                hold(row, ArrivalReason::BadSidecar { file, why: fault.why }, tx.now_ms);
                return Ok(false);
            }
        },
    };
    let mut profiles = Vec::new();
    for id in sidecar.profiles.as_ref().unwrap_or(&settings.profiles) {
        match catalog::find(&config.data_dir, id) {
            Ok(entry) => profiles.push(unattended(entry.profile)),
            Err(error) => {
                let why = error.to_string();
                hold(row, ArrivalReason::NoProfile { profile: id.clone(), why }, tx.now_ms);
                return Ok(false);
            }
        }
    }
    if let Some(until_ms) = post.row.closed_until_ms {
        row.place =
            ArrivalPlace { state: ArrivalState::Waiting, reason: ArrivalReason::OutsideHours { until_ms } };
        send(row, Stage::Examine, until_ms.min(tx.now_ms + HOURS_MS), false);
        return Ok(false);
    }
    submit(tx, post, row, &profiles, sidecar)?;
    Ok(true)
}

/// Nobody is there to choose another name: new content under an old name stands beside the old results.
fn unattended(mut profile: Profile) -> Profile {
    match profile.delivery.exists {
        Exists::Fail => profile.delivery.exists = Exists::Version,
        Exists::Version => {}
    }
    profile
}

fn submit(
    tx: &Tx<'_>,
    post: &Post,
    row: &mut ArrivalRow,
    profiles: &[Profile],
    sidecar: Sidecar,
) -> Result<(), EngineError> {
    let settings = &post.row.settings;
    let ground = &post.eye.ground;
    let source = ground.file(ArrivalId(row.num), &row.path);
    let identity = if ground.is_remote() {
        // A copy of Spillway's own, on its own drive.
        Identity::of(&source)
    } else {
        let stand = row.stand;
        Ok(Identity { bytes: stand.bytes, mtime_ns: stand.mtime_ns, dev: row.dev, inode: stand.inode })
    };
    let below = Path::new(&row.path).parent().filter(|_| settings.mirror);
    let out_dir = below.map_or_else(|| post.row.out_dir.clone(), |below| post.row.out_dir.join(below));
    let extras = JobExtras {
        title: sidecar.title,
        metadata: sidecar.metadata,
        deadline_ms: sidecar.deadline_ms,
        watch: Some(post.row.id),
    };
    let keys = submit::submit_known(
        tx,
        &KnownSource {
            source: &source,
            identity,
            profiles,
            out_dir: &out_dir,
            priority: sidecar.priority.unwrap_or(settings.priority),
            engine_wish: EngineWish::Auto,
            extras: &extras,
        },
    )?;
    row.round += 1;
    row.again = false;
    row.tries = 0;
    tx.insert_content(row)?;
    for key in keys {
        tx.link_job(row.num, row.round, key)?;
    }
    row.place = by_jobs(tx, row)?;
    settle(row, tx.now_ms);
    Ok(())
}
