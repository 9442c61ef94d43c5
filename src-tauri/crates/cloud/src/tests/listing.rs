use std::{collections::BTreeSet, ops::ControlFlow};

use spillway_test_support::cloud::{start_moto, start_s3};

use super::{BUCKET, NEVER, cloud};
use crate::{Cloud, Listed};

fn keys(cloud: &Cloud, prefix: &str) -> Vec<String> {
    let mut keys = Vec::new();
    let mut page = |objects: Vec<crate::Object>| {
        keys.extend(objects.into_iter().map(|object| object.key));
        ControlFlow::Continue(())
    };
    assert!(cloud.list(BUCKET, prefix, &mut page, &NEVER).unwrap().complete);
    keys
}

#[test]
fn odd_keys_come_as_they_are() {
    let server = start_moto();
    let owner = server.owner();
    owner.make_bucket(BUCKET);
    let odd = ["in/a b+c%20d&e.mov", "in/<tag>\"quote'.mov", "in/bell\u{7}.mov", "in/片段 1.mov", "in/-rf"];
    for key in odd {
        owner.put(BUCKET, key, key.as_bytes());
    }
    owner.put(BUCKET, "out/other.mov", b"x");
    let cloud = cloud(server.endpoint(), 1 << 20);
    let found: BTreeSet<String> = keys(&cloud, "in/").into_iter().collect();
    assert_eq!(found, odd.iter().map(|key| (*key).to_owned()).collect());
    for key in odd {
        let object = cloud.head(BUCKET, key, &NEVER).unwrap().unwrap();
        assert_eq!(object.bytes, key.len() as u64);
        assert_eq!(cloud.read(BUCKET, key, 100, &NEVER).unwrap().unwrap(), key.as_bytes());
    }
}

#[test]
fn more_than_a_page_is_told_once_each_and_stops_when_told() {
    let server = start_s3();
    server.owner().make_bucket(BUCKET);
    for number in 0..1_105 {
        server.owner().put(BUCKET, &format!("in/{number:04}.mov"), b"x");
    }
    let cloud = cloud(server.endpoint(), 1 << 20);
    let found = keys(&cloud, "in/");
    assert_eq!(found.len(), 1_105);
    assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), 1_105);
    let stopped = cloud.list(BUCKET, "in/", &mut |_| ControlFlow::Break(()), &NEVER).unwrap();
    assert_eq!(stopped, Listed { objects: 1_000, complete: false });
    assert!(!cloud.holds_any(BUCKET, "elsewhere/", &NEVER).unwrap());
}

#[test]
fn nothing_is_read_beyond_the_bound() {
    let server = start_s3();
    server.owner().make_bucket(BUCKET);
    server.owner().put(BUCKET, "a.json", &[b'x'; 101]);
    let cloud = cloud(server.endpoint(), 1 << 20);
    assert!(cloud.read(BUCKET, "a.json", 100, &NEVER).is_err());
    assert_eq!(cloud.read(BUCKET, "a.json", 101, &NEVER).unwrap().unwrap().len(), 101);
    assert_eq!(cloud.read(BUCKET, "b.json", 100, &NEVER).unwrap(), None);
    assert_eq!(cloud.head(BUCKET, "b.json", &NEVER).unwrap(), None);
}
