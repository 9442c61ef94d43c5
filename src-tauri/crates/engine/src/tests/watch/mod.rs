//! Watched folders: real files, real rows, time that passes when a test says so.

mod away;
mod chance;
mod hold;
mod identity;
mod many;
mod site;
mod way;
