//! The cloud engine: scripted services where time and faults matter, real test services for the rest.

mod basic;
mod burst;
mod crash;
mod fallback;
mod lost;
mod many;
mod sky;
