//! End-to-end tests: they drive the real binary, in a data folder of their own.

mod bad_input;
mod clips;
mod command_line;
mod crash;
mod deliveries;
mod kit;
mod media;
mod sync;
mod wishes;
