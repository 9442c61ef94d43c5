use spillway_test_support::cloud::{start_moto, start_s3};

use super::{BUCKET, NEVER, cloud};
use crate::Cloud;

fn begin(cloud: &Cloud, key: &str) -> String {
    let begun = cloud.wait(&NEVER, async |line| {
        Ok(line.s3.create_multipart_upload().bucket(BUCKET).key(key).send().await.unwrap())
    });
    begun.unwrap().upload_id.unwrap()
}

fn keys(cloud: &Cloud) -> Vec<String> {
    let mut keys = Vec::new();
    let mut page = |page: Vec<crate::Object>| {
        keys.extend(page.into_iter().map(|object| object.key));
        std::ops::ControlFlow::Continue(())
    };
    cloud.list(BUCKET, "", &mut page, &NEVER).unwrap();
    keys
}

#[test]
fn what_lies_below_goes_and_nothing_else() {
    let server = start_s3();
    server.owner().make_bucket(BUCKET);
    for number in 0..1_003 {
        server.owner().put(BUCKET, &format!("spillway/j1/{number}"), b"x");
    }
    server.owner().put(BUCKET, "spillway/j10/other", b"x");
    server.owner().put(BUCKET, "spillway/j 2&<ä>", b"x");
    let cloud = cloud(server.endpoint(), 1 << 20);
    begin(&cloud, "spillway/j1/a");
    begin(&cloud, "spillway/j1/a");
    let kept = begin(&cloud, "spillway/j2/b");
    assert_eq!(cloud.remove_below(BUCKET, "spillway/j1/", &NEVER).unwrap(), 1_003);
    assert_eq!(cloud.remove_below(BUCKET, "spillway/j1/", &NEVER).unwrap(), 0);
    assert_eq!(keys(&cloud), ["spillway/j 2&<ä>", "spillway/j10/other"]);
    let unfinished = cloud.unfinished(BUCKET, "", &NEVER).unwrap();
    assert_eq!(unfinished.len(), 1);
    assert_eq!((unfinished[0].upload_id.as_str(), unfinished[0].bytes), (kept.as_str(), 0));
    assert!(unfinished[0].begun_ms.is_some());
    assert_eq!(cloud.remove_below(BUCKET, "", &NEVER).unwrap(), 2);
    assert_eq!((keys(&cloud).len(), server.open_uploads().len()), (0, 0));
}

#[test]
fn odd_keys_go_too() {
    let server = start_moto();
    server.owner().make_bucket(BUCKET);
    for key in ["a b+c%20d&e.mov", "<tag>\"quote'.mov", "bell\u{7}.mov", "片段 1.mov"] {
        server.owner().put(BUCKET, key, b"x");
    }
    let cloud = cloud(server.endpoint(), 1 << 20);
    begin(&cloud, "a b+c%20d");
    assert_eq!(cloud.remove_below(BUCKET, "", &NEVER).unwrap(), 4);
    assert_eq!(keys(&cloud), Vec::<String>::new());
    assert!(cloud.unfinished(BUCKET, "", &NEVER).unwrap().is_empty(), "the one with an odd key, too");
}
