//! The desktop shell: a window, a tray icon and notifications over the engine. It decides nothing that the
//! engine could decide.

mod arguments;
mod awake;
mod bindings;
mod closing;
mod commands;
mod dialogs;
mod drops;
mod error;
pub mod feed;
mod folders;
mod message;
mod notices;
mod place;
mod preview;
mod seat;
mod sheets;
mod shell;
mod signals;
mod startup;
mod surroundings;
mod things;
mod tray;
mod window;
mod words;
mod work;

pub use message::{Message, Sheet, SheetFile, StepProgress};
pub use seat::Seat;
pub use startup::run;
