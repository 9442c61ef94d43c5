//! From what went wrong in a worker to a code, and to whether trying again can help.

use std::path::Path;

use spillway_media::{
    process::WorkerFailure,
    types::{MediaCode, MediaError},
};

use super::{Code, Failure};

/// A failed try of a step.
#[derive(Debug, Clone)]
pub(crate) struct Trouble {
    /// Why.
    pub(crate) failure: Box<Failure>,
    /// May it pass by itself?
    pub(crate) passing: bool,
}

impl Trouble {
    /// Trying again cannot help.
    pub(crate) fn lasting(failure: Failure) -> Self {
        Self { failure: Box::new(failure), passing: false }
    }

    /// Trying again may help.
    pub(crate) fn passing(failure: Failure) -> Self {
        Self { failure: Box::new(failure), passing: true }
    }
}

impl Code {
    /// Whether finished parts stay on disk when a job ends with this code: they are worth keeping
    /// only where a retry can use them.
    pub(crate) fn keeps_work(self) -> bool {
        match self {
            Self::SourceForbidden
            | Self::SourceMissing
            | Self::DiskFull
            | Self::DestinationForbidden
            | Self::OutputExists
            | Self::NameImpossible
            | Self::WorkerCrashed
            | Self::WorkerHung
            | Self::Io
            | Self::CloudUnreachable
            | Self::CloudCredentials
            | Self::CloudNotSetUp
            | Self::CloudFault
            | Self::OverBudget
            | Self::Internal => true,
            Self::SourceChanged
            | Self::SourceEmpty
            | Self::SourceIncomplete
            | Self::NotMedia
            | Self::Damaged
            | Self::Unsupported
            | Self::Encrypted
            | Self::NoVideo
            | Self::NoAudio
            | Self::ZeroFrames
            | Self::SizeChanged
            | Self::TooLarge
            | Self::Playlist
            | Self::NotAccepted
            | Self::UndeclaredLoss
            | Self::VerificationFailed
            | Self::CloudRefused
            | Self::EncoderRefused => false,
        }
    }
}

fn code_of(code: MediaCode) -> Code {
    match code {
        MediaCode::NotFound => Code::SourceMissing,
        MediaCode::Empty => Code::SourceEmpty,
        MediaCode::Permission => Code::SourceForbidden,
        MediaCode::NotMedia => Code::NotMedia,
        MediaCode::Playlist => Code::Playlist,
        MediaCode::Truncated => Code::SourceIncomplete,
        MediaCode::Encrypted => Code::Encrypted,
        MediaCode::NoVideo => Code::NoVideo,
        MediaCode::NoAudio => Code::NoAudio,
        MediaCode::Unsupported => Code::Unsupported,
        MediaCode::ZeroFrames => Code::ZeroFrames,
        MediaCode::TooLarge => Code::TooLarge,
        MediaCode::SizeChanged => Code::SizeChanged,
        MediaCode::FrameMismatch | MediaCode::Damaged => Code::Damaged,
        MediaCode::SourceChanged => Code::SourceChanged,
        MediaCode::Refused => Code::EncoderRefused,
        MediaCode::PartCorrupt | MediaCode::Io => Code::Io,
        MediaCode::DiskFull => Code::DiskFull,
        MediaCode::Unstitchable | MediaCode::Cancelled | MediaCode::Internal => Code::Internal,
    }
}

/// A failed task.
pub(crate) fn of_media(error: &MediaError, source: &Path) -> Trouble {
    let mut why = error.message.clone();
    if let Some(at) = error.at_ms {
        why = format!("{why} (at {})", clock_text(at));
    }
    let failure =
        Failure::new(code_of(error.code), source, why).detail(format_args!("worker: {:?}", error.code));
    match error.code {
        MediaCode::Io | MediaCode::PartCorrupt | MediaCode::Internal => Trouble::passing(failure),
        _ => Trouble::lasting(failure),
    }
}

/// A worker that gave no result. A cancelled task is no failure and is not meant to come here.
pub(crate) fn of_worker(failure: &WorkerFailure, source: &Path) -> Trouble {
    match failure {
        WorkerFailure::Task(error) => of_media(error, source),
        WorkerFailure::Crashed { how, stderr } => Trouble::passing(
            Failure::new(Code::WorkerCrashed, source, format!("The worker process ended early ({how})."))
                .detail(stderr.trim_end()),
        ),
        WorkerFailure::Hung { seconds, stderr } => Trouble::passing(
            Failure::new(
                Code::WorkerHung,
                source,
                format!("The worker process gave no sign of life for {seconds} s and was ended."),
            )
            .detail(stderr.trim_end()),
        ),
        WorkerFailure::Spawn(error) => Trouble::passing(Failure::new(
            Code::Internal,
            source,
            format!("The worker process could not be started: {error}."),
        )),
    }
}

/// `hh:mm:ss.mmm`.
fn clock_text(ms: i64) -> String {
    let ms = ms.max(0);
    format!("{:02}:{:02}:{:02}.{:03}", ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60, ms % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crashes_hangs_and_io_pass_and_the_rest_lasts() {
        let source = Path::new("/in/A001.mov");
        let crash = WorkerFailure::Crashed { how: "signal 11".into(), stderr: "oops\n".into() };
        assert!(of_worker(&crash, source).passing);
        assert!(of_worker(&WorkerFailure::Hung { seconds: 60, stderr: String::new() }, source).passing);
        for code in [MediaCode::Io, MediaCode::PartCorrupt, MediaCode::Internal] {
            assert!(of_media(&MediaError::new(code, "x"), source).passing, "{code:?}");
        }
        for code in [MediaCode::Damaged, MediaCode::Unsupported, MediaCode::DiskFull, MediaCode::Refused] {
            assert!(!of_media(&MediaError::new(code, "x"), source).passing, "{code:?}");
        }
    }

    #[test]
    fn the_place_is_named_where_it_is_known() {
        let error =
            MediaError { code: MediaCode::Damaged, message: "It breaks off".into(), at_ms: Some(3_723_004) };
        let trouble = of_media(&error, Path::new("/in/A001.mov"));
        assert_eq!(trouble.failure.why, "It breaks off (at 01:02:03.004)");
    }
}
