//! The engine on a real database and real files, with scripted hands instead of workers.

mod cloud;
mod costs;
mod crash;
mod delivery;
mod failing;
mod flow;
mod follow;
mod hands;
mod ids;
mod outbox;
mod past;
mod population;
mod queue;
mod random;
mod sheet;
mod space;
mod speed;
mod stage;
mod watch;
mod wishes;
