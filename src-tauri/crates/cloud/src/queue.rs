//! A queue that a bucket sends its events to.

use std::{sync::atomic::AtomicBool, time::Duration};

use aws_sdk_sqs::types::DeleteMessageBatchRequestEntry;

use crate::{
    Cloud, CloudError, ObjectCreated,
    event::{self, Meaning},
    refusal::Asked,
};

/// Messages at a time: the most that SQS gives and takes.
const BATCH: usize = 10;
/// Longest wait for messages that SQS allows.
const LONGEST_WAIT: Duration = Duration::from_secs(20);
/// For how long a message that was received is not given to others, in seconds.
const HIDDEN_S: i32 = 120;

/// An SQS queue.
#[derive(Debug, Clone)]
pub struct Queue {
    cloud: Cloud,
    url: String,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What deletes it.
    pub receipt: String,
    /// What was stored; empty for test events, deletions and the like.
    pub objects: Vec<ObjectCreated>,
    /// Not an event of a bucket: somebody else's, to be left alone.
    pub other: bool,
}

impl Cloud {
    /// The queue at this address.
    pub fn queue(&self, url: &str) -> Queue {
        Queue { cloud: self.clone(), url: url.to_owned() }
    }
}

impl Queue {
    /// Waits for messages, at most `wait` (of which SQS allows 20 s), and gives up to 10. A message comes again
    /// after two minutes unless it is deleted.
    ///
    /// # Errors
    /// See [`CloudError`].
    pub fn receive(&self, wait: Duration, cancel: &AtomicBool) -> Result<Vec<Note>, CloudError> {
        let asked = Asked { action: "sqs:ReceiveMessage", place: &self.url, key: None };
        let wait_s = i32::try_from(wait.min(LONGEST_WAIT).as_secs()).unwrap_or(0);
        self.cloud.wait(cancel, async |line| {
            let request = line.sqs.receive_message().queue_url(&self.url);
            let request = request.max_number_of_messages(10).wait_time_seconds(wait_s);
            let answer = request.visibility_timeout(HIDDEN_S).send().await;
            let answer = answer.map_err(|error| asked.failed(error))?;
            Ok(answer.messages.unwrap_or_default().into_iter().filter_map(note).collect())
        })
    }

    /// Deletes messages.
    ///
    /// # Errors
    /// See [`CloudError`]; those that could not be deleted come again.
    pub fn delete(&self, receipts: &[String], cancel: &AtomicBool) -> Result<(), CloudError> {
        let asked = Asked { action: "sqs:DeleteMessage", place: &self.url, key: None };
        self.cloud.wait(cancel, async |line| {
            for batch in receipts.chunks(BATCH) {
                let mut request = line.sqs.delete_message_batch().queue_url(&self.url);
                for (number, receipt) in batch.iter().enumerate() {
                    let entry = DeleteMessageBatchRequestEntry::builder();
                    let entry = entry.id(number.to_string()).receipt_handle(receipt).build();
                    request = request
                        .entries(entry.map_err(|error| CloudError::Protocol { why: error.to_string() })?);
                }
                let answer = request.send().await.map_err(|error| asked.failed(error))?;
                if let Some(failed) = answer.failed().first() {
                    return Err(CloudError::Service {
                        code: failed.code().to_owned(),
                        message: failed.message().unwrap_or_default().to_owned(),
                        transient: !failed.sender_fault(),
                    });
                }
            }
            Ok(())
        })
    }
}

fn note(message: aws_sdk_sqs::types::Message) -> Option<Note> {
    let receipt = message.receipt_handle?;
    Some(match event::meaning(message.body.as_deref().unwrap_or_default()) {
        Meaning::Events(objects) => Note { receipt, objects, other: false },
        Meaning::Foreign => Note { receipt, objects: Vec::new(), other: true },
    })
}
