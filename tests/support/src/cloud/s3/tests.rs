//! The additions, as the official client sees them.

use aws_sdk_s3::{
    Client,
    error::ProvideErrorMetadata,
    primitives::ByteStream,
    types::{
        AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, CompletedMultipartUpload,
        CompletedPart, ExpirationStatus, LifecycleRule, LifecycleRuleFilter,
    },
};

use super::{S3Server, UploadFault, start_s3};

const MIB: usize = 1 << 20;

/// A server with a bucket, and an upload in it.
fn stage() -> (S3Server, Client, String) {
    let server = start_s3();
    server.owner().make_bucket("bucket");
    let client = server.owner().s3.clone();
    let begun = client.create_multipart_upload().bucket("bucket").key("a/b").tagging("job=7&partner=a%20b");
    let begun = server.owner().run(begun.send()).unwrap();
    let id = begun.upload_id().unwrap().to_owned();
    (server, client, id)
}

fn part(
    client: &Client,
    id: &str,
    number: i32,
    content: Vec<u8>,
) -> aws_sdk_s3::operation::upload_part::builders::UploadPartFluentBuilder {
    let body = ByteStream::from(content);
    client.upload_part().bucket("bucket").key("a/b").upload_id(id).part_number(number).body(body)
}

#[test]
fn uploads_are_listed_until_they_end_and_keep_their_tags() {
    let (server, client, id) = stage();
    let owner = server.owner();
    let first = owner.run(part(&client, &id, 1, vec![1; 5 * MIB]).send()).unwrap();
    let second = owner.run(part(&client, &id, 2, vec![2; 10]).send()).unwrap();

    let listed = owner.run(client.list_multipart_uploads().bucket("bucket").prefix("a/").send()).unwrap();
    assert_eq!(listed.uploads().len(), 1);
    assert_eq!(listed.uploads()[0].upload_id(), Some(id.as_str()));
    assert!(
        owner
            .run(client.list_multipart_uploads().bucket("bucket").prefix("z").send())
            .unwrap()
            .uploads()
            .is_empty()
    );

    let parts = owner.run(client.list_parts().bucket("bucket").key("a/b").upload_id(&id).send()).unwrap();
    let found: Vec<_> =
        parts.parts().iter().map(|part| (part.part_number(), part.size(), part.e_tag())).collect();
    assert_eq!(found, [(Some(1), Some(5 << 20), first.e_tag()), (Some(2), Some(10), second.e_tag())]);

    let complete = |tags: [&str; 2]| {
        let parts = (1..)
            .zip(tags)
            .map(|(number, tag)| CompletedPart::builder().part_number(number).e_tag(tag).build());
        let list = CompletedMultipartUpload::builder().set_parts(Some(parts.collect())).build();
        client
            .complete_multipart_upload()
            .bucket("bucket")
            .key("a/b")
            .upload_id(&id)
            .multipart_upload(list)
            .send()
    };
    let wrong = owner.run(complete([second.e_tag().unwrap(), first.e_tag().unwrap()])).unwrap_err();
    assert_eq!(wrong.code(), Some("InvalidPart"));
    owner.run(complete([first.e_tag().unwrap(), second.e_tag().unwrap()])).unwrap();

    assert!(server.open_uploads().is_empty());
    let tags = owner.run(client.get_object_tagging().bucket("bucket").key("a/b").send()).unwrap();
    let tags: Vec<_> = tags.tag_set().iter().map(|tag| (tag.key(), tag.value())).collect();
    assert_eq!(tags, [("job", "7"), ("partner", "a b")]);
    let again = owner.run(part(&client, &id, 3, vec![3; 10]).send()).unwrap_err();
    assert_eq!(again.code(), Some("NoSuchUpload"));
}

#[test]
fn an_upload_that_is_given_up_is_gone() {
    let (server, client, id) = stage();
    let owner = server.owner();
    owner.run(part(&client, &id, 1, vec![1; 10]).send()).unwrap();
    let request = client.abort_multipart_upload().bucket("bucket").key("a/b").upload_id(&id);
    owner.run(request.send()).unwrap();
    assert!(server.open_uploads().is_empty());
    let listed = client.list_parts().bucket("bucket").key("a/b").upload_id(&id);
    assert_eq!(owner.run(listed.send()).unwrap_err().code(), Some("NoSuchUpload"));
}

#[test]
fn an_altered_byte_is_a_bad_digest_and_is_not_kept() {
    let (server, client, id) = stage();
    server.script_uploads(|sent| if sent.number == 0 { UploadFault::Altered(77) } else { UploadFault::None });
    let failed = server.owner().run(part(&client, &id, 1, vec![1; 1000]).send()).unwrap_err();
    assert_eq!(failed.code(), Some("BadDigest"));
    server.owner().run(part(&client, &id, 1, vec![1; 1000]).send()).unwrap();
    let kept: Vec<_> = server.take_sent().iter().map(|sent| (sent.received, sent.kept)).collect();
    assert_eq!(kept, [(1000, false), (1000, true)]);
}

#[test]
fn a_connection_is_cut_in_the_middle_of_a_part() {
    let (server, client, id) = stage();
    server.script_uploads(|sent| if sent.number == 0 { UploadFault::Reset(MIB) } else { UploadFault::None });
    // The client tries again by itself.
    server.owner().run(part(&client, &id, 1, vec![1; 6 * MIB]).send()).unwrap();
    let sent = server.take_sent();
    assert_eq!(sent.len(), 2);
    assert!((MIB as u64..6 * MIB as u64).contains(&sent[0].received) && !sent[0].kept);
    assert_eq!((sent[1].received, sent[1].kept, sent[1].part), (6 * MIB as u64, true, Some(1)));
}

#[test]
fn a_lost_reply_leaves_what_was_sent() {
    let (server, client, id) = stage();
    server.script_uploads(|sent| match sent.number {
        0 => UploadFault::ReplyLost,
        1 => UploadFault::SlowDown,
        2 => UploadFault::Forbidden,
        _ => UploadFault::None,
    });
    let failed = server.owner().run(part(&client, &id, 1, vec![1; 10]).send()).unwrap_err();
    assert_eq!(failed.code(), Some("AccessDenied"));
    let kept: Vec<_> = server.take_sent().iter().map(|sent| sent.kept).collect();
    assert_eq!(kept, [true, false, false]);
    let put = client.put_object().bucket("bucket").key("c").body(ByteStream::from_static(b"abc"));
    server.owner().run(put.send()).unwrap();
}

#[test]
fn a_bucket_keeps_its_rules() {
    let (server, client, _) = stage();
    let owner = server.owner();
    let get = client.get_bucket_lifecycle_configuration().bucket("bucket");
    assert_eq!(owner.run(get.clone().send()).unwrap_err().code(), Some("NoSuchLifecycleConfiguration"));
    let rule = LifecycleRule::builder()
        .id("unfinished")
        .status(ExpirationStatus::Enabled)
        .filter(LifecycleRuleFilter::builder().prefix("spillway/").build())
        .abort_incomplete_multipart_upload(
            AbortIncompleteMultipartUpload::builder().days_after_initiation(1).build(),
        )
        .build()
        .unwrap();
    let rules = BucketLifecycleConfiguration::builder().rules(rule.clone()).build().unwrap();
    let put = client.put_bucket_lifecycle_configuration().bucket("bucket").lifecycle_configuration(rules);
    owner.run(put.send()).unwrap();
    assert_eq!(owner.run(get.send()).unwrap().rules(), [rule]);

    let access = owner.run(client.get_public_access_block().bucket("bucket").send()).unwrap_err();
    assert_eq!(access.code(), Some("NoSuchPublicAccessBlockConfiguration"));
    let encryption = owner.run(client.get_bucket_encryption().bucket("bucket").send()).unwrap_err();
    assert_eq!(encryption.code(), Some("ServerSideEncryptionConfigurationNotFoundError"));
    let missing = owner.run(client.get_bucket_encryption().bucket("none").send()).unwrap_err();
    assert_eq!(missing.code(), Some("NoSuchBucket"));
}
