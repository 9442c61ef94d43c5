//! What follows from answers.

use std::io;

use super::{
    ArrivalReason, ArrivalState, PollReason,
    decide::{self, hold, send},
    eye::{Answer, Lane, Said, Verdict, Wanted},
    ground::{Looked, Told},
    post::{Hearing, Moment, Post, Reach},
    sidecar,
    take::{self, by_jobs, save, settle},
    tree::{Entry, Found, Walked},
};
use crate::{
    Config,
    db::{ArrivalPlace, ArrivalRow, Scanned, Stage, Tx},
    error::EngineError,
};

/// Pause before a file is looked at again that a scan has to find first, in ms.
const UNSEEN_MS: i64 = 10_000;

/// Takes in an answer. Says whether jobs were made.
pub(crate) fn hear(
    tx: &Tx<'_>,
    config: &Config,
    post: &mut Post,
    moment: &Moment<'_>,
    said: Said,
) -> Result<bool, EngineError> {
    if let Some(lane) = said.lane
        && post.sour.contains(&lane)
        && !matches!(said.answer, Answer::Through)
    {
        return Ok(false);
    }
    match said.answer {
        Answer::Root(root) => {
            post.heard = moment.steady_ms;
            let reached = root.and_then(|root| decide::reach(&post.row, &root).map(|()| root));
            match reached {
                Ok(root) => {
                    if post.row.mount != root.mount || post.row.dev != Some(root.dev) {
                        tx.set_watch_drive(post.row.num, root.mount.as_ref(), root.dev)?;
                        post.row.dev = Some(root.dev);
                        post.row.mount = root.mount;
                    }
                    post.found(tx)?;
                }
                Err(why) => {
                    post.sour.extend(said.lane);
                    post.lost(tx, why, moment.steady_ms)?;
                }
            }
        }
        Answer::Through => through(post, said.lane, moment),
        Answer::Listening(Ok(ears)) => {
            post.hearing = Hearing::Told(ears);
            post.poll = None;
        }
        Answer::Listening(Err(why)) => deaf(post, why),
        Answer::Told(told) => hinted(post, told),
        Answer::Found(found) => found_by_scan(tx, post, found)?,
        Answer::Walked(Ok(walked)) => walked_through(tx, post, moment, walked)?,
        Answer::Walked(Err(why)) => post.lost(tx, why, moment.steady_ms)?,
        Answer::Looked(looks) => {
            for (path, look) in looks {
                looked(tx, post, &path, look)?;
            }
        }
        Answer::Examined { num, result } => {
            post.eye.release(num);
            return examined(tx, config, post, moment, num, result);
        }
        Answer::Checked { file, verdict } => {
            post.eye.release(file.num);
            checked(tx, post, &file, verdict)?;
        }
        Answer::Hashed { num, result, others } => {
            post.eye.release(num);
            hashed(tx, post, num, result, &others)?;
        }
        Answer::Moved { num, result } => {
            post.eye.release(num);
            moved(tx, post, num, result)?;
        }
        Answer::Discarded { num, result } => {
            post.eye.release(num);
            discarded(tx, num, result)?;
        }
        Answer::Fetching { num, done, total } => {
            change(tx, post, num, Stage::Fetch, |row| {
                row.place.reason = ArrivalReason::Fetching { done, total };
            })?;
        }
        Answer::Fetched { num, result } => {
            post.eye.release(num);
            fetched(tx, post, num, result)?;
        }
        Answer::Usable { folder, result } => {
            if folder == post.row.out_dir {
                post.out = Some((moment.steady_ms, result.err().map(|error| error.to_string())));
            }
        }
    }
    Ok(false)
}

fn through(post: &mut Post, lane: Option<Lane>, moment: &Moment<'_>) {
    let Some(lane) = lane else { return };
    post.eye.through(lane);
    match lane {
        Lane::Look => post.confirming.clear(),
        Lane::Walk => {
            if matches!(post.hearing, Hearing::Asked) {
                deaf(post, PollReason::NotWatchable { why: "it gave no answer".to_owned() });
            }
            if let Some(scan) = post.scan.take() {
                // It ended without an end: once more, after a while.
                post.took_ms = moment.steady_ms - scan.began;
                post.scan_ended = moment.steady_ms;
                post.scan_hinted = true;
            }
        }
        Lane::Read | Lane::Haul | Lane::Out => {}
    }
}

fn deaf(post: &mut Post, why: PollReason) {
    post.hearing = Hearing::Untold;
    post.poll = Some(why);
}

fn hinted(post: &mut Post, told: Told) {
    match told {
        Told::Changed(paths) => post.hinted.extend(paths),
        Told::Rescan => post.scan_hinted = true,
        Told::Lost => {
            // It is listened to anew; where that is refused, the answer says why.
            post.hearing = Hearing::NotYet;
            post.scan_hinted = true;
        }
    }
}

/// Something changes a row that is still in the stage that the question was about.
fn change(
    tx: &Tx<'_>,
    post: &Post,
    num: i64,
    stage: Stage,
    work: impl FnOnce(&mut ArrivalRow),
) -> Result<(), EngineError> {
    let Some(before) = tx.arrival(num)?.filter(|row| row.stage == Some(stage)) else { return Ok(()) };
    let mut row = before.clone();
    work(&mut row);
    save(tx, &post.row, Some(&before), &row)?;
    Ok(())
}

fn found_by_scan(tx: &Tx<'_>, post: &mut Post, found: Found) -> Result<(), EngineError> {
    match found {
        Found::Batch(entries) => {
            for entry in entries {
                if let Some(num) = sighted(tx, post, &entry, false)?
                    && let Some(scan) = &mut post.scan
                {
                    scan.seen.insert(num);
                }
            }
        }
        Found::NameNotText(path) => {
            let num = if let Some(row) = tx.arrival_at(post.row.num, &path)? {
                row.num
            } else {
                save(tx, &post.row, None, &decide::nameless(post.row.num, &path, tx.now_ms))?
            };
            if let Some(scan) = &mut post.scan {
                scan.seen.insert(num);
            }
        }
        Found::Trouble { path, why } => {
            tracing::warn!(place = post.row.name, path, why, "a part of a watched folder cannot be read");
        }
    }
    Ok(())
}

/// A file was seen; `due`: because it was time to. Gives its number, unless it is one of our own results.
fn sighted(tx: &Tx<'_>, post: &mut Post, entry: &Entry, due: bool) -> Result<Option<i64>, EngineError> {
    let manner = post.manner(entry.bytes);
    let Some(before) = tx.arrival_at(post.row.num, &entry.path)? else {
        if is_own(tx, post, entry)? {
            return Ok(None);
        }
        // A drive that comes back empty is known by what it held, whoever told of that.
        post.row.files += 1;
        tx.add_watch_file(post.row.num)?;
        let row = decide::first(post.row.num, entry, tx.now_ms, manner.window_ms);
        return Ok(Some(save(tx, &post.row, None, &row)?));
    };
    let mut row = before.clone();
    if row.place.state == ArrivalState::Gone {
        row.place = match row.prior.take() {
            Some(prior) if matches!(prior.reason, ArrivalReason::Same { .. }) => prior,
            Some(_) | None => by_jobs(tx, &row)?,
        };
        settle(&mut row, tx.now_ms);
    }
    if decide::differs(&row, entry) || due && row.stage == Some(Stage::Look) {
        decide::looked(&mut row, entry, tx.now_ms, manner);
    }
    save(tx, &post.row, Some(&before), &row)?;
    Ok(Some(row.num))
}

/// Results that arrive in a watched folder are nobody's masters.
fn is_own(tx: &Tx<'_>, post: &Post, entry: &Entry) -> Result<bool, EngineError> {
    if post.eye.ground.is_remote() {
        return Ok(false);
    }
    let super::Place::Folder { path: root } = &post.row.place else { return Ok(false) };
    tx.is_own_output(post.row.id, root, &root.join(&entry.path))
}

fn walked_through(
    tx: &Tx<'_>,
    post: &mut Post,
    moment: &Moment<'_>,
    walked: Walked,
) -> Result<(), EngineError> {
    let Some(scan) = post.scan.take() else { return Ok(()) };
    post.took_ms = moment.steady_ms - scan.began;
    post.scan_ended = moment.steady_ms;
    post.scanned = true;
    if walked.complete {
        let present = tx.present_arrivals(post.row.num)?;
        post.missing = present.into_iter().filter(|num| !scan.seen.contains(num)).collect();
    }
    let scanned = Scanned {
        at_ms: tx.now_ms,
        took_ms: post.took_ms,
        files: walked.complete.then_some(walked.files),
        wanted: scan.wanted,
    };
    tx.set_scanned(post.row.num, &scanned)?;
    post.row.scan_done = post.row.scan_done.max(scan.wanted);
    post.row.files = scanned.files.unwrap_or(post.row.files);
    let state = decide::watched(post.poll.as_ref(), post.took_ms);
    if post.reach == Reach::Well { post.set_state(tx, state) } else { Ok(()) }
}

fn looked(tx: &Tx<'_>, post: &mut Post, path: &str, look: io::Result<Looked>) -> Result<(), EngineError> {
    let missed = post.confirming.remove(path);
    match look {
        Ok(Looked::File(entry)) => {
            sighted(tx, post, &entry, true)?;
        }
        Ok(Looked::Folder) => post.scan_hinted = true,
        Ok(Looked::Sidecar) => sidecar_changed(tx, post, path)?,
        Ok(Looked::Other | Looked::Nothing) => match tx.arrival_at(post.row.num, path)? {
            Some(row) if row.place.state == ArrivalState::Gone => {}
            Some(row) if missed == Some(row.num) => gone(tx, post, &row)?,
            Some(mut row) => {
                post.scan_hinted = true;
                if row.next_look_ms.is_some_and(|at| at <= tx.now_ms) {
                    row.next_look_ms = Some(tx.now_ms + UNSEEN_MS);
                    tx.save_arrival(&row)?;
                }
            }
            None => post.scan_hinted |= tx.knows_below(post.row.num, path)?,
        },
        Err(error) => {
            if let Some(before) = tx.arrival_at(post.row.num, path)? {
                let mut row = before.clone();
                if matches!(row.place.state, ArrivalState::Waiting | ArrivalState::Held) {
                    hold(&mut row, ArrivalReason::Unreadable { why: said(&error) }, tx.now_ms);
                } else if row.next_look_ms.is_some_and(|at| at <= tx.now_ms) {
                    row.next_look_ms = Some(tx.now_ms + UNSEEN_MS);
                }
                save(tx, &post.row, Some(&before), &row)?;
            }
        }
    }
    Ok(())
}

fn said(error: &io::Error) -> String {
    format!("The system says: {error}.")
}

/// A complete scan did not see it, and a look did not find it.
fn gone(tx: &Tx<'_>, post: &Post, before: &ArrivalRow) -> Result<(), EngineError> {
    if before.round == 0 && before.place.state != ArrivalState::Skipped {
        return tx.delete_arrival(before.num);
    }
    let mut row = before.clone();
    row.prior = Some(if matches!(row.place.state, ArrivalState::Waiting | ArrivalState::Held) {
        by_jobs(tx, &row)?
    } else {
        row.place.clone()
    });
    row.place = ArrivalPlace { state: ArrivalState::Gone, reason: ArrivalReason::Gone };
    decide::rest(&mut row);
    save(tx, &post.row, Some(before), &row)?;
    Ok(())
}

fn sidecar_changed(tx: &Tx<'_>, post: &Post, path: &str) -> Result<(), EngineError> {
    for before in tx.without_sidecar(post.row.num)? {
        if sidecar::candidates(&before.path).iter().any(|candidate| candidate == path) {
            let mut row = before.clone();
            row.tries = 0;
            row.next_look_ms = Some(tx.now_ms);
            save(tx, &post.row, Some(&before), &row)?;
        }
    }
    Ok(())
}

fn examined(
    tx: &Tx<'_>,
    config: &Config,
    post: &Post,
    moment: &Moment<'_>,
    num: i64,
    result: io::Result<Option<super::eye::Contents>>,
) -> Result<bool, EngineError> {
    let Some(row) = tx.arrival(num)?.filter(|row| row.stage == Some(Stage::Examine)) else {
        return Ok(false);
    };
    match result {
        Ok(Some(contents)) => return take::decide(tx, config, post, moment, row, contents),
        Ok(None) => change(tx, post, num, Stage::Examine, |row| send(row, Stage::Look, tx.now_ms, true))?,
        Err(error) => change(tx, post, num, Stage::Examine, |row| unreadable(row, &error, tx.now_ms))?,
    }
    Ok(false)
}

/// It cannot be read; what is known of it already stays as it is meanwhile.
fn unreadable(row: &mut ArrivalRow, error: &io::Error, now_ms: i64) {
    if matches!(row.place.state, ArrivalState::Waiting | ArrivalState::Held) {
        hold(row, ArrivalReason::Unreadable { why: said(error) }, now_ms);
    } else {
        send(row, Stage::Look, now_ms + UNSEEN_MS, false);
    }
}

/// Whether a row is still about the file that the question was about.
fn is_about(row: &ArrivalRow, file: &Wanted) -> bool {
    row.entry() == file.entry
}

fn checked(tx: &Tx<'_>, post: &Post, file: &Wanted, verdict: Verdict) -> Result<(), EngineError> {
    change(tx, post, file.num, Stage::Check, |row| {
        if is_about(row, file) {
            decide::checked(row, verdict, tx.now_ms);
        } else {
            send(row, Stage::Look, tx.now_ms, true);
        }
    })
}

fn hashed(
    tx: &Tx<'_>,
    post: &Post,
    num: i64,
    result: io::Result<Option<String>>,
    others: &[(i64, String)],
) -> Result<(), EngineError> {
    for (content, sha256) in others {
        tx.set_content_hash(*content, sha256)?;
    }
    change(tx, post, num, Stage::Compare, |row| match result {
        Ok(Some(sha256)) => {
            row.sha256 = Some(sha256);
            send(row, Stage::Examine, tx.now_ms, true);
        }
        Ok(None) => send(row, Stage::Look, tx.now_ms, true),
        Err(error) => unreadable(row, &error, tx.now_ms),
    })
}

fn moved(
    tx: &Tx<'_>,
    post: &Post,
    num: i64,
    result: io::Result<std::path::PathBuf>,
) -> Result<(), EngineError> {
    if let (Ok(to), Some(row)) = (&result, tx.arrival(num)?)
        && !post.eye.ground.is_remote()
    {
        let from = post.eye.ground.file(super::ArrivalId(num), &row.path);
        tx.follow_source(num, &from, to)?;
    }
    let remote = post.eye.ground.is_remote();
    change(tx, post, num, Stage::Finish, |row| match result {
        Ok(to) => {
            row.place.reason = ArrivalReason::Moved { to };
            if remote { send(row, Stage::Finish, tx.now_ms, true) } else { decide::rest(row) }
        }
        Err(error) => {
            let (state, tries) = (row.place.state, row.tries);
            hold(row, ArrivalReason::NotMoved { why: said(&error) }, tx.now_ms);
            row.place.state = state;
            row.stage = Some(Stage::Finish);
            row.tries = tries + 1;
        }
    })
}

fn discarded(tx: &Tx<'_>, num: i64, result: io::Result<()>) -> Result<(), EngineError> {
    let Some(mut row) = tx.arrival(num)?.filter(|row| row.stage == Some(Stage::Finish)) else {
        return Ok(());
    };
    match result {
        Ok(()) => decide::rest(&mut row),
        Err(error) => {
            tracing::warn!(path = row.path, %error, "the copy of a fetched file could not be removed");
            send(&mut row, Stage::Finish, tx.now_ms + UNSEEN_MS, false);
        }
    }
    tx.save_arrival(&row)?;
    Ok(())
}

fn fetched(tx: &Tx<'_>, post: &Post, num: i64, result: io::Result<()>) -> Result<(), EngineError> {
    change(tx, post, num, Stage::Fetch, |row| match result {
        Ok(()) => {
            if row.place.state == ArrivalState::Waiting {
                row.place.reason = ArrivalReason::Checking;
            }
            send(row, Stage::Check, tx.now_ms, true);
        }
        Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
        Err(error) => unreadable(row, &error, tx.now_ms),
    })
}
