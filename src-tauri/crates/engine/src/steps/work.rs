//! The work folder of a job.

use std::path::{Path, PathBuf};

use crate::{
    db::{JobRow, OutputRow, PartRow},
    files,
    model::JobId,
};

/// Where the temporary data of a job is. Each way of indexing has a folder of its own, so that a
/// worker of an abandoned plan can never write over the files of the new one.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    job: PathBuf,
    tier: PathBuf,
    /// Of pictures: another one for each plan of the cloud.
    pictures: PathBuf,
}

impl Folder {
    pub(crate) fn of(work_dir: &Path, job: JobId, tier: u8) -> Self {
        let job = work_dir.join(job.to_string());
        let tier = job.join(format!("plan-{tier}"));
        Self { job, pictures: tier.clone(), tier }
    }

    /// As the plan of the job has it.
    pub(crate) fn of_job(work_dir: &Path, job: &JobRow) -> Self {
        let folder = Self::of(work_dir, job.key.id, job.tier);
        match job.plan.as_ref().and_then(|plan| plan.cloud.as_ref()) {
            Some(cloud) => {
                Self { pictures: folder.tier.join(format!("cloud-{}", cloud.generation)), ..folder }
            }
            None => folder,
        }
    }

    /// Where pictures are, and chunks on their way.
    pub(crate) fn pictures(&self) -> &Path {
        &self.pictures
    }

    /// A chunk on its way up.
    pub(crate) fn chunk(&self, output: u32, segment: u32, extension: &str) -> PathBuf {
        self.pictures.join(format!("{output}-chunk-{segment:05}.{extension}"))
    }

    /// A rendition of a chunk on its way down.
    pub(crate) fn arrived(&self, output: u32, segment: u32, suffix: &str) -> PathBuf {
        self.pictures.join(format!("{output}-arrived-{segment:05}{suffix}"))
    }

    /// Everything of the job.
    pub(crate) fn job(&self) -> &Path {
        &self.job
    }

    /// Everything of the present plan.
    pub(crate) fn tier(&self) -> &Path {
        &self.tier
    }

    pub(crate) fn index(&self) -> PathBuf {
        self.tier.join("frames.index")
    }

    pub(crate) fn schedule(&self, output: u32) -> PathBuf {
        self.tier.join(format!("{output}.schedule"))
    }

    pub(crate) fn picture(&self, output: u32, segment: u32, rendition: usize) -> PathBuf {
        self.pictures.join(format!("{output}-picture-{rendition}-{segment:05}.packets"))
    }

    pub(crate) fn audio(&self, output: u32, track: u32) -> PathBuf {
        self.tier.join(format!("{output}-audio-{track}.packets"))
    }
}

/// Steps of which a file is missing or differs from the record. Reads every file once.
///
/// A file that cannot be read counts as lost: it can be made again.
pub(crate) fn lost(parts: &[PartRow]) -> Vec<u32> {
    let never = std::sync::atomic::AtomicBool::new(false);
    let broken =
        |part: &&PartRow| !files::is_exactly(&part.path, part.bytes, &part.sha256, &never).unwrap_or(false);
    let mut ords: Vec<u32> = parts.iter().filter(broken).map(|part| part.ord).collect();
    ords.sort_unstable();
    ords.dedup();
    ords
}

/// Temporary files that a job may have in its destination.
pub(crate) fn strays(outputs: &[OutputRow]) -> impl Iterator<Item = &Path> {
    outputs.iter().map(|row| row.temp_path.as_path())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_lost_with_any_of_its_files() {
        let folder = tempfile::tempdir().unwrap();
        let part = |ord, name: &str, text: &str| PartRow {
            ord,
            path: folder.path().join(name),
            bytes: text.len() as u64,
            sha256: files::hash_bytes(text.as_bytes()),
            packets: 1,
        };
        let parts = [part(2, "a", "one"), part(3, "b", "two"), part(3, "c", "three"), part(4, "d", "four")];
        for (name, text) in [("a", "one"), ("b", "two"), ("c", "thrEe"), ("d", "four")] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        assert_eq!(lost(&parts), [3]);
        std::fs::remove_file(folder.path().join("a")).unwrap();
        std::fs::write(folder.path().join("d"), "fou").unwrap();
        assert_eq!(lost(&parts), [2, 3, 4]);
    }

    #[test]
    fn plans_do_not_share_files() {
        let id = JobId(uuid::Uuid::now_v7());
        let (first, second) = (Folder::of(Path::new("/w"), id, 0), Folder::of(Path::new("/w"), id, 1));
        assert_ne!(first.picture(0, 0, 0), second.picture(0, 0, 0));
        assert!(first.picture(0, 0, 0).starts_with(first.job()));
    }
}
