//! The engine on a real database and real files, with scripted hands instead of workers.

mod crash;
mod delivery;
mod failing;
mod flow;
mod hands;
mod random;
mod stage;
mod wishes;
