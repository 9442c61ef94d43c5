//! Space on disks: what is free, what the jobs at work still need there, and what is left to others.

use std::{
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use crate::files;

/// How long a step waits before somebody looks for space again, in ms.
pub(crate) const LOOK_MS: i64 = 30_000;
/// Bytes that stay free on a disk of ordinary size: at least, and at most.
const RESERVE: (u64, u64) = (256_000_000, 5_000_000_000);

/// A disk at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Room {
    /// The folder that was asked about.
    pub(crate) folder: PathBuf,
    /// Number of the device; the same for all folders on it.
    pub(crate) dev: u64,
    /// Bytes that this user may still write.
    pub(crate) free: u64,
    /// Bytes that are left to others.
    pub(crate) reserve: u64,
}

impl Room {
    /// Asks the file system; the folder need not exist yet.
    pub(crate) fn of(folder: &Path) -> io::Result<Self> {
        let there = files::nearest(folder);
        let (free, total) = files::disk_bytes(there)?;
        let dev = std::fs::metadata(there)?.dev();
        Ok(Self { folder: folder.to_path_buf(), dev, free, reserve: reserve(total) })
    }
}

/// A hundredth of the disk within bounds; of a small one, a twentieth.
fn reserve(total: u64) -> u64 {
    (total / 100).clamp(RESERVE.0, RESERVE.1).min(total / 20)
}

/// Where a job writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rooms {
    /// Temporary data.
    pub(crate) work: Room,
    /// Results.
    pub(crate) out: Room,
}

/// What a job has yet to write, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Need {
    /// Temporary data.
    pub(crate) work: u64,
    /// Results.
    pub(crate) out: u64,
    /// Device of the results; `None`: not known.
    pub(crate) out_dev: Option<u64>,
}

impl Need {
    /// Of a planned job: everything exists twice, as temporary data and as results.
    pub(crate) fn planned(bytes_needed: u64, made: u64, stitched: u64, out_dev: Option<u64>) -> Self {
        let half = bytes_needed.div_ceil(2);
        Self { work: half.saturating_sub(made), out: half.saturating_sub(stitched), out_dev }
    }

    /// What of it goes to a device, of which the work folder is one.
    fn on(&self, dev: u64, work_dev: u64) -> u64 {
        let work = if dev == work_dev { self.work } else { 0 };
        let out = if self.out_dev == Some(dev) { self.out } else { 0 };
        work.saturating_add(out)
    }
}

/// Too little space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lack {
    /// A folder on the disk.
    pub(crate) folder: PathBuf,
    /// Bytes that have to be free there.
    pub(crate) needed: u64,
    /// Bytes that are.
    pub(crate) free: u64,
    /// What of it is for the job itself; `None`: what others need does not count.
    pub(crate) own: Option<u64>,
}

impl Lack {
    /// One English sentence.
    pub(crate) fn why(&self) -> String {
        let (needed, free) = (readable(self.needed), readable(self.free));
        format!("About {needed} are needed in {}, and {free} are free.", self.folder.display())
    }
}

/// Whether a job that is about to begin would leave too little to those at work, or to itself.
pub(crate) fn lack(rooms: &Rooms, own: Need, others: &[Need]) -> Option<Lack> {
    let own = Need { out_dev: Some(rooms.out.dev), ..own };
    [&rooms.work, &rooms.out].into_iter().find_map(|room| {
        let own = own.on(room.dev, rooms.work.dev);
        let needed = needed(room, rooms.work.dev, own, others);
        let lack = || Lack { folder: room.folder.clone(), needed, free: room.free, own: Some(own) };
        (room.free < needed).then(lack)
    })
}

/// Bytes that have to be free on a disk before a job begins that needs `own` bytes there.
pub(crate) fn needed(room: &Room, work_dev: u64, own: u64, others: &[Need]) -> u64 {
    others
        .iter()
        .map(|need| need.on(room.dev, work_dev))
        .fold(own.saturating_add(room.reserve), u64::saturating_add)
}

/// What has to be free before a step is tried again that found the disk full.
pub(crate) fn after_full(room: &Room, left: u64) -> Lack {
    // The estimate was too low, or somebody else fills the disk: more than now in any case.
    let more = room.free.saturating_add(room.reserve.max(1_000_000));
    let needed = left.saturating_add(room.reserve).max(more);
    Lack { folder: room.folder.clone(), needed, free: room.free, own: None }
}

/// `38.2 GB`, decimal as file managers show it.
pub(crate) fn readable(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    for (unit, name) in UNITS {
        if bytes >= unit {
            return format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit);
        }
    }
    format!("{bytes} bytes")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn room(folder: &str, dev: u64, free: u64) -> Room {
        Room { folder: folder.into(), dev, free, reserve: 10 }
    }

    #[test]
    fn sizes_read_like_those_of_file_managers() {
        let texts: Vec<String> =
            [0, 999, 1_000, 38_260_000_000, 1_050_000].into_iter().map(readable).collect();
        assert_eq!(texts, ["0 bytes", "999 bytes", "1.0 kB", "38.2 GB", "1.0 MB"]);
    }

    #[test]
    fn the_reserve_grows_with_the_disk_within_bounds() {
        let reserves =
            [96_000, 1_000_000_000, 50_000_000_000, 100_000_000_000, 40_000_000_000_000].map(reserve);
        assert_eq!(reserves, [4_800, 50_000_000, 500_000_000, 1_000_000_000, 5_000_000_000]);
    }

    #[test]
    fn needs_are_counted_on_the_disk_where_they_arise() {
        let own = Need { work: 100, out: 50, out_dev: None };
        let other = Need { work: 30, out: 20, out_dev: Some(2) };
        let apart = |work, out| Rooms { work: room("/work", 1, work), out: room("/out", 2, out) };
        assert_eq!(lack(&apart(140, 80), own, &[other]), None);
        assert_eq!(lack(&apart(139, 80), own, &[other]).unwrap().folder, Path::new("/work"));
        let short = lack(&apart(140, 79), own, &[other]).unwrap();
        assert_eq!((short.folder.as_path(), short.needed, short.free), (Path::new("/out"), 80, 79));
        let together = |free| Rooms { work: room("/work", 1, free), out: room("/out", 1, free) };
        // The results of the other one go elsewhere.
        assert_eq!(lack(&together(190), own, &[other]), None);
        assert_eq!(lack(&together(189), own, &[other]).unwrap().needed, 190);
    }

    #[test]
    fn a_full_disk_is_tried_again_only_with_more_than_it_had() {
        assert!(after_full(&room("/out", 1, 500), 0).needed > 500);
        assert_eq!(after_full(&room("/out", 1, 0), 5_000_000).needed, 5_000_010);
    }

    proptest! {
        #[test]
        fn another_job_at_work_never_makes_room(
            free in any::<(u64, u64)>(), own in any::<(u64, u64)>(), other in any::<(u64, u64)>(),
        ) {
            let rooms = Rooms { work: room("/work", 1, free.0), out: room("/out", 2, free.1) };
            let own = Need { work: own.0, out: own.1, out_dev: None };
            let other = Need { work: other.0, out: other.1, out_dev: Some(2) };
            if lack(&rooms, own, &[]).is_some() {
                prop_assert!(lack(&rooms, own, &[other]).is_some());
            }
        }
    }
}
