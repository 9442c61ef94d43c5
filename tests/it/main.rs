//! End-to-end tests: they drive the real binary, in a data folder of their own.
#![allow(clippy::unwrap_used, reason = "all of this is test code, where a panic is the way to say no")]
#![allow(
    clippy::case_sensitive_file_extension_comparisons,
    reason = "the names are Spillway's own and of known case"
)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "figures, for whoever runs a test by hand")]

mod bad_input;
mod bucket;
mod clips;
mod cloud;
mod command_line;
mod crash;
mod deliveries;
mod kit;
mod media;
mod notify;
mod service;
mod sync;
mod watch;
mod wishes;
