//! On which drive a folder lies.
//!
//! Known on Linux only; elsewhere every question is answered with `Unsupported`.

use std::{
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

/// Types of file systems that other machines can change unseen. All of `fuse` are among them but those of
/// [`LOCAL_FUSE`].
const NETWORK: [&str; 29] = [
    "9p",
    "acfs",
    "afpfs",
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "coda",
    "davfs",
    "davfs2",
    "fuse",
    "gfs2",
    "glusterfs",
    "gpfs",
    "lustre",
    "mfs",
    "ncp",
    "ncpfs",
    "nfs",
    "nfs3",
    "nfs4",
    "ocfs2",
    "orangefs",
    "prl_fs",
    "pvfs2",
    "smb3",
    "smbfs",
    "vboxsf",
    "virtiofs",
];
/// Drivers in user space of disks of this machine.
const LOCAL_FUSE: [&str; 10] = [
    "fuse.apfs",
    "fuse.exfat",
    "fuse.exfat-fuse",
    "fuse.ext2",
    "fuse.fuse-ext2",
    "fuse.fuse-overlayfs",
    "fuse.hfsplus",
    "fuse.ntfs",
    "fuse.ntfs-3g",
    "fuse.zfs",
];

/// The mount that a path lies on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::struct_field_names, reason = "a mount point is called so")]
pub(crate) struct Mount {
    /// Where it is mounted.
    pub(crate) mount_point: PathBuf,
    /// Type of the file system, e.g. `cifs`.
    pub(crate) file_system: String,
    /// What is mounted, e.g. `//nas/share`.
    pub(crate) source: String,
    /// Whether other machines may change it unseen.
    pub(crate) network: bool,
}

/// The mount that a path lies on; never asks the drive itself, so it cannot hang. The path must be absolute, with
/// links resolved.
///
/// # Errors
/// When the system does not say.
#[cfg(target_os = "linux")]
pub(crate) fn mount_of(path: &Path) -> io::Result<Mount> {
    let table = std::fs::read("/proc/self/mountinfo")?;
    among(&table, path).ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no mount holds this path"))
}

/// See the one for Linux.
///
/// # Errors
/// `Unsupported`.
#[cfg(not(target_os = "linux"))]
pub(crate) fn mount_of(_path: &Path) -> io::Result<Mount> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Whether it is the same drive as before. A disk may come back under another device name; a share may not come
/// from elsewhere.
pub(crate) fn same_drive(before: &Mount, now: &Mount) -> bool {
    let disk = |mount: &Mount| mount.source.starts_with("/dev/");
    let source = |mount: &Mount| mount.source.trim_end_matches(['/', '\\']).to_lowercase();
    before.mount_point == now.mount_point
        && family(&before.file_system) == family(&now.file_system)
        && (source(before) == source(now) || (disk(before) && disk(now)))
}

/// Names under which the same drive may be mounted are one.
fn family(file_system: &str) -> &str {
    match file_system {
        "smb3" | "smbfs" => "cifs",
        "nfs3" | "nfs4" => "nfs",
        other => other,
    }
}

/// Whether other machines can change files of this type of file system unseen.
fn is_network(file_system: &str) -> bool {
    NETWORK.contains(&file_system) || (file_system.starts_with("fuse.") && !LOCAL_FUSE.contains(&file_system))
}

/// A line of the table of mounts.
#[cfg(target_os = "linux")]
struct Line {
    id: u64,
    parent: u64,
    mount_point: PathBuf,
    file_system: String,
    source: String,
}

/// Finds the mount of a path as the system itself does: from the root down, mount by mount. The longest mount
/// point would not do: another mount may lie on top of it.
#[cfg(target_os = "linux")]
fn among(table: &[u8], path: &Path) -> Option<Mount> {
    if !path.is_absolute() {
        return None;
    }
    let lines: Vec<Line> = table.split(|byte| *byte == b'\n').filter_map(line).collect();
    let mut here = lines.iter().find(|line| {
        line.mount_point == Path::new("/")
            && !lines.iter().any(|other| other.id == line.parent && other.id != line.id)
    })?;
    let mut steps: Vec<&Path> = path.ancestors().collect();
    steps.reverse();
    for step in steps {
        let on_top = |under: &Line| {
            lines
                .iter()
                .rfind(|line| line.parent == under.id && line.id != under.id && line.mount_point == step)
        };
        // No more mounts on top of each other than there are: the table may be nonsense.
        for _ in 0..lines.len() {
            let Some(top) = on_top(here) else { break };
            here = top;
        }
    }
    Some(Mount {
        mount_point: here.mount_point.clone(),
        network: is_network(&here.file_system),
        file_system: here.file_system.clone(),
        source: here.source.clone(),
    })
}

#[cfg(target_os = "linux")]
fn line(text: &[u8]) -> Option<Line> {
    use std::{ffi::OsString, os::unix::ffi::OsStringExt};

    let mut fields = text.split(|byte| *byte == b' ');
    let number = |field: &[u8]| std::str::from_utf8(field).ok()?.parse().ok();
    let (id, parent) = (number(fields.next()?)?, number(fields.next()?)?);
    let mount_point = PathBuf::from(OsString::from_vec(unescape(fields.nth(2)?)));
    // Optional fields end with a dash.
    fields.find(|field| *field == b"-")?;
    let file_system = String::from_utf8_lossy(&unescape(fields.next()?)).into_owned();
    let source = String::from_utf8_lossy(&unescape(fields.next()?)).into_owned();
    Some(Line { id, parent, mount_point, file_system, source })
}

/// Blanks, line ends, backslashes and `#` stand there as `\` and three octal digits.
#[cfg(target_os = "linux")]
fn unescape(mut field: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(field.len());
    loop {
        match field {
            [] => return plain,
            [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', rest @ ..] => {
                plain.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
                field = rest;
            }
            [byte, rest @ ..] => {
                plain.push(*byte);
                field = rest;
            }
        }
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WORKSTATION: &[u8] = b"\
21 26 0:19 / /sys rw,nosuid - sysfs sysfs rw
22 26 0:20 / /proc rw,nosuid - proc proc rw
26 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw
30 26 259:1 / /boot/efi rw - vfat /dev/nvme0n1p1 rw
40 26 0:45 / /mnt/nas rw,relatime shared:22 master:3 - cifs //nas/Rushes\\0402026 rw,vers=3.1.1
41 26 0:46 / /mnt/with\\040blank\\134and\\043more rw - nfs4 server:/export rw
42 40 0:47 / /mnt/nas/inner rw - tmpfs tmpfs rw
43 26 0:48 / /home/anna/cloud rw - fuse.rclone remote: rw
44 26 8:17 / /media/anna/USB rw - fuseblk /dev/sdb1 rw
45 26 0:50 / /home/anna/box rw - fuse https://box.example/dav rw
";

    #[track_caller]
    fn found(table: &[u8], path: &str) -> (String, String, bool) {
        let mount = among(table, Path::new(path)).unwrap();
        (mount.mount_point.display().to_string(), mount.source, mount.network)
    }

    #[test]
    fn each_path_has_its_drive() {
        for (path, mount_point, source, network) in [
            ("/", "/", "/dev/nvme0n1p2", false),
            ("/home/anna/in", "/", "/dev/nvme0n1p2", false),
            ("/mnt/nas", "/mnt/nas", "//nas/Rushes 2026", true),
            ("/mnt/nas/reel 1/x", "/mnt/nas", "//nas/Rushes 2026", true),
            ("/mnt/nas2", "/", "/dev/nvme0n1p2", false),
            ("/mnt/nas/inner/x", "/mnt/nas/inner", "tmpfs", false),
            ("/mnt/with blank\\and#more/x", "/mnt/with blank\\and#more", "server:/export", true),
            ("/home/anna/cloud/in", "/home/anna/cloud", "remote:", true),
            ("/media/anna/USB/in", "/media/anna/USB", "/dev/sdb1", false),
            ("/home/anna/box", "/home/anna/box", "https://box.example/dav", true),
        ] {
            assert_eq!(found(WORKSTATION, path), (mount_point.into(), source.into(), network), "{path}");
        }
        assert!(among(WORKSTATION, Path::new("relative")).is_none());
        assert!(among(b"", Path::new("/in")).is_none());
    }

    #[test]
    fn what_lies_on_top_counts() {
        let table = b"\
1 1 0:2 / / rw - rootfs rootfs rw
26 1 259:2 / / rw - ext4 /dev/sda1 rw
50 26 0:60 / /mnt/nas rw - autofs systemd-1 rw
51 50 0:61 / /mnt/nas rw - nfs4 nas:/one rw
52 26 0:62 / /data/deep/inner rw - nfs4 nas:/hidden rw
53 26 0:63 / /data rw - tmpfs tmpfs rw
54 26 0:64 / /gone//deleted rw - nfs4 nas:/gone rw
";
        assert_eq!(found(table, "/srv").1, "/dev/sda1", "not the one below it");
        assert_eq!(found(table, "/mnt/nas/x").1, "nas:/one");
        assert_eq!(found(table, "/data/deep/inner/x").1, "tmpfs", "another drive lies over it");
        assert_eq!(found(table, "/gone/x").1, "/dev/sda1");
    }

    #[test]
    fn the_real_table_is_understood() {
        let root = mount_of(Path::new("/")).unwrap();
        assert_eq!((root.mount_point.as_path(), root.network), (Path::new("/"), root.network));
        let proc = mount_of(Path::new("/proc/self/fd")).unwrap();
        assert_eq!((proc.mount_point.as_path(), proc.file_system.as_str()), (Path::new("/proc"), "proc"));
        assert!(!proc.network && !root.file_system.is_empty());
    }

    #[test]
    fn a_disk_may_change_its_name_but_a_share_may_not() {
        let mount = |file_system: &str, source: &str| Mount {
            mount_point: "/mnt/x".into(),
            file_system: file_system.into(),
            source: source.into(),
            network: is_network(file_system),
        };
        let same = |one: (&str, &str), other: (&str, &str)| {
            same_drive(&mount(one.0, one.1), &mount(other.0, other.1))
        };
        assert!(same(("ext4", "/dev/sdb1"), ("ext4", "/dev/sdc1")));
        assert!(!same(("ext4", "/dev/sdb1"), ("exfat", "/dev/sdb1")));
        assert!(same(("cifs", "//NAS/share"), ("smb3", "//nas/share/")));
        assert!(same(("nfs", "nas:/one"), ("nfs4", "nas:/one")));
        assert!(!same(("nfs", "nas:/one"), ("nfs", "nas:/two")));
        let moved = Mount { mount_point: "/".into(), ..mount("ext4", "/dev/sdb1") };
        assert!(!same_drive(&mount("ext4", "/dev/sdb1"), &moved));
    }

    #[test]
    fn the_list_of_network_drives_holds_what_is_met() {
        for network in
            ["cifs", "smb3", "nfs", "nfs4", "afpfs", "davfs", "fuse.sshfs", "fuse.s3fs", "9p", "ceph"]
        {
            assert!(is_network(network), "{network}");
        }
        for local in ["ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay", "fuseblk", "fuse.ntfs-3g", "exfat"] {
            assert!(!is_network(local), "{local}");
        }
    }

    proptest! {
        #[test]
        fn any_table_is_survived(
            table in prop::collection::vec("[0-3] [0-3] 0:1 / (/|/a|/a/b) rw - (nfs|ext4) [a-z\\\\0-7]{0,5} rw|.{0,20}", 0..8),
        ) {
            let _ = among(table.join("\n").as_bytes(), Path::new("/a/b/c"));
        }

        #[test]
        fn escapes_are_undone(name in prop::collection::vec(any::<u8>(), 0..20)) {
            let escape = |byte: &u8| match byte {
                b' ' | b'\t' | b'\n' | b'\\' | b'#' => format!("\\{byte:03o}").into_bytes(),
                other => vec![*other],
            };
            let escaped: Vec<u8> = name.iter().flat_map(escape).collect();
            prop_assert_eq!(unescape(&escaped), name);
        }
    }
}
