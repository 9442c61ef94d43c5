//! Random histories: whatever is done to the files and whenever Spillway starts anew, every content is delivered
//! exactly once.

use std::{collections::BTreeSet, fs, path::Path};

use proptest::prelude::*;

use super::site::Site;
use crate::watch::ArrivalState;

#[derive(Debug, Clone)]
enum Happens {
    /// A content is written under a name.
    Write(u8, u8),
    /// Half of it, and later the rest.
    Half(u8, u8),
    Rename(u8, u8),
    Remove(u8),
    Touch(u8),
    Wait(i64),
    Work,
    Restart,
    Remount,
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        6 => (0_u8..6, 0_u8..5).prop_map(|(name, text)| Happens::Write(name, text)),
        2 => (0_u8..6, 0_u8..5).prop_map(|(name, text)| Happens::Half(name, text)),
        2 => (0_u8..6, 0_u8..6).prop_map(|(from, to)| Happens::Rename(from, to)),
        2 => (0_u8..6).prop_map(Happens::Remove),
        2 => (0_u8..6).prop_map(Happens::Touch),
        5 => (100_i64..20_000).prop_map(Happens::Wait),
        3 => Just(Happens::Work),
        2 => Just(Happens::Restart),
        1 => Just(Happens::Remount),
    ]
}

fn text(n: u8) -> String {
    format!("content {n}{}", "-".repeat(usize::from(n)))
}

/// That nothing was delivered twice.
fn check(site: &Site) -> Result<(), TestCaseError> {
    let mut hashes = BTreeSet::new();
    for hash in site.delivered_hashes() {
        prop_assert!(hashes.insert(hash), "a content was delivered twice: {:?}", site.jobs());
    }
    Ok(())
}

/// The same file with another number.
fn other_inode(site: &Site, path: &Path) {
    let Ok(modified) = fs::metadata(path).and_then(|there| there.modified()) else { return };
    let copy = site.stage.path("copy");
    fs::copy(path, &copy).unwrap();
    fs::File::options().append(true).open(&copy).unwrap().set_modified(modified).unwrap();
    fs::rename(copy, path).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, max_shrink_iters: 200, ..ProptestConfig::default() })]
    #[test]
    fn every_content_is_delivered_exactly_once(events in prop::collection::vec(happens(), 1..40)) {
        let site = Site::new();
        let name = |n: u8| site.root.join(format!("{n}.mov"));
        let mut shift = site.watch();
        let mut stamp = 1_000_000_u64;
        for event in &events {
            match event {
                Happens::Write(n, content) => fs::write(name(*n), text(*content)).unwrap(),
                Happens::Half(n, content) => {
                    let text = text(*content);
                    fs::write(name(*n), &text.as_bytes()[..text.len() / 2]).unwrap();
                    shift.pass(3_000);
                    fs::write(name(*n), text).unwrap();
                }
                Happens::Rename(from, to) => drop(fs::rename(name(*from), name(*to))),
                Happens::Remove(n) => drop(fs::remove_file(name(*n))),
                Happens::Touch(n) => {
                    stamp += 1;
                    if let Ok(file) = fs::File::options().append(true).open(name(*n)) {
                        let at = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(stamp);
                        file.set_modified(at).unwrap();
                    }
                }
                Happens::Wait(ms) => {
                    shift.pass(*ms);
                }
                Happens::Work => site.work(),
                Happens::Restart => shift = site.watch(),
                Happens::Remount => (0..6).for_each(|n| other_inode(&site, &name(n))),
            }
            check(&site)?;
        }
        // Whatever stands there at the end arrives.
        for _ in 0..6 {
            shift.take_in();
            shift.pass(60_000);
            site.work();
            check(&site)?;
        }
        let waiting = site.arrivals().into_iter().filter(|row| {
            matches!(row.state, ArrivalState::Waiting | ArrivalState::Held | ArrivalState::AtWork)
        });
        prop_assert_eq!(waiting.count(), 0);
        let known = site.delivered_hashes();
        for n in 0..6 {
            if let Ok(bytes) = fs::read(name(n)) {
                let hash = crate::files::hash_bytes(&bytes);
                prop_assert!(known.contains(&hash), "{n}.mov was not delivered: {:#?}", site.arrivals());
            }
        }
    }
}
