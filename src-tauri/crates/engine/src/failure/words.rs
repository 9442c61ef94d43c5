//! The standing words of every code: what did not happen, the next step, a second way.

use super::Code;

/// See [`of`].
pub(super) struct Words {
    /// Follows the file's name.
    pub(super) what: &'static str,
    /// `{id}` stands for the job.
    pub(super) next: &'static str,
    /// May be empty.
    pub(super) otherwise: &'static str,
    /// Does waiting help?
    pub(super) waiting_helps: bool,
}

const fn words(what: &'static str, next: &'static str, otherwise: &'static str) -> Words {
    Words { what, next, otherwise, waiting_helps: false }
}

/// The words of a code.
#[allow(clippy::too_many_lines, reason = "a table; splitting it would only hide rows")]
pub(super) fn of(code: Code) -> Words {
    match code {
        Code::SourceMissing => words(
            "was not delivered: the file is not there.",
            "Put the file back under this path, then `spillway retry {id}`.",
            "Deliver it again from where it is now.",
        ),
        Code::SourceForbidden => words(
            "was not delivered: the file may not be read.",
            "Give your user read access to the file, then `spillway retry {id}`.",
            "Copy it to a folder you may read and deliver the copy.",
        ),
        Code::SourceChanged => words(
            "was not delivered: the file changed while it was worked on.",
            "When nothing writes to it any more, `spillway retry {id}` starts with the new version.",
            "Deliver a copy that nobody changes.",
        ),
        Code::SourceEmpty => words(
            "was not delivered: the file is empty.",
            "Copy it again from where it came from, then `spillway retry {id}`.",
            "Ask the sender for its size; it is 0 bytes here.",
        ),
        Code::SourceIncomplete => words(
            "was not delivered: the file is incomplete.",
            "Copy it again completely, then `spillway retry {id}`.",
            "Compare its size with the sender's: this is usually a copy that stopped.",
        ),
        Code::NotMedia => words(
            "was not delivered: it is not a movie that Spillway knows.",
            "Check that it is the right file.",
            "`spillway probe` shows what Spillway sees in a file.",
        ),
        Code::Damaged => words(
            "was not delivered: it is damaged beyond what can be concealed.",
            "Get an undamaged copy, then `spillway retry {id}`.",
            "`spillway probe` shows where the damage starts.",
        ),
        Code::Unsupported => words(
            "was not delivered: this build cannot decode or encode what it needs.",
            "Deliver a version in a common format (for example ProRes, DNxHD, H.264).",
            "`spillway doctor` lists what this build can do.",
        ),
        Code::Encrypted => words(
            "was not delivered: it is encrypted.",
            "Get an unencrypted copy; Spillway has no key, and trying again cannot help.",
            "",
        ),
        Code::NoVideo => words(
            "was not delivered: it has no picture.",
            "Deliver the file that holds the picture.",
            "`spillway probe` lists the streams of a file.",
        ),
        Code::NoAudio => words(
            "was not delivered: it has no sound that can be decoded, and the profile needs some.",
            "Deliver a file with sound.",
            "Use a profile that accepts silent sources.",
        ),
        Code::ZeroFrames => words(
            "was not delivered: not one frame of its picture can be decoded.",
            "Get another copy of the file.",
            "",
        ),
        Code::SizeChanged => words(
            "was not delivered: its picture changes size midway.",
            "Export it again with one picture size.",
            "",
        ),
        Code::TooLarge => words(
            "was not delivered: it is larger than Spillway allows.",
            "Export it with a smaller picture or fewer streams.",
            "",
        ),
        Code::Playlist => words(
            "was not opened: it is a list that points to other files, not a movie.",
            "Deliver the movie itself.",
            "",
        ),
        Code::NotAccepted => words(
            "was not accepted: the profile refuses it.",
            "Mend the source as the findings say, then deliver it again.",
            "Use a profile with other conditions.",
        ),
        Code::UndeclaredLoss => words(
            "was not accepted: something would be lost that the profile does not allow to be lost.",
            "Add the loss to `may_lose` in the profile if it is meant, then deliver again.",
            "Use a profile that carries it.",
        ),
        Code::DiskFull => Words {
            waiting_helps: true,
            ..words(
                "waits: there is not enough free space.",
                "Free some space: it goes on by itself, or with `spillway run`; finished work is kept.",
                "Use another work or output folder.",
            )
        },
        Code::DestinationForbidden => words(
            "was not delivered: the output folder may not be written.",
            "Give your user write access to the folder, then `spillway retry {id}`.",
            "Deliver to another folder with `-o`.",
        ),
        Code::OutputExists => words(
            "was not delivered: the name of an output is taken.",
            "Move or rename what is there (it was not touched), then `spillway retry {id}`.",
            "Deliver to another folder with `-o`, or set `exists = \"version\"` in the profile.",
        ),
        Code::NameImpossible => words(
            "was not delivered: no allowed file name can be made for it.",
            "Rename the source and deliver it again.",
            "Change the naming template of the profile.",
        ),
        Code::VerificationFailed => words(
            "was not delivered: a finished output does not obey the profile.",
            "`spillway job {id}` shows what was expected and what was measured.",
            "If the rule is meant as a warning, change its severity in the profile and deliver again.",
        ),
        Code::WorkerCrashed => words(
            "was not delivered: a worker process kept ending early.",
            "`spillway retry {id}` tries again and keeps what is finished.",
            "Export the source to another format and deliver that.",
        ),
        Code::WorkerHung => words(
            "was not delivered: a worker process kept falling silent.",
            "`spillway retry {id}` tries again and keeps what is finished.",
            "If the source is on a network drive, copy it to a local disk first.",
        ),
        Code::EncoderRefused => words(
            "was not delivered: the encoder refuses the settings.",
            "Check the profile with `spillway profile check`.",
            "",
        ),
        Code::CloudUnreachable => Words {
            waiting_helps: true,
            ..words(
                "was not delivered: the cloud cannot be reached.",
                "Check the network, then `spillway retry {id}`; what came back is kept.",
                "Deliver it with `--engine local`.",
            )
        },
        Code::CloudCredentials => words(
            "was not delivered: there are no AWS credentials that are accepted.",
            "Sign in (for example `aws sso login`), then `spillway retry {id}`.",
            "Deliver it with `--engine local`.",
        ),
        Code::CloudNotSetUp => words(
            "was not delivered: the cloud is not set up for it, or does not allow it.",
            "`spillway doctor` shows what is missing; then `spillway retry {id}`.",
            "Deliver it with `--engine local`.",
        ),
        Code::CloudRefused => words(
            "was not delivered: MediaConvert cannot make it as the profile asks.",
            "Deliver it with `--engine local`.",
            "Check the profile with `spillway profile check`.",
        ),
        Code::CloudFault => Words {
            waiting_helps: true,
            ..words(
                "was not delivered: the cloud did not do its work.",
                "`spillway retry {id}` tries again; what came back is kept.",
                "Deliver it with `--engine local`.",
            )
        },
        Code::OverBudget => words(
            "was not delivered: it would cost more than is allowed.",
            "Raise the budget, then `spillway retry {id}`.",
            "Deliver it with `--engine local`.",
        ),
        Code::Io => Words {
            waiting_helps: true,
            ..words(
                "was not delivered: a file could not be read or written.",
                "Check the drives, then `spillway retry {id}`; finished work is kept.",
                "",
            )
        },
        Code::Internal => words(
            "was not delivered: a fault of Spillway's own.",
            "`spillway retry {id}` tries again; report the details if it happens twice.",
            "",
        ),
    }
}
