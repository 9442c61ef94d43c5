//! Servers that speak like Amazon's, and a client that fills them.

mod moto;
mod s3;

use std::future::Future;

use aws_config::{BehaviorVersion, Region};
use aws_sdk_s3::{
    primitives::ByteStream,
    types::{CompletedMultipartUpload, CompletedPart, Event, NotificationConfiguration, QueueConfiguration},
};
use aws_sdk_sqs::types::QueueAttributeName;
use tokio::runtime::{Builder, Runtime};

pub use moto::{Moto, start_moto};
pub use s3::{Asked, Fault, S3Server, Sent, UploadFault, start_s3};

/// The key that the servers know.
pub const KEY_ID: &str = "test-key";
/// Its secret.
pub const KEY_SECRET: &str = "test-secret";
/// Where the servers say that they are.
pub const REGION: &str = "eu-central-1";

/// Puts things into buckets, as their owner would. Its calls block, and end the test when they fail.
pub struct Owner {
    runtime: Runtime,
    s3: aws_sdk_s3::Client,
    sqs: aws_sdk_sqs::Client,
}

#[expect(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "tests end when their servers do not obey"
)]
impl Owner {
    /// The owner of what lies on the server at this address.
    pub fn of(endpoint: &str) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let http = aws_smithy_http_client::Builder::new().build_http();
        let keys = aws_sdk_s3::config::Credentials::new(KEY_ID, KEY_SECRET, None, None, "test");
        let loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .http_client(http)
            .region(Region::from_static(REGION))
            .credentials_provider(keys)
            .endpoint_url(endpoint);
        let config = runtime.block_on(loader.load());
        let s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
        Self { s3: aws_sdk_s3::Client::from_conf(s3), sqs: aws_sdk_sqs::Client::new(&config), runtime }
    }

    fn run<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Makes a bucket.
    pub fn make_bucket(&self, bucket: &str) {
        let place = aws_sdk_s3::types::CreateBucketConfiguration::builder()
            .location_constraint(REGION.into())
            .build();
        let request = self.s3.create_bucket().bucket(bucket).create_bucket_configuration(place);
        self.run(request.send()).unwrap();
    }

    /// Stores an object.
    pub fn put(&self, bucket: &str, key: &str, content: &[u8]) {
        let body = ByteStream::from(content.to_vec());
        self.run(self.s3.put_object().bucket(bucket).key(key).body(body).send()).unwrap();
    }

    /// Stores an object in parts, so that its `ETag` is no MD5.
    pub fn put_in_parts(&self, bucket: &str, key: &str, parts: &[&[u8]]) {
        let begun = self.run(self.s3.create_multipart_upload().bucket(bucket).key(key).send()).unwrap();
        let upload = begun.upload_id().unwrap();
        let mut done = CompletedMultipartUpload::builder();
        for (number, part) in (1..).zip(parts) {
            let body = ByteStream::from(part.to_vec());
            let request = self.s3.upload_part().bucket(bucket).key(key).upload_id(upload);
            let taken = self.run(request.part_number(number).body(body).send()).unwrap();
            let part = CompletedPart::builder().part_number(number).e_tag(taken.e_tag().unwrap());
            done = done.parts(part.set_checksum_crc32(taken.checksum_crc32().map(str::to_owned)).build());
        }
        let request = self.s3.complete_multipart_upload().bucket(bucket).key(key).upload_id(upload);
        self.run(request.multipart_upload(done.build()).send()).unwrap();
    }

    /// Deletes an object.
    pub fn delete(&self, bucket: &str, key: &str) {
        self.run(self.s3.delete_object().bucket(bucket).key(key).send()).unwrap();
    }

    /// Keys of everything in a bucket.
    pub fn keys(&self, bucket: &str) -> Vec<String> {
        let answer = self.run(self.s3.list_objects_v2().bucket(bucket).send()).unwrap();
        answer.contents().iter().filter_map(|object| object.key().map(str::to_owned)).collect()
    }

    /// Makes a queue; its address.
    pub fn make_queue(&self, name: &str) -> String {
        let made = self.run(self.sqs.create_queue().queue_name(name).send()).unwrap();
        made.queue_url.unwrap()
    }

    /// Lets a bucket tell a queue of every object that is stored.
    pub fn tell(&self, bucket: &str, queue_url: &str) {
        let request = self.sqs.get_queue_attributes().queue_url(queue_url);
        let told = self.run(request.attribute_names(QueueAttributeName::QueueArn).send()).unwrap();
        let arn = told.attributes().unwrap()[&QueueAttributeName::QueueArn].clone();
        let queue = QueueConfiguration::builder().queue_arn(arn).events(Event::from("s3:ObjectCreated:*"));
        let rule = NotificationConfiguration::builder().queue_configurations(queue.build().unwrap()).build();
        let request = self.s3.put_bucket_notification_configuration().bucket(bucket);
        self.run(request.notification_configuration(rule).send()).unwrap();
    }

    /// Sends a message.
    pub fn send(&self, queue_url: &str, body: &str) {
        self.run(self.sqs.send_message().queue_url(queue_url).message_body(body).send()).unwrap();
    }

    /// How many messages a queue holds: those to be given, and those that somebody has received.
    pub fn messages(&self, queue_url: &str) -> (u32, u32) {
        let waiting = QueueAttributeName::ApproximateNumberOfMessages;
        let given = QueueAttributeName::ApproximateNumberOfMessagesNotVisible;
        let request = self.sqs.get_queue_attributes().queue_url(queue_url);
        let request = request.attribute_names(waiting.clone()).attribute_names(given.clone());
        let told = self.run(request.send()).unwrap();
        let number = |name| told.attributes().unwrap()[name].parse().unwrap();
        (number(&waiting), number(&given))
    }
}
