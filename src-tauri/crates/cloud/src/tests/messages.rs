use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use spillway_test_support::cloud::start_moto;

use super::{BUCKET, NEVER, cloud};
use crate::{CloudError, Note};

const WAIT: Duration = Duration::from_secs(5);

#[test]
fn a_stored_object_is_told_of_until_its_message_is_deleted() {
    let server = start_moto();
    let owner = server.owner();
    owner.make_bucket(BUCKET);
    let url = owner.make_queue("arrivals");
    owner.tell(BUCKET, &url);
    owner.put(BUCKET, "in/a b+c ä.mov", b"content");
    owner.send(&url, "{\"order\": 7}");
    let queue = cloud(server.endpoint(), 1 << 20).queue(&url);
    let mut notes: Vec<Note> = Vec::new();
    while !(notes.iter().any(|note| note.other) && notes.iter().any(|note| !note.objects.is_empty())) {
        notes.extend(queue.receive(WAIT, &NEVER).unwrap());
    }
    let mut told = notes.iter().flat_map(|note| &note.objects);
    let object = told.next().unwrap();
    assert_eq!((object.bucket.as_str(), object.key.as_str()), (BUCKET, "in/a b+c ä.mov"));
    assert_eq!(object.bytes, Some(7));
    assert_eq!(told.next(), None);
    let ours: Vec<String> =
        notes.iter().filter(|note| !note.other).map(|note| note.receipt.clone()).collect();
    let (waiting, given) = owner.messages(&url);
    assert_eq!(waiting + given, u32::try_from(ours.len()).unwrap() + 1, "nothing is lost by receiving");
    queue.delete(&ours, &NEVER).unwrap();
    let (waiting, given) = owner.messages(&url);
    assert_eq!(waiting + given, 1, "what is not ours stays");
}

#[test]
fn waiting_ends_when_cancelled_and_without_a_queue() {
    let server = start_moto();
    let url = server.owner().make_queue("arrivals");
    let cloud = cloud(server.endpoint(), 1 << 20);
    let cancel = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| cloud.queue(&url).receive(Duration::from_secs(20), &cancel));
        cancel.store(true, Ordering::Relaxed);
        assert!(matches!(waiting.join().unwrap(), Err(CloudError::Cancelled)));
    });
    let nowhere = url.replace("arrivals", "elsewhere");
    let refused = cloud.queue(&nowhere).receive(WAIT, &NEVER).unwrap_err();
    assert!(matches!(refused, CloudError::NoSuchQueue(_)), "{refused:?}");
}
