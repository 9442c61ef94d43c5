//! What an event of a bucket says: as S3 sends it, wrapped by SNS, or in `EventBridge`'s form.

use serde::Deserialize;

use crate::object::{bare, decoded};

/// An object that was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectCreated {
    /// Where.
    pub bucket: String,
    /// Its key.
    pub key: String,
    /// Size in bytes, when the event tells.
    pub bytes: Option<u64>,
    /// `ETag` without quotation marks, when the event tells.
    pub etag: Option<String>,
}

/// What a message is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Events of buckets: what was stored; none when something else happened.
    Events(Vec<ObjectCreated>),
    /// Something that is not about buckets.
    Foreign,
}

/// Events in events: SNS wraps once, and nobody wraps twice by accident.
const DEEPEST: u32 = 3;

pub(crate) fn meaning(body: &str) -> Meaning {
    unwrapped(body, DEEPEST)
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "Records")]
    records: Option<Vec<Record>>,
    #[serde(rename = "Type")]
    kind: Option<String>,
    #[serde(rename = "Message")]
    message: Option<String>,
    #[serde(rename = "Event")]
    event: Option<String>,
    source: Option<String>,
    #[serde(rename = "detail-type")]
    detail_type: Option<String>,
    detail: Option<Stored>,
}

#[derive(Deserialize)]
struct Record {
    #[serde(rename = "eventName")]
    name: String,
    s3: Stored,
}

#[derive(Deserialize)]
struct Stored {
    bucket: Bucket,
    object: Thing,
}

#[derive(Deserialize)]
struct Bucket {
    name: String,
}

#[derive(Deserialize)]
struct Thing {
    key: String,
    size: Option<u64>,
    #[serde(alias = "eTag")]
    etag: Option<String>,
}

fn unwrapped(body: &str, depth: u32) -> Meaning {
    let Ok(envelope) = serde_json::from_str::<Envelope>(body) else { return Meaning::Foreign };
    match envelope {
        Envelope { records: Some(records), .. } => {
            Meaning::Events(records.into_iter().filter_map(created).collect())
        }
        Envelope { event: Some(event), .. } if event == "s3:TestEvent" => Meaning::Events(Vec::new()),
        Envelope { kind: Some(kind), message: Some(message), .. } if kind == "Notification" && depth > 0 => {
            unwrapped(&message, depth - 1)
        }
        Envelope { source: Some(source), detail_type: Some(kind), detail, .. } if source == "aws.s3" => {
            // EventBridge does not encode keys.
            let stored = detail.filter(|_| kind == "Object Created");
            Meaning::Events(stored.map(|stored| stored.told(str::to_owned)).into_iter().collect())
        }
        _ => Meaning::Foreign,
    }
}

fn created(record: Record) -> Option<ObjectCreated> {
    // Some servers name their events with the prefix, S3 without.
    let name = record.name.strip_prefix("s3:").unwrap_or(&record.name);
    let key = decoded(&record.s3.object.key)?;
    name.starts_with("ObjectCreated:").then(|| record.s3.told(|_| key))
}

impl Stored {
    fn told(self, key: impl FnOnce(&str) -> String) -> ObjectCreated {
        ObjectCreated {
            bucket: self.bucket.name,
            key: key(&self.object.key),
            bytes: self.object.size,
            etag: self.object.etag.as_deref().map(bare),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DIRECT: &str = r#"{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"eu-central-1",
        "eventName":"ObjectCreated:CompleteMultipartUpload","s3":{"s3SchemaVersion":"1.0","bucket":{"name":"masters",
        "arn":"arn:aws:s3:::masters"},"object":{"key":"in/a+b%2Bc%C3%A4.mov","size":1024,
        "eTag":"d41d8cd98f00b204e9800998ecf8427e","sequencer":"0055AED6DCD90281E5"}}}]}"#;

    fn stored(body: &str) -> Vec<ObjectCreated> {
        match meaning(body) {
            Meaning::Events(objects) => objects,
            Meaning::Foreign => panic!("foreign: {body}"),
        }
    }

    fn a_master(key: &str) -> ObjectCreated {
        ObjectCreated {
            bucket: "masters".into(),
            key: key.into(),
            bytes: Some(1024),
            etag: Some("d41d8cd98f00b204e9800998ecf8427e".into()),
        }
    }

    #[test]
    fn all_three_wrappings_are_understood() {
        assert_eq!(stored(DIRECT), [a_master("in/a b+cä.mov")]);
        let topic = serde_json::json!({
            "Type": "Notification", "MessageId": "1", "TopicArn": "arn:aws:sns:eu-central-1:1:t",
            "Subject": "Amazon S3 Notification", "Message": DIRECT,
        });
        assert_eq!(stored(&topic.to_string()), [a_master("in/a b+cä.mov")]);
        let bridge = r#"{"version":"0","id":"1","detail-type":"Object Created","source":"aws.s3",
            "detail":{"version":"0","bucket":{"name":"masters"},"object":{"key":"in/a+b%41.mov","size":1024,
            "etag":"d41d8cd98f00b204e9800998ecf8427e","sequencer":"1"},"reason":"PutObject"}}"#;
        assert_eq!(stored(bridge), [a_master("in/a+b%41.mov")], "its keys are not encoded");
        let compatible = DIRECT.replace("ObjectCreated:", "s3:ObjectCreated:");
        assert_eq!(stored(&compatible), [a_master("in/a b+cä.mov")]);
    }

    #[test]
    fn tests_and_deletions_are_ours_and_say_nothing() {
        let test = r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2026-01-01T00:00:00.000Z",
            "Bucket":"masters","RequestId":"1","HostId":"1"}"#;
        assert_eq!(stored(test), []);
        assert_eq!(stored(&DIRECT.replace("ObjectCreated:", "ObjectRemoved:")), []);
    }

    #[test]
    fn what_others_send_is_left_to_them() {
        for body in ["", "hello", "[]", "{}", "{\"order\": 7}", r#"{"Records":[{"eventSource":"aws:ses"}]}"#]
        {
            assert_eq!(meaning(body), Meaning::Foreign, "{body}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_is_sent_ends_the_process(body in any::<String>(), cut in 0..DIRECT.len()) {
            meaning(&body);
            prop_assert_eq!(meaning(DIRECT.get(..cut).unwrap_or("")), Meaning::Foreign);
        }
    }
}
