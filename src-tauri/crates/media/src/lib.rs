//! Media work on FFmpeg's libraries: probe, index, encode, stitch, package, measure; and the worker
//! process that does it at arm's length. Knows no jobs and no database.

mod audio;
mod boxes;
pub mod coding;
mod complete;
mod cut;
pub mod facts;
#[allow(unsafe_code, reason = "FFmpeg is a C library; this module is its only caller")]
mod ff;
pub mod index;
pub mod language;
mod measure;
pub mod measured;
mod meter;
mod nal;
mod open;
mod package;
mod part;
mod picture;
mod probe;
pub mod process;
mod receive;
mod sample;
mod scan;
pub mod schedule;
mod segment;
mod stitch;
pub mod task;
pub mod types;
