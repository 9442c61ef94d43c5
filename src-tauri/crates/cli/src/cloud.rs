//! `cloud`: setting the account up, and what lies in its bucket.

use serde::Serialize;
use spillway_cloud::setup::{SetupOutcome, SetupReport, SetupWish, least_privilege};
use spillway_engine::{cost::Leftovers, settings as kept};

use crate::{
    Session,
    args::cloud::{CloudVerb, Policy, Setup, Sweep},
    exit::{CommandError, Exit},
    out::Paint,
    settings, text, variable,
};

/// Name of the role where none is set.
const USUAL_ROLE: &str = "SpillwayMediaConvert";
/// Most objects listed.
const SHOWN: usize = 20;

/// `cloud sweep --json`.
#[derive(Serialize)]
struct Swept<'a> {
    left: &'a Leftovers,
    removed: &'a Leftovers,
}

/// Does what was asked.
pub(crate) fn cloud(session: &Session<'_>, verb: &CloudVerb) -> Result<Exit, CommandError> {
    match verb {
        CloudVerb::Setup(what) => setup(session, what),
        CloudVerb::Check => check(session),
        CloudVerb::Leftovers => {
            show(session, &session.engine(None)?.leftovers()?);
            Ok(Exit::Done)
        }
        CloudVerb::Sweep(how) => sweep(session, how),
        CloudVerb::Policy(what) => policy(session, what),
    }
}

/// Region and AWS profile are needed for the very first call: they are saved first.
fn setup(session: &Session<'_>, what: &Setup) -> Result<Exit, CommandError> {
    let data_dir = settings::data_dir(session.common, &variable)?;
    let mut all = kept::load(&data_dir)?;
    all.cloud.region = what.region.clone().or(all.cloud.region);
    all.cloud.profile = what.aws_profile.clone().or(all.cloud.profile);
    kept::save(&data_dir, &all)?;
    let wish = SetupWish {
        bucket: what.bucket.clone(),
        role: what.role.clone(),
        queue: what.queue.clone(),
        check_only: false,
    };
    let report = session.engine(None)?.set_up_cloud(&wish)?;
    if report.ready() {
        all.cloud.bucket = Some(what.bucket.clone());
        all.cloud.role_arn.clone_from(&report.role_arn);
        all.cloud.queue = what.queue.clone().or(all.cloud.queue);
        kept::save(&data_dir, &all)?;
    }
    told(session, &report);
    if report.ready() {
        session.out.note("The cloud engine is set up. `spillway estimate` says what it would cost.");
    }
    Ok(if report.ready() { Exit::Done } else { Exit::Environment })
}

fn check(session: &Session<'_>) -> Result<Exit, CommandError> {
    let engine = session.engine(None)?;
    let cloud = &engine.config().cloud;
    let Some(bucket) = cloud.bucket.clone() else {
        return Err(CommandError::usage(
            "The cloud engine is not set up: no bucket is set.",
            "`spillway cloud setup --bucket NAME --region REGION` does it.",
        ));
    };
    // The last part of an ARN is the role's name.
    let role = cloud.role_arn.as_deref().and_then(|arn| arn.rsplit('/').next()).map(str::to_owned);
    let wish = SetupWish { bucket, role, queue: cloud.queue.clone(), check_only: true };
    let report = engine.set_up_cloud(&wish)?;
    told(session, &report);
    Ok(if report.ready() { Exit::Done } else { Exit::Environment })
}

fn told(session: &Session<'_>, report: &SetupReport) {
    if session.out.json() {
        session.out.document(report);
    } else {
        session.out.result(&words(report, session.out.paint()));
    }
}

fn words(report: &SetupReport, paint: Paint) -> String {
    let mut rows = Vec::new();
    for step in &report.steps {
        let outcome = match step.outcome {
            SetupOutcome::Fine => paint.good("ok"),
            SetupOutcome::Made => paint.good("made"),
            SetupOutcome::Warn => paint.odd("warn"),
            SetupOutcome::Missing => paint.bad("MISSING"),
            SetupOutcome::Skipped => paint.faint("not yet"),
        };
        rows.push(vec![outcome, text::escape(&step.name), text::escape(&step.text)]);
        if !step.advice.is_empty() {
            rows.push(vec![String::new(), String::new(), format!("> {}", text::escape(&step.advice))]);
        }
    }
    text::table(&rows)
}

fn sweep(session: &Session<'_>, how: &Sweep) -> Result<Exit, CommandError> {
    let engine = session.engine(None)?;
    if how.dry_run {
        let found = engine.leftovers()?;
        let removable = Leftovers {
            objects: found.objects.into_iter().filter(|object| !object.in_use).collect(),
            ..found
        };
        show(session, &removable);
        return Ok(Exit::Done);
    }
    let (left, removed) = engine.sweep_cloud()?;
    if session.out.json() {
        session.out.document(&Swept { left: &left, removed: &removed });
    } else {
        session.out.result(&format!(
            "Removed {} ({}); left {} ({}).",
            text::plural(removed.count, "object"),
            text::bytes(removed.bytes),
            text::plural(left.count, "object"),
            text::bytes(left.bytes)
        ));
    }
    Ok(Exit::Done)
}

fn show(session: &Session<'_>, found: &Leftovers) {
    if session.out.json() {
        session.out.document(found);
        return;
    }
    if found.objects.is_empty() {
        session.out.note("Nothing of Spillway lies in the bucket.");
        return;
    }
    let mut rows: Vec<Vec<String>> = Vec::new();
    for object in found.objects.iter().take(SHOWN) {
        let state = match (object.in_use, object.unfinished) {
            (true, _) => "in use",
            (false, true) => "unfinished upload",
            (false, false) => "left over",
        };
        let stored = object.stored_ms.map_or_else(String::new, text::moment);
        rows.push(vec![text::bytes(object.bytes), stored, state.to_owned(), text::escape(&object.key)]);
    }
    session.out.result(&format!(
        "{}{} in all, {}, {} a month.",
        text::table(&rows),
        text::plural(found.count, "object"),
        text::bytes(found.bytes),
        text::dollars(found.monthly_microusd)
    ));
}

fn policy(session: &Session<'_>, what: &Policy) -> Result<Exit, CommandError> {
    let engine = session.engine(None)?;
    let cloud = &engine.config().cloud;
    let Some(bucket) = what.bucket.clone().or_else(|| cloud.bucket.clone()) else {
        return Err(CommandError::usage("No bucket is set.", "Name one with --bucket."));
    };
    let role = cloud.role_arn.as_deref().and_then(|arn| arn.rsplit('/').next());
    session.out.document(&least_privilege(&bucket, &cloud.key_prefix(), role.unwrap_or(USUAL_ROLE)));
    Ok(Exit::Done)
}
