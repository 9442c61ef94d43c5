//! From options of the command line to what is set of a watched folder.

use std::path::{Path, PathBuf};

use spillway_engine::watch::{AfterDelivery, ArrivalState, SidecarRule, WatchSettings, parse_hours};

use crate::{
    args::watch::{After, FileState, Options, Sidecar},
    exit::CommandError,
};

/// Where delivered sources go unless somebody says where.
const DONE: &str = "done";

/// What is set of a new one.
pub(super) fn new(profiles: &[String], options: &Options) -> Result<WatchSettings, CommandError> {
    changed(WatchSettings::default(), profiles, options)
}

/// What is set after a change: options that are not given stay.
pub(super) fn changed(
    mut settings: WatchSettings,
    profiles: &[String],
    options: &Options,
) -> Result<WatchSettings, CommandError> {
    if !profiles.is_empty() {
        settings.profiles = profiles.to_vec();
    }
    if let Some(out) = &options.out {
        settings.out_dir = Some(absolute(out)?);
    }
    if !options.include.is_empty() {
        settings.include = patterns(&options.include);
    }
    if !options.exclude.is_empty() {
        settings.exclude = patterns(&options.exclude);
    }
    settings.recursive = options.recursive.unwrap_or(settings.recursive);
    settings.mirror = options.mirror.unwrap_or(settings.mirror);
    settings.settle_s = options.settle.unwrap_or(settings.settle_s);
    settings.after = after(settings.after, options)?;
    if let Some(hours) = &options.hours {
        settings.hours = parse_hours(hours)?;
    }
    settings.priority = options.priority.unwrap_or(settings.priority);
    match options.sidecar {
        None => {}
        Some(Sidecar::Optional) => settings.sidecar = SidecarRule::Optional,
        Some(Sidecar::Required) => settings.sidecar = SidecarRule::Required,
    }
    if let Some(queue) = &options.queue {
        settings.queue_url = Some(queue.clone()).filter(|queue| !queue.is_empty());
    }
    Ok(settings)
}

fn after(now: AfterDelivery, options: &Options) -> Result<AfterDelivery, CommandError> {
    let there = || options.done.clone().unwrap_or_else(|| PathBuf::from(DONE));
    match (options.after, now, &options.done) {
        (Some(After::Leave), _, Some(_)) => Err(CommandError::usage(
            "--done says where sources are moved to, and --after leave that they are not moved.",
            "Give --after move, or leave --done out.",
        )),
        (Some(After::Leave), ..) | (None, AfterDelivery::Leave, None) => Ok(AfterDelivery::Leave),
        (Some(After::Move), AfterDelivery::Move { folder }, None) => Ok(AfterDelivery::Move { folder }),
        (Some(After::Move), ..) | (None, _, Some(_)) => Ok(AfterDelivery::Move { folder: there() }),
        (None, now @ AfterDelivery::Move { .. }, None) => Ok(now),
    }
}

/// A single empty one takes all of them away.
fn patterns(given: &[String]) -> Vec<String> {
    given.iter().filter(|pattern| !pattern.is_empty()).cloned().collect()
}

fn absolute(folder: &Path) -> Result<PathBuf, CommandError> {
    std::path::absolute(folder)
        .map_err(|error| CommandError::environment("The folder for the results is not usable.", error))
}

impl From<FileState> for ArrivalState {
    fn from(state: FileState) -> Self {
        match state {
            FileState::Waiting => Self::Waiting,
            FileState::Held => Self::Held,
            FileState::AtWork => Self::AtWork,
            FileState::Delivered => Self::Delivered,
            FileState::Failed => Self::Failed,
            FileState::Skipped => Self::Skipped,
            FileState::Gone => Self::Gone,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn what_is_not_given_stays_and_an_empty_one_takes_away() {
        let options = Options {
            out: Some("/out".into()),
            include: strings(&["*.mov"]),
            settle: Some(30),
            hours: Some("mon-fri 20:00-06:00".into()),
            queue: Some("https://queue".into()),
            ..Options::default()
        };
        let first = new(&strings(&["youtube"]), &options).unwrap();
        assert_eq!(changed(first.clone(), &[], &Options::default()).unwrap(), first);
        let options = Options {
            include: strings(&[""]),
            hours: Some(String::new()),
            queue: Some(String::new()),
            ..Options::default()
        };
        let second = changed(first.clone(), &strings(&["web"]), &options).unwrap();
        let expected = WatchSettings {
            profiles: strings(&["web"]),
            include: vec![],
            hours: vec![],
            queue_url: None,
            ..first
        };
        assert_eq!(second, expected);
    }

    #[test]
    fn sources_are_moved_to_where_somebody_says_and_stay_by_default() {
        let moved = |folder: &str| AfterDelivery::Move { folder: folder.into() };
        let with =
            |after, done: Option<&str>| Options { after, done: done.map(Into::into), ..Options::default() };
        for (now, options, expected) in [
            (AfterDelivery::Leave, with(None, None), AfterDelivery::Leave),
            (AfterDelivery::Leave, with(Some(After::Move), None), moved("done")),
            (AfterDelivery::Leave, with(None, Some("ok")), moved("ok")),
            (moved("ok"), with(Some(After::Move), None), moved("ok")),
            (moved("ok"), with(None, Some("there")), moved("there")),
            (moved("ok"), with(None, None), moved("ok")),
            (moved("ok"), with(Some(After::Leave), None), AfterDelivery::Leave),
        ] {
            assert_eq!(after(now, &options).unwrap(), expected);
        }
        assert!(after(AfterDelivery::Leave, &with(Some(After::Leave), Some("ok"))).is_err());
    }
}
