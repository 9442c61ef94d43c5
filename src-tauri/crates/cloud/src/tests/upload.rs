use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Write,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use proptest::prelude::*;
use spillway_test_support::cloud::{S3Server, Sent, UploadFault, start_moto, start_s3};

use super::{BUCKET, NEVER, assembled, cloud, content};
use crate::{
    Cloud, CloudError, CloudSettings,
    connect::Bounds,
    transfer::{Upload, Uploaded},
};

const KEY: &str = "spillway/j1/in ä.mov";
/// The least that S3 takes of a part.
const PART: usize = 5 << 20;

struct Stage {
    server: S3Server,
    cloud: Cloud,
    folder: tempfile::TempDir,
    content: Vec<u8>,
    id: Mutex<Option<String>>,
}

impl Stage {
    fn with(bytes: usize) -> Self {
        let server = start_s3();
        server.owner().make_bucket(BUCKET);
        let folder = tempfile::tempdir().unwrap();
        let content = content(bytes);
        fs::write(folder.path().join("in.mov"), &content).unwrap();
        let cloud = cloud(server.endpoint(), PART as u64);
        Self { server, cloud, folder, content, id: Mutex::default() }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("in.mov")
    }

    fn wish(&self) -> Upload {
        Upload {
            bucket: BUCKET.to_owned(),
            key: KEY.to_owned(),
            file: self.file(),
            tags: vec![
                ("spillway:job".to_owned(), "j 1&2=3".to_owned()),
                ("partner".to_owned(), "ä".to_owned()),
            ],
            resume: self.id.lock().unwrap().clone(),
        }
    }

    fn send(&self) -> Result<Uploaded, CloudError> {
        self.send_until(&mut |_, _| {}, &NEVER)
    }

    fn send_until(
        &self,
        progress: &mut dyn FnMut(u64, u64),
        cancel: &AtomicBool,
    ) -> Result<Uploaded, CloudError> {
        let mut begun = |id: &str| {
            *self.id.lock().unwrap() = Some(id.to_owned());
            true
        };
        self.cloud.upload(&self.wish(), &mut begun, progress, cancel)
    }

    fn stored(&self) -> Option<Vec<u8>> {
        self.cloud.read(BUCKET, KEY, 1 << 30, &NEVER).unwrap()
    }
}

fn received(sent: &[Sent]) -> u64 {
    sent.iter().map(|sent| sent.received).sum()
}

#[test]
fn a_file_arrives_whole_with_its_tags_and_its_progress_grows() {
    for bytes in [0, 1, PART, PART + 1, 3 * PART - 7] {
        let stage = Stage::with(bytes);
        let mut told = Vec::new();
        let uploaded = stage.send_until(&mut |there, all| told.push((there, all)), &NEVER).unwrap();
        assert_eq!((uploaded.bytes, uploaded.sent), (bytes as u64, bytes as u64));
        assert!(stage.stored().as_ref() == Some(&stage.content), "{bytes}");
        assert!(told.windows(2).all(|pair| pair[0].0 <= pair[1].0), "{told:?}");
        assert_eq!(told.last(), Some(&(bytes as u64, bytes as u64)));
        let object = stage.cloud.head(BUCKET, KEY, &NEVER).unwrap().unwrap();
        assert_eq!(object.etag, uploaded.etag);
        assert_eq!(stage.server.open_uploads(), []);
        assert_eq!(stage.id.lock().unwrap().is_some(), bytes > PART, "one piece needs no upload");
        assert_eq!(received(&stage.server.take_sent()), bytes as u64);
        let tags = tags(&stage);
        assert_eq!(tags.get("spillway:job").map(String::as_str), Some("j 1&2=3"));
        assert_eq!(tags.get("partner").map(String::as_str), Some("ä"));
    }
}

fn tags(stage: &Stage) -> BTreeMap<String, String> {
    let answer = stage.cloud.wait(&NEVER, async |line| {
        Ok(line.s3.get_object_tagging().bucket(BUCKET).key(KEY).send().await.unwrap())
    });
    answer.unwrap().tag_set().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect()
}

#[test]
fn moto_takes_it_too() {
    let server = start_moto();
    server.owner().make_bucket(BUCKET);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("in.mov");
    let cloud = cloud(server.endpoint(), PART as u64);
    for bytes in [17, 2 * PART + 17] {
        fs::write(&file, content(bytes)).unwrap();
        let mut upload = Upload {
            bucket: BUCKET.into(),
            key: KEY.into(),
            file: file.clone(),
            tags: Vec::new(),
            resume: None,
        };
        let mut begun = |id: &str| {
            upload.resume = Some(id.to_owned());
            true
        };
        let wish =
            Upload { bucket: BUCKET.into(), key: KEY.into(), file: file.clone(), tags: vec![], resume: None };
        cloud.upload(&wish, &mut begun, &mut |_, _| {}, &NEVER).unwrap();
        assert!(cloud.read(BUCKET, KEY, 1 << 30, &NEVER).unwrap() == Some(content(bytes)));
        // The answer got lost: it is there.
        let again = cloud.upload(&upload, &mut |_| true, &mut |_, _| {}, &NEVER).unwrap();
        assert_eq!(again.sent, if bytes > PART { 0 } else { bytes as u64 });
    }
}

#[test]
fn after_a_kill_only_missing_parts_are_sent() {
    let stage = Stage::with(6 * PART);
    let cancel = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&cancel);
    // The fourth part hangs until nobody waits for it any more.
    stage.server.script_uploads(move |sent| {
        if sent.number == 3 {
            stop.store(true, Ordering::Relaxed);
        }
        if sent.number >= 3 { UploadFault::Reset(usize::MAX) } else { UploadFault::None }
    });
    let stopped = stage.send_until(&mut |_, _| {}, &cancel);
    assert!(matches!(stopped, Err(CloudError::Cancelled)), "{stopped:?}");
    let kept = stage.server.take_sent().iter().filter(|sent| sent.kept).count();
    assert!((1..=5).contains(&kept), "{kept}");
    let unfinished = stage.cloud.unfinished(BUCKET, "spillway/", &NEVER).unwrap();
    assert_eq!(unfinished.len(), 1);
    assert_eq!((unfinished[0].key.as_str(), unfinished[0].bytes), (KEY, (kept * PART) as u64));
    assert_eq!(Some(&unfinished[0].upload_id), stage.id.lock().unwrap().as_ref());

    stage.server.script_uploads(|_| UploadFault::None);
    let uploaded = stage.send().unwrap();
    assert_eq!(uploaded.sent, ((6 - kept) * PART) as u64);
    assert!(stage.stored().as_ref() == Some(&stage.content));
    assert_eq!(stage.server.open_uploads(), []);
    // It was finished, and nobody knew.
    let again = stage.send().unwrap();
    assert_eq!((again.sent, again.etag), (0, uploaded.etag));
}

#[test]
fn an_upload_that_is_gone_begins_again() {
    let stage = Stage::with(2 * PART);
    *stage.id.lock().unwrap() = Some("an-id-that-nobody-knows".to_owned());
    let uploaded = stage.send().unwrap();
    assert_eq!(uploaded.sent, 2 * PART as u64);
    assert!(stage.stored().as_ref() == Some(&stage.content));
    // Something else under the key, of the same size.
    let other: Vec<u8> = stage.content.iter().map(|byte| byte ^ 1).collect();
    stage.server.owner().put(BUCKET, KEY, &other);
    let uploaded = stage.send().unwrap();
    assert_eq!(uploaded.sent, 2 * PART as u64);
    assert!(stage.stored().as_ref() == Some(&stage.content));
}

#[test]
fn whoever_does_not_want_it_after_all_leaves_nothing() {
    let stage = Stage::with(2 * PART);
    let refused = stage.cloud.upload(&stage.wish(), &mut |_| false, &mut |_, _| {}, &NEVER);
    assert!(matches!(refused, Err(CloudError::Cancelled)));
    assert_eq!(stage.server.open_uploads(), []);
    assert_eq!(stage.server.take_sent(), []);
}

#[test]
fn a_file_that_changes_on_its_way_is_never_stored() {
    let stage = Stage::with(4 * PART);
    let file = stage.file();
    stage.server.script_uploads(move |sent| {
        if sent.number == 1 {
            let mut file = File::options().append(true).open(&file).unwrap();
            file.write_all(b"more").unwrap();
        }
        UploadFault::None
    });
    let changed = stage.send().unwrap_err();
    assert!(matches!(&changed, CloudError::Changed(file) if file.ends_with("in.mov")), "{changed}");
    assert_eq!(stage.stored(), None);
    assert_eq!(stage.server.open_uploads(), [], "its parts are worth nothing");
}

#[test]
fn what_is_altered_on_its_way_is_sent_again() {
    for bytes in [1_000, 2 * PART] {
        let stage = Stage::with(bytes);
        stage.server.script_uploads(|sent| {
            if sent.number == 0 { UploadFault::Altered(17) } else { UploadFault::None }
        });
        let uploaded = stage.send().unwrap();
        assert_eq!(uploaded.sent, (bytes + bytes.min(PART)) as u64);
        assert!(stage.stored().as_ref() == Some(&stage.content));
        // And a line that always does it is told of.
        let stage = Stage::with(bytes);
        stage.server.script_uploads(|_| UploadFault::Altered(17));
        let altered = stage.send().unwrap_err();
        assert!(matches!(altered, CloudError::Altered { .. }), "{altered}");
        assert_eq!(stage.stored(), None);
    }
}

#[test]
fn what_is_refused_is_told_and_stays_for_the_next_call() {
    let stage = Stage::with(3 * PART);
    stage
        .server
        .script_uploads(|sent| if sent.part == Some(2) { UploadFault::Forbidden } else { UploadFault::None });
    let refused = stage.send().unwrap_err();
    assert!(matches!(refused, CloudError::Forbidden { action: "s3:PutObject", .. }), "{refused}");
    stage.server.script_uploads(|_| UploadFault::None);
    stage.server.take_sent();
    assert_eq!(stage.send().unwrap().sent, PART as u64, "parts that were under way were let finish");
    let missing = Upload { file: stage.folder.path().join("no.mov"), ..stage.wish() };
    let missing = stage.cloud.upload(&missing, &mut |_| true, &mut |_, _| {}, &NEVER).unwrap_err();
    assert!(matches!(missing, CloudError::Unreadable { .. }), "{missing}");
}

#[test]
fn a_file_is_never_held_as_a_whole() {
    // As many parts as may be under way wait at the server; nobody reads further than one more.
    let stage = Stage::with(8 * PART);
    let cancel = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&cancel);
    stage.server.script_uploads(move |sent| {
        if sent.number == 2 {
            stop.store(true, Ordering::Relaxed);
        }
        UploadFault::Reset(usize::MAX)
    });
    stage.send_until(&mut |_, _| {}, &cancel).unwrap_err();
    let begun: Vec<_> = stage.server.take_sent().iter().filter_map(|sent| sent.part).collect();
    assert!(begun.iter().all(|part| *part <= 3), "{begun:?}");
}

#[test]
fn a_limit_holds_for_all_transfers_together() {
    let server = start_s3();
    server.owner().make_bucket(BUCKET);
    let folder = tempfile::tempdir().unwrap();
    let bounds = Bounds { pause: Duration::from_millis(1), ..Bounds::default() };
    // 8 Mbit/s are a million bytes a second.
    let settings = CloudSettings { bandwidth_mbps: Some(8), ..CloudSettings::default() };
    let cloud = assembled(server.endpoint(), bounds, settings);
    let files: Vec<_> = (0..2).map(|number| folder.path().join(format!("{number}"))).collect();
    for file in &files {
        fs::write(file, content(400_000)).unwrap();
    }
    let begin = SystemTime::now();
    std::thread::scope(|scope| {
        for file in &files {
            let key = file.file_name().unwrap().to_str().unwrap();
            let upload = Upload {
                bucket: BUCKET.into(),
                key: key.into(),
                file: file.clone(),
                tags: vec![],
                resume: None,
            };
            let cloud = &cloud;
            scope.spawn(move || cloud.upload(&upload, &mut |_| true, &mut |_, _| {}, &NEVER).unwrap());
        }
    });
    let took = begin.elapsed().unwrap();
    // 800 000 bytes, less what may go at once.
    assert!(took >= Duration::from_millis(650), "{took:?}");
}

#[test]
fn what_was_stopped_and_removed_leaves_nothing() {
    let stage = Stage::with(3 * PART);
    let cancel = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&cancel);
    stage.server.script_uploads(move |sent| {
        if sent.number == 2 {
            stop.store(true, Ordering::Relaxed);
        }
        if sent.number == 2 { UploadFault::Reset(usize::MAX) } else { UploadFault::None }
    });
    stage.send_until(&mut |_, _| {}, &cancel).unwrap_err();
    assert_eq!(stage.server.open_uploads().len(), 1);
    assert_eq!(stage.cloud.remove_below(BUCKET, "spillway/j1/", &NEVER).unwrap(), 0);
    assert_eq!(stage.server.open_uploads(), []);
    assert!(stage.cloud.unfinished(BUCKET, "", &NEVER).unwrap().is_empty());
}

fn any_fault() -> impl Strategy<Value = UploadFault> {
    prop_oneof![
        2 => Just(UploadFault::None),
        1 => Just(UploadFault::SlowDown),
        1 => Just(UploadFault::Internal),
        3 => (0..PART).prop_map(UploadFault::Reset),
        1 => (0..PART).prop_map(UploadFault::Altered),
        1 => Just(UploadFault::ReplyLost),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    /// Whatever happens to the connection: the object is the file in the end, nothing else ever is, no cut costs
    /// more than a part sent again, and no part is left behind.
    #[test]
    fn a_cut_costs_a_part_at_most(
        bytes in PART + 1..4 * PART,
        faults in proptest::collection::vec(any_fault(), 0..8),
    ) {
        let stage = Stage::with(bytes);
        let cuts = faults.iter().filter(|fault| **fault != UploadFault::None).count();
        let mut faults = faults.into_iter();
        stage.server.script_uploads(move |_| faults.next().unwrap_or(UploadFault::None));
        for _ in 0..10 {
            match stage.send() {
                Ok(_) => break,
                Err(error) => prop_assert!(error.is_transient(), "{}", error),
            }
            prop_assert_eq!(stage.stored(), None);
        }
        prop_assert!(stage.stored().as_ref() == Some(&stage.content));
        let sent = received(&stage.server.take_sent());
        prop_assert!(sent <= (bytes + cuts * PART) as u64, "{} of {} with {} cuts", sent, bytes, cuts);
        prop_assert_eq!(stage.server.open_uploads(), []);
    }
}
