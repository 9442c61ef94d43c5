use std::{
    fs,
    path::{Path, PathBuf},
};

use proptest::{prelude::*, test_runner::TestRunner};

use super::*;
use crate::stitch::fixture::{go, tool};

fn verdict(path: &Path) -> Completeness {
    complete(&CompleteTask { source: path.to_path_buf() }, &mut go).unwrap()
}

fn is_incomplete(path: &Path) -> bool {
    matches!(verdict(path), Completeness::Incomplete { .. })
}

/// A container that can be cut: a cut is a shorter film where `ends_at` says so.
struct Sample {
    name: &'static str,
    options: &'static str,
    /// Whether a film may end before these bytes; `|_| false`: only where it ends.
    ends_before: fn(&[u8]) -> bool,
    /// Bytes at the end, from the last picture on, within which reserved space cannot be told from media.
    end: usize,
}

const H264: &str = "-c:v libx264 -preset ultrafast -g 10 -pix_fmt yuv420p -c:a aac -b:a 64k";

fn never(_: &[u8]) -> bool {
    false
}

/// One of each family, and each way of it that is told apart.
fn samples() -> Vec<Sample> {
    let sample = |name, options| Sample { name, options, ends_before: never, end: 0 };
    vec![
        sample("plain.mp4", H264),
        Sample { end: 400, ..sample("fast.mp4", "H264 -movflags +faststart") },
        Sample {
            // The first bytes of a box's size are zeros, and those are taken for padding.
            ends_before: |next| {
                let kind = |at: usize| matches!(next.get(at..at + 4), Some(b"moof" | b"mfra"));
                kind(4) || kind(3) || kind(2)
            },
            ..sample("fragments.mp4", "H264 -movflags frag_keyframe+empty_moov+default_base_moof")
        },
        // Sound without compression may be zeros, and stands last.
        Sample { end: 100_000, ..sample("prores.mov", "-c:v prores_ks -c:a pcm_s16le -movflags +faststart") },
        sample("indexed.mkv", H264),
        Sample {
            ends_before: |next| matches!(next.first(), Some(0xa3 | 0xa0 | 0x1f | 0xe7 | 0xec)),
            end: 400,
            ..sample("live.mkv", "H264 -live 1 -f matroska")
        },
        Sample {
            // Room and the random index pack at the very end may be left out (ST 377-1).
            ends_before: |next| next.starts_with(&mxf::INDEX) || next.get(8..12) == Some(&mxf::FILL),
            ..sample("film.mxf", "-c:v mpeg2video -c:a pcm_s16le -ar 48000")
        },
        Sample { ends_before: |next| next.first() == Some(&0x47), end: 188 * 2, ..sample("film.ts", H264) },
        Sample { ends_before: |next| next.get(4) == Some(&0x47), end: 192 * 2, ..sample("film.m2ts", H264) },
        Sample {
            ends_before: |next| next.starts_with(&[0, 0, 1]),
            end: 4_096,
            ..sample("film.mpg", "-c:v mpeg2video -c:a mp2 -f vob")
        },
        // A byte that only makes a length even is no loss.
        Sample { ends_before: |next| next == [0], ..sample("film.avi", "-c:v mpeg4 -c:a mp2") },
    ]
}

fn make(folder: &Path, sample: &Sample) -> PathBuf {
    let path = folder.join(sample.name);
    let options = sample.options.replace("H264", H264);
    let sources =
        "-v error -y -f lavfi -i testsrc2=size=160x120:rate=25 -f lavfi -i sine=330:sample_rate=48000";
    let mut arguments: Vec<&str> = sources.split(' ').collect();
    arguments.extend(["-t", "2", "-shortest"]);
    arguments.extend(options.split(' '));
    arguments.push(path.to_str().unwrap());
    tool("ffmpeg", &arguments);
    path
}

#[test]
fn finished_files_are_whole() {
    let folder = tempfile::tempdir().unwrap();
    for sample in samples() {
        let path = make(folder.path(), &sample);
        assert_eq!(verdict(&path), Completeness::Whole, "{}", sample.name);
    }
}

#[test]
fn a_part_is_whole_only_where_its_container_may_end() {
    let folder = tempfile::tempdir().unwrap();
    let part = folder.path().join("part");
    for sample in samples() {
        let bytes = fs::read(make(folder.path(), &sample)).unwrap();
        let mut runner = TestRunner::new(ProptestConfig { cases: 150, ..ProptestConfig::default() });
        let wrong = |cut: usize| {
            fs::write(&part, &bytes[..cut]).unwrap();
            verdict(&part) == Completeness::Whole && !(sample.ends_before)(&bytes[cut..])
        };
        // Near the end, where all that is missing is little, everywhere; by chance elsewhere.
        let near: Vec<usize> = (bytes.len() - 400..bytes.len()).filter(|cut| wrong(*cut)).collect();
        assert!(near.is_empty(), "{} of {} bytes, cut at {near:?}", sample.name, bytes.len());
        runner
            .run(&(1..bytes.len()), |cut| {
                prop_assert!(!wrong(cut), "{} cut at {cut}", sample.name);
                Ok(())
            })
            .unwrap();
    }
}

#[test]
fn space_reserved_in_advance_is_not_media() {
    let folder = tempfile::tempdir().unwrap();
    let (part, sparse) = (folder.path().join("part"), folder.path().join("sparse"));
    for sample in samples() {
        let bytes = fs::read(make(folder.path(), &sample)).unwrap();
        let mut runner = TestRunner::new(ProptestConfig { cases: 60, ..ProptestConfig::default() });
        let last = bytes.len() - sample.end;
        let cut = prop_oneof![1..last, last - last.min(2_000)..last];
        runner
            .run(&cut, |cut| {
                let mut reserved = bytes.clone();
                // Sometimes nothing was missing but zeros.
                prop_assume!(reserved[cut..].iter().filter(|byte| **byte != 0).count() > 12);
                reserved[cut..].fill(0);
                fs::write(&part, &reserved).unwrap();
                prop_assert!(verdict(&part) != Completeness::Whole, "{} zero from {cut}", sample.name);
                fs::write(&sparse, &bytes[..cut.max(1)]).unwrap();
                fs::OpenOptions::new()
                    .write(true)
                    .open(&sparse)
                    .unwrap()
                    .set_len(bytes.len() as u64)
                    .unwrap();
                prop_assert!(verdict(&sparse) != Completeness::Whole, "{} hole from {cut}", sample.name);
                Ok(())
            })
            .unwrap();
    }
}

#[test]
fn a_hole_in_the_middle_of_the_pictures_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let sample = Sample {
        name: "large.mp4",
        options: "-vf noise=alls=60:allf=t -c:v libx264 -qp 0 -preset ultrafast",
        ..samples().remove(0)
    };
    let bytes = fs::read(make(folder.path(), &sample)).unwrap();
    let part = folder.path().join("part.mp4");
    let (from, to) = ((bytes.len() / 3) & !0xfff, (bytes.len() / 3 * 2) & !0xfff);
    let file = fs::File::create(&part).unwrap();
    rustix::io::pwrite(&file, &bytes[..from], 0).unwrap();
    rustix::io::pwrite(&file, &bytes[to..], to as u64).unwrap();
    assert!(to - from > 100_000, "{from} to {to}");
    assert!(is_incomplete(&part), "{from} to {to}");
}

#[test]
fn odd_but_finished_files_are_whole() {
    let folder = tempfile::tempdir().unwrap();
    let all = samples();
    let of =
        |name: &str| fs::read(make(folder.path(), all.iter().find(|s| s.name == name).unwrap())).unwrap();
    let path = folder.path().join("odd");
    let check = |bytes: &[u8], what: &str| {
        fs::write(&path, bytes).unwrap();
        assert_eq!(verdict(&path), Completeness::Whole, "{what}");
    };
    let mut long = of("fast.mp4");
    let mdat = long.windows(4).position(|kind| kind == b"mdat").unwrap();
    let size = u32::from_be_bytes(*long[mdat - 4..].first_chunk().unwrap()) + 800;
    long[mdat - 4..mdat].copy_from_slice(&size.to_be_bytes());
    check(&long, "media that is said to be longer than what the index needs");
    for name in ["plain.mp4", "indexed.mkv", "film.avi"] {
        check(&[of(name), b"something else behind it".repeat(40)].concat(), name);
    }
    let mut damaged = of("film.ts");
    let middle = damaged.len() / 2;
    damaged.drain(middle..middle + 77);
    check(&damaged, "a transport stream that lost some bytes");
}

#[test]
fn what_is_no_media_is_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip.mp4");
    for text in ["#EXTM3U\n#EXTINF:1,\nother.ts\n", "A note to the editor, and nothing else at all."] {
        fs::write(&path, text).unwrap();
        assert!(matches!(verdict(&path), Completeness::NotMedia { .. }), "{text}");
    }
    assert!(matches!(verdict(folder.path()), Completeness::NotMedia { .. }));
    for nothing in [vec![], vec![0; 300_000]] {
        fs::write(&path, &nothing).unwrap();
        assert!(is_incomplete(&path));
    }
    let task = CompleteTask { source: folder.path().join("none") };
    assert_eq!(complete(&task, &mut go).unwrap_err().code, MediaCode::NotFound);
}

proptest! {
    #[test]
    fn any_bytes_get_a_verdict(
        magic in prop::sample::select(vec![
            b"\0\0\0\x10ftypisom\0\0\0\0".to_vec(),
            b"\0\0\0\x18moov".to_vec(),
            b"\x1a\x45\xdf\xa3\x84abcd\x18\x53\x80\x67".to_vec(),
            b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01\x02\x04\0".to_vec(),
            b"\0\0\x01\xba".to_vec(),
            b"RIFF\x40\0\0\0AVI ".to_vec(),
        ]),
        noise in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("noise");
        fs::write(&path, [magic, noise].concat()).unwrap();
        let _any = verdict(&path);
    }
}

/// With `SPILLWAY_MEDIA` set to a folder of clips: all that are finished are whole, and no part of one is
/// where its container cannot end.
#[test]
fn real_clips_are_whole() {
    let Some(folder) = std::env::var_os("SPILLWAY_MEDIA") else { return };
    let scratch = tempfile::tempdir().unwrap();
    let part = scratch.path().join("part");
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        // Cut in the middle of a packet by those who published it.
        if !path.is_file() || matches!(name, "MANIFEST.tsv" | "dvb-h264-1080i50-dirty-start.ts") {
            continue;
        }
        assert_eq!(verdict(&path), Completeness::Whole, "{name}");
        let bytes = fs::read(&path).unwrap();
        // Streams and films in fragments may end at many places.
        let streams = Family::of(&bytes[..bytes.len().min(HEAD_BYTES)]) == Family::Transport
            || name == "mpeg-ps.mpeg"
            || name.starts_with("fmp4")
            || name.starts_with("fragmented")
            || name == "webm-no-duration.webm";
        for slices in (1..20).filter(|_| !streams) {
            fs::write(&part, &bytes[..bytes.len() * slices / 20]).unwrap();
            assert_ne!(verdict(&part), Completeness::Whole, "{name}: {slices} of 20");
            fs::OpenOptions::new().write(true).open(&part).unwrap().set_len(bytes.len() as u64).unwrap();
            assert_ne!(verdict(&part), Completeness::Whole, "{name}: {slices} of 20, reserved");
        }
    }
}
