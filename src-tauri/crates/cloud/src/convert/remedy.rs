//! What to do about an error code of a job.

use super::{Remedy, RemoteError};

impl RemoteError {
    /// What to do about it. Source: "MediaConvert error codes" of the user guide.
    pub fn remedy(&self) -> Remedy {
        match self.code {
            // Unexpected, a time limit of the service, trouble while writing to S3; inputs over the network.
            1999 | 1522 | 1517 | 3408 | 3450 | 3451 | 3454 => Remedy::Again,
            // Not found, cannot be probed, cannot be opened, not to be taken apart, ends too early.
            1404 | 1010 | 1056 | 1075 | 1076 => Remedy::SendAgain,
            // S3 refuses; the role cannot be taken on, or may not.
            1401 | 1432 | 1433 | 1434 | 1515 => Remedy::Account,
            // Settings (1040), codecs, tracks, timecodes, clips, containers, protection, watermarks; and what is new.
            _ => Remedy::Local,
        }
    }
}
