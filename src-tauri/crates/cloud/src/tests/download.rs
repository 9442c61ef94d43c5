use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use proptest::prelude::*;
use spillway_test_support::cloud::{Fault, S3Server, start_s3};

use super::{BUCKET, NEVER, cloud, content};
use crate::{Cloud, CloudError, Wanted};

const KEY: &str = "in/A001 ä.mov";
const RANGE: usize = 100_000;

struct Stage {
    server: S3Server,
    cloud: Cloud,
    folder: tempfile::TempDir,
    content: Vec<u8>,
}

impl Stage {
    fn with(bytes: usize) -> Self {
        let server = start_s3();
        server.owner().make_bucket(BUCKET);
        let content = content(bytes);
        server.owner().put(BUCKET, KEY, &content);
        let cloud = cloud(server.endpoint(), RANGE as u64);
        Self { server, cloud, folder: tempfile::tempdir().unwrap(), content }
    }

    fn wanted(&self) -> Wanted {
        let object = self.cloud.head(BUCKET, KEY, &NEVER).unwrap().unwrap();
        Wanted { bucket: BUCKET.to_owned(), key: KEY.to_owned(), etag: object.etag }
    }

    fn to(&self) -> PathBuf {
        self.folder.path().join("A001.mov")
    }

    fn bring(&self, wanted: &Wanted) -> Result<(), CloudError> {
        self.cloud.download(wanted, &self.to(), &mut |_, _| {}, &NEVER).map(drop)
    }

    fn here(&self) -> Option<Vec<u8>> {
        fs::read(self.to()).ok()
    }
}

#[test]
fn an_object_arrives_whole_and_its_progress_grows() {
    for bytes in [0, 1, RANGE, RANGE + 1, 7 * RANGE - 3] {
        let stage = Stage::with(bytes);
        let mut told = Vec::new();
        let wanted = stage.wanted();
        let object =
            stage.cloud.download(&wanted, &stage.to(), &mut |here, all| told.push((here, all)), &NEVER);
        assert_eq!(object.unwrap().bytes, bytes as u64);
        assert_eq!(stage.here().as_ref(), Some(&stage.content));
        assert!(told.windows(2).all(|pair| pair[0].0 <= pair[1].0), "{told:?}");
        assert_eq!(told.last(), Some(&(bytes as u64, bytes as u64)));
        assert!(!stage.folder.path().join("A001.mov.part").exists());
        stage.server.take_asked();
        stage.bring(&wanted).unwrap();
        assert_eq!(stage.server.take_asked(), [], "it is here already");
    }
}

#[test]
fn an_object_that_came_in_parts_arrives() {
    let stage = Stage::with(0);
    let (first, second) = (content(5 << 20), content(1_000));
    stage.server.owner().put_in_parts(BUCKET, KEY, &[&first, &second]);
    let wanted = stage.wanted();
    assert!(wanted.etag.ends_with("-2"), "{}", wanted.etag);
    stage.bring(&wanted).unwrap();
    assert_eq!(stage.here(), Some([first, second].concat()));
}

#[test]
fn after_a_stop_only_the_rest_is_fetched() {
    let stage = Stage::with(20 * RANGE);
    let wanted = stage.wanted();
    let cancel = AtomicBool::new(false);
    let stop = &mut |here: u64, _: u64| {
        if here >= 8 * RANGE as u64 {
            cancel.store(true, Ordering::Relaxed);
        }
    };
    // The progress is told between ranges, and slowly enough only when the server is slow: one answer hangs.
    stage.server.script(|asked| if asked.number == 12 { Fault::Reset(10) } else { Fault::None });
    let stopped = stage.cloud.download(&wanted, &stage.to(), stop, &cancel);
    assert!(matches!(stopped, Err(CloudError::Cancelled)), "{stopped:?}");
    assert_eq!(stage.here(), None);
    let finished = fs::read_to_string(stage.folder.path().join("A001.mov.ranges")).unwrap();
    let number = |line: &str| line.split(' ').next().unwrap().parse::<u64>().unwrap();
    let finished: BTreeSet<u64> = finished.lines().skip(1).map(number).collect();
    assert!(finished.len() >= 5, "{finished:?}");
    stage.server.take_asked();
    stage.bring(&wanted).unwrap();
    // What the first try asked for last may reach the server only now: it was not finished either.
    let asked: BTreeSet<u64> =
        stage.server.take_asked().iter().map(|asked| asked.first / RANGE as u64).collect();
    assert!(asked.is_disjoint(&finished), "{asked:?} {finished:?}");
    assert_eq!(asked.len() + finished.len(), 20);
    assert_eq!(stage.here().as_ref(), Some(&stage.content));
}

#[test]
fn a_range_that_the_disk_lost_is_fetched_again() {
    let stage = Stage::with(6 * RANGE);
    let wanted = stage.wanted();
    // The last range never comes.
    stage.server.script(|asked| if asked.first == 5 * RANGE as u64 { Fault::Forbidden } else { Fault::None });
    assert!(matches!(stage.bring(&wanted), Err(CloudError::Forbidden { action: "s3:GetObject", .. })));
    let part = stage.folder.path().join("A001.mov.part");
    let mut damaged = fs::read(&part).unwrap();
    damaged[RANGE / 2] ^= 0x40;
    fs::write(&part, damaged).unwrap();
    stage.server.script(|_| Fault::None);
    stage.server.take_asked();
    stage.bring(&wanted).unwrap();
    assert!(stage.server.take_asked().iter().any(|asked| asked.first == 0));
    assert_eq!(stage.here().as_ref(), Some(&stage.content));
}

#[test]
fn another_object_under_the_key_is_never_mixed_in() {
    let stage = Stage::with(6 * RANGE);
    let wanted = stage.wanted();
    stage.server.script(|asked| if asked.number == 3 { Fault::Forbidden } else { Fault::None });
    stage.bring(&wanted).unwrap_err();
    let new = content(6 * RANGE + 1)[1..].to_vec();
    stage.server.owner().put(BUCKET, KEY, &new);
    stage.server.script(|_| Fault::None);
    assert!(matches!(stage.bring(&wanted), Err(CloudError::Changed(_))));
    assert_eq!(stage.here(), None);
    stage.bring(&stage.wanted()).unwrap();
    assert_eq!(stage.here(), Some(new));
}

#[test]
fn an_object_that_changes_between_two_ranges_is_refused() {
    let stage = Stage::with(6 * RANGE);
    let wanted = stage.wanted();
    let (endpoint, bytes) = (stage.server.endpoint().to_owned(), stage.content.len());
    let mut changed = false;
    // Half of the ranges are there: then somebody stores something else of the same size.
    stage.server.script(move |asked| {
        if asked.number == 3 && !changed {
            changed = true;
            let endpoint = endpoint.clone();
            let stored = std::thread::spawn(move || {
                let owner = spillway_test_support::cloud::Owner::of(&endpoint);
                owner.put(BUCKET, KEY, &vec![7; bytes]);
            });
            stored.join().unwrap();
        }
        Fault::None
    });
    assert!(matches!(stage.bring(&wanted), Err(CloudError::Changed(_))));
    assert_eq!(stage.here(), None);
}

#[test]
fn what_is_altered_on_its_way_is_not_kept() {
    let stage = Stage::with(3 * RANGE);
    let wanted = stage.wanted();
    stage.server.script(|asked| if asked.first == 0 { Fault::Altered(17) } else { Fault::None });
    let altered = stage.bring(&wanted).unwrap_err();
    assert!(matches!(altered, CloudError::Altered { .. }), "{altered}");
    assert_eq!(fs::read_dir(stage.folder.path()).unwrap().count(), 0);
    stage.server.script(|_| Fault::None);
    stage.bring(&wanted).unwrap();
    assert_eq!(stage.here().as_ref(), Some(&stage.content));
}

#[test]
fn a_server_that_ignores_ranges_is_refused() {
    let stage = Stage::with(3 * RANGE);
    let wanted = stage.wanted();
    stage.server.script(|_| Fault::Everything);
    let refused = stage.bring(&wanted).unwrap_err();
    assert!(matches!(refused, CloudError::Protocol { .. }), "{refused}");
    assert_eq!(stage.here(), None);
}

#[test]
fn a_server_that_never_gets_better_is_given_up() {
    let stage = Stage::with(RANGE);
    let wanted = stage.wanted();
    stage.server.script(|_| Fault::SlowDown);
    assert!(matches!(stage.bring(&wanted), Err(CloudError::Throttled)));
    stage.server.script(|_| Fault::Reset(0));
    assert!(matches!(stage.bring(&wanted), Err(CloudError::Network { .. })));
    assert_eq!(stage.here(), None);
}

#[test]
fn a_disk_that_does_not_take_it_is_named() {
    let stage = Stage::with(10);
    let nowhere = Path::new("/proc/nowhere/A001.mov");
    let refused = stage.cloud.download(&stage.wanted(), nowhere, &mut |_, _| {}, &NEVER);
    assert!(matches!(refused, Err(CloudError::Disk { path, .. }) if path.starts_with("/proc/nowhere")));
}

fn any_fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        3 => Just(Fault::None),
        1 => Just(Fault::SlowDown),
        1 => Just(Fault::Internal),
        2 => (0..RANGE).prop_map(Fault::Reset),
        2 => (1..RANGE).prop_map(Fault::Short),
        1 => (0..RANGE).prop_map(Fault::Altered),
        1 => Just(Fault::OtherTag),
        1 => Just(Fault::Everything),
        1 => Just(Fault::Forbidden),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever the server does: what stands under the name is the object, byte by byte, or nothing does. Once
    /// it behaves, the object arrives.
    #[test]
    fn what_lands_is_the_object_or_nothing(
        bytes in 0..8 * RANGE,
        faults in proptest::collection::vec(any_fault(), 0..16),
    ) {
        let stage = Stage::with(bytes);
        let wanted = stage.wanted();
        let mut faults = faults.into_iter();
        stage.server.script(move |_| faults.next().unwrap_or(Fault::None));
        for _ in 0..20 {
            let ended = stage.bring(&wanted);
            prop_assert_eq!(stage.here().is_some(), ended.is_ok());
            if ended.is_ok() {
                break;
            }
        }
        prop_assert!(stage.here().as_ref() == Some(&stage.content));
    }
}
