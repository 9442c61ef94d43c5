//! The profile: one contract per partner, read by three readers.
//!
//! *Preflight* asks whether a source is acceptable ([`Accept`]), the *engines* ask what to make
//! ([`Output`]), and *conformance* asks whether what was made obeys ([`Rule`]). This crate holds the
//! types, the parser, the checks on a profile itself, and file naming. It does no I/O.

mod accept;
mod delivery;
mod error;
mod mediaconvert;
pub mod naming;
mod output;
mod parse;
mod rule;
mod schema;
mod shape;
mod shipped;
mod summary;
mod types;
mod validate;

pub use accept::{Accept, Need, Verdict};
pub use delivery::{Delivery, Exists, Retry};
pub use error::{Path, Problem, ProfileError, ProfileErrors, Step, propose};
pub use mediaconvert::{MediaConvert, QualityTuning};
pub use output::{
    Audio, AudioCodec, AudioFit, Channels, Color, Container, EditList, FrameRate, FrameRateMode, Gop, Hls,
    Loudness, Output, PassThrough, PixelAspect, RateControl, Rotation, Rung, Scan, SelectAudio, Size,
    Timecode, Video, VideoCodec,
};
pub use rule::{Check, Rule, Severity};
pub use schema::{json_schema, json_schema_text};
pub use shipped::{Shipped, UnknownProfile, find, shipped};
pub use summary::{Section, describe};
pub use types::{Budget, Citation, EnginePolicy, Loss, Profile};
pub use validate::problems;
