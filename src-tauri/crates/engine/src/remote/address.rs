//! Where things lie in the bucket. `PREFIX/JOB/TIER-GENERATION/OUTPUT/CHUNK/…`: each plan of a job has places of
//! its own, and everything of a job begins alike.

use std::fmt;

use spillway_cloud::CloudSettings;

use crate::{db::JobRow, model::JobId};

/// `s3://BUCKET/KEY`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Address {
    pub(crate) bucket: String,
    pub(crate) key: String,
}

impl Address {
    /// `None`: it is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (bucket, key) = text.strip_prefix("s3://")?.split_once('/')?;
        Some(Self { bucket: bucket.to_owned(), key: key.to_owned() })
    }

    /// Where everything of a job lies that this object belongs to; ends in `/`.
    pub(crate) fn root(&self, job: JobId) -> Option<Self> {
        let folder = format!("{job}/");
        let at = self.key.find(&folder)?;
        Some(Self { bucket: self.bucket.clone(), key: self.key[..at + folder.len()].to_owned() })
    }

    /// The first folder below a root, with `/`.
    pub(crate) fn below<'a>(&self, key: &'a str) -> Option<&'a str> {
        let rest = key.strip_prefix(&self.key)?;
        rest.find('/').map(|at| &rest[..=at])
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.key)
    }
}

/// Where the objects of a plan lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    bucket: String,
    folder: String,
}

impl Place {
    /// `None`: there is no bucket, or the plan has nothing to do with the cloud.
    pub(crate) fn of(settings: &CloudSettings, job: &JobRow) -> Option<Self> {
        let bucket = settings.bucket.clone()?;
        let generation = job.plan.as_ref()?.cloud.as_ref()?.generation;
        let folder = format!("{}{}/{}-{generation}/", settings.key_prefix(), job.key.id, job.tier);
        Some(Self { bucket, folder })
    }

    /// The folder of the plan, with `/`.
    pub(crate) fn folder(&self) -> Address {
        Address { bucket: self.bucket.clone(), key: self.folder.clone() }
    }

    /// A chunk.
    pub(crate) fn input(&self, output: u32, chunk: u32, extension: &str) -> Address {
        self.at(output, chunk, &format!("in.{extension}"))
    }

    /// What the names of its results begin with.
    pub(crate) fn results(&self, output: u32, chunk: u32) -> Address {
        self.at(output, chunk, "out")
    }

    fn at(&self, output: u32, chunk: u32, name: &str) -> Address {
        let key = format!("{}{output}/{chunk:05}/{name}", self.folder);
        Address { bucket: self.bucket.clone(), key }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_it_is_written() {
        let job = JobId(uuid::Uuid::now_v7());
        let text = format!("s3://films/spillway/{job}/0-17/0/00003/in.mov");
        let address = Address::parse(&text).unwrap();
        assert_eq!(address.to_string(), text);
        let root = address.root(job).unwrap();
        assert_eq!(root.to_string(), format!("s3://films/spillway/{job}/"));
        assert_eq!(root.below(&address.key), Some("0-17/"));
        assert_eq!(root.below("elsewhere/0-17/x"), None);
        assert_eq!(address.root(JobId(uuid::Uuid::now_v7())), None);
        for text in ["films/x", "s3://films", "https://films/x", ""] {
            assert_eq!(Address::parse(text), None, "{text}");
        }
    }
}
