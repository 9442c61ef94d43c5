//! Temporary data that nobody needs any more: found at the start, and removed.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use crate::{db::Tx, error::EngineError, files, model::JobId};

/// What was looked up for a sheet or a picture is made again where it is needed.
const CACHED: Duration = Duration::from_hours(24);
/// What a job left that this data folder does not know: it may be another one's that is at work.
const FOREIGN: Duration = Duration::from_hours(7 * 24);

/// Where jobs may have left temporary outputs, and which of them may still need theirs.
#[derive(Debug, Default)]
pub(crate) struct Litter {
    pub(crate) folders: BTreeSet<PathBuf>,
    /// Jobs that have not ended.
    pub(crate) live: BTreeSet<JobId>,
    /// Jobs that have.
    pub(crate) ended: BTreeSet<JobId>,
}

impl Litter {
    /// Removes what is left of jobs that ended, and of unknown ones that nobody has touched for a week.
    pub(crate) fn remove(&self, now: SystemTime) {
        for folder in &self.folders {
            each(folder, |name, path| {
                let Some(id) = job_of(name).filter(|id| !self.live.contains(id)) else { return false };
                // One that was taken up again meanwhile writes anew.
                let age = if self.ended.contains(&id) { Duration::ZERO } else { FOREIGN };
                older(path, now, age)
            });
        }
    }
}

/// The job whose temporary output this is: `.spillway-<id>-…`.
fn job_of(name: &str) -> Option<JobId> {
    const ID_LENGTH: usize = 36;
    let rest = name.strip_prefix(".spillway-")?;
    let (id, rest) = rest.split_at_checked(ID_LENGTH)?;
    if rest.starts_with('-') { id.parse().ok() } else { None }
}

/// Removes what was cached in the data folder more than a day ago.
pub(crate) fn caches(data_dir: &Path, now: SystemTime) {
    for cache in ["looks", "pictures"] {
        each(&data_dir.join(cache), |_, path| older(path, now, CACHED));
    }
}

/// Removes what was copied from buckets for files that are not in the list.
pub(crate) fn incoming(tx: &Tx<'_>, data_dir: &Path) -> Result<(), EngineError> {
    let known = tx.arrival_numbers()?;
    each(&data_dir.join("incoming"), |name, _| {
        let digits = name.split_once(|c: char| !c.is_ascii_digit()).map_or(name, |(digits, _)| digits);
        digits.parse::<i64>().is_ok_and(|number| !known.contains(&number))
    });
    Ok(())
}

/// Removes the entries of a folder that are `doomed`. What cannot be read or removed is told and left.
fn each(folder: &Path, doomed: impl Fn(&str, &Path) -> bool) {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return,
        Err(error) => {
            return tracing::warn!(path = %folder.display(), %error, "not searched for temporary data");
        }
    };
    for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if !doomed(name, &path) {
            continue;
        }
        match files::remove(&path) {
            Ok(()) => tracing::info!(path = %path.display(), "temporary data of no use was removed"),
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "temporary data could not be removed");
            }
        }
    }
}

fn older(path: &Path, now: SystemTime, age: Duration) -> bool {
    let modified = fs::symlink_metadata(path).and_then(|entry| entry.modified());
    modified.is_ok_and(|then| now.duration_since(then).is_ok_and(|passed| passed > age))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn leftovers_of_jobs_that_ended_go_and_everything_else_stays() {
        let folder = tempfile::tempdir().unwrap();
        let [ended, live, foreign] = [(); 3].map(|()| JobId(Uuid::now_v7()));
        let mut kept = vec![
            format!(".spillway-{live}-0.mp4"),
            ".spillway-notes".to_owned(),
            format!(".spillway-{ended}"),
            format!("{ended}.mp4"),
            "film.mp4".to_owned(),
        ];
        for name in kept.iter().chain([&format!(".spillway-{ended}-0.mp4")]) {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        fs::create_dir(folder.path().join(format!(".spillway-{ended}-1"))).unwrap();
        fs::write(folder.path().join(format!(".spillway-{ended}-1/a.m3u8")), "x").unwrap();
        let strange = format!(".spillway-{foreign}-0.mov");
        fs::write(folder.path().join(&strange), "x").unwrap();
        let litter = Litter {
            folders: [folder.path().to_path_buf(), folder.path().join("gone")].into(),
            live: [live].into(),
            ended: [ended].into(),
        };
        let now = SystemTime::now() + Duration::from_secs(1);
        litter.remove(now);
        kept.push(strange.clone());
        kept.sort();
        assert_eq!(names(folder.path()), kept);
        litter.remove(now + FOREIGN + Duration::from_mins(1));
        kept.retain(|name| *name != strange);
        assert_eq!(names(folder.path()), kept);
    }

    #[test]
    fn caches_last_a_day() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["looks/a.index", "pictures/b.jpg", "sample/c.mov"] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        let (now, left) = (SystemTime::now(), |cache: &str| names(&folder.path().join(cache)).len());
        caches(folder.path(), now + CACHED - Duration::from_mins(1));
        assert_eq!(["looks", "pictures", "sample"].map(left), [1, 1, 1]);
        caches(folder.path(), now + CACHED + Duration::from_mins(1));
        assert_eq!(["looks", "pictures", "sample"].map(left), [0, 0, 1]);
    }
}
