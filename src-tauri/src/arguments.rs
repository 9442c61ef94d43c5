//! What the program is started with: by hand, by a desktop entry, or by a second start.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use clap::Parser;

/// The window of Spillway: drop masters, see what is made of them, trust the result.
#[derive(Debug, Clone, Default, PartialEq, Eq, Parser)]
#[command(name = "spillway-desktop", version, max_term_width = 100)]
pub(crate) struct Arguments {
    /// Masters to begin with
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Folder of the queue, the settings and your own profiles [default: the platform's]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Begin in the tray, without the window
    #[arg(long)]
    pub(crate) hidden: bool,
    /// Say more in the log (-vv: everything)
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

impl Arguments {
    /// What a second start asks for, with its files counted from its own working folder.
    pub(crate) fn of_second(
        argv: impl IntoIterator<Item = impl Into<OsString> + Clone>,
        folder: &Path,
    ) -> Result<Self, clap::Error> {
        let mut arguments = Self::try_parse_from(argv)?;
        for file in &mut arguments.files {
            *file = folder.join(&file);
        }
        Ok(arguments)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_declaration_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn files_of_a_second_start_count_from_its_own_folder() {
        let argv = ["spillway-desktop", "--hidden", "a.mov", "/masters/b.mov"];
        let second = Arguments::of_second(argv, Path::new("/reels")).unwrap();
        assert_eq!(second.files, [PathBuf::from("/reels/a.mov"), PathBuf::from("/masters/b.mov")]);
        assert!(second.hidden);
        assert!(Arguments::of_second(["spillway-desktop", "--nonsense"], Path::new("/")).is_err());
    }
}
