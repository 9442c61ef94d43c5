//! The only place that prints. Results go to stdout, everything else to stderr.

use std::{
    cell::RefCell,
    io::{self, IsTerminal, Write},
};

use console::Style;
use indicatif::{MultiProgress, ProgressDrawTarget};
use serde::Serialize;

use crate::args::{ColorChoice, Common};

/// How often live lines are drawn at most, per second.
const DRAWS_PER_SECOND: u8 = 8;

/// Where a command's words go.
#[derive(Debug)]
pub(crate) struct Out {
    json: bool,
    live: Live,
    stdout_paint: Paint,
    stderr_paint: Paint,
    lines: MultiProgress,
    /// The first failure to write a result; later results are dropped.
    lost: RefCell<Option<io::Error>>,
}

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Live {
    /// Lines that are drawn again and again.
    Drawn,
    /// One line for each change.
    Plain,
    /// Not at all: a terminal shows the JSON.
    Hidden,
}

impl Out {
    /// Looks at the terminal, at `NO_COLOR`, `TERM`, and at what was asked for.
    pub(crate) fn new(common: &Common, variable: &dyn Fn(&str) -> Option<std::ffi::OsString>) -> Self {
        let plain = variable("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = variable("TERM").is_some_and(|term| term == "dumb");
        let (stdout, stderr) = (io::stdout().is_terminal(), io::stderr().is_terminal());
        let paint = |terminal| Paint {
            on: match common.color {
                ColorChoice::Auto => terminal && !plain && !dumb,
                ColorChoice::Always => true,
                ColorChoice::Never => false,
            },
        };
        let live = match () {
            () if common.json && stdout => Live::Hidden,
            () if stderr && !dumb => Live::Drawn,
            () => Live::Plain,
        };
        let target = match live {
            Live::Drawn => ProgressDrawTarget::stderr_with_hz(DRAWS_PER_SECOND),
            Live::Plain | Live::Hidden => ProgressDrawTarget::hidden(),
        };
        Self {
            json: common.json,
            live,
            stdout_paint: paint(stdout),
            stderr_paint: paint(stderr),
            lines: MultiProgress::with_draw_target(target),
            lost: RefCell::new(None),
        }
    }

    /// Whether results are wanted as JSON.
    pub(crate) fn json(&self) -> bool {
        self.json
    }

    /// How progress is shown.
    pub(crate) fn live(&self) -> Live {
        self.live
    }

    /// Colours for [`Out::result`].
    pub(crate) fn paint(&self) -> Paint {
        self.stdout_paint
    }

    /// Colours for [`Out::note`].
    pub(crate) fn note_paint(&self) -> Paint {
        self.stderr_paint
    }

    /// The drawn lines.
    pub(crate) fn lines(&self) -> &MultiProgress {
        &self.lines
    }

    /// A result for people.
    pub(crate) fn result(&self, text: &str) {
        self.write_result(text.trim_end_matches('\n'));
    }

    /// A result for machines: one document over several lines.
    pub(crate) fn document(&self, value: &impl Serialize) {
        self.write_json(serde_json::to_string_pretty(value));
    }

    /// A result for machines: one line of several.
    pub(crate) fn record(&self, value: &impl Serialize) {
        self.write_json(serde_json::to_string(value));
    }

    /// Anything that is not a result.
    pub(crate) fn note(&self, text: &str) {
        self.lines.suspend(|| {
            // When stderr is gone there is nowhere left to say so.
            let _ = writeln!(io::stderr().lock(), "{}", text.trim_end_matches('\n'));
        });
    }

    /// Whether every result was written; a reader that went away early (`| head`) is no fault.
    ///
    /// # Errors
    /// The first failure to write.
    pub(crate) fn finish(self) -> io::Result<()> {
        match self.lost.into_inner() {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
            Some(_) | None => Ok(()),
        }
    }

    fn write_json(&self, text: serde_json::Result<String>) {
        match text {
            Ok(text) => self.write_result(&text),
            Err(error) => self.lose(error.into()),
        }
    }

    fn write_result(&self, text: &str) {
        if self.lost.borrow().is_some() {
            return;
        }
        let written = self.lines.suspend(|| {
            let mut stdout = io::stdout().lock();
            writeln!(stdout, "{text}")?;
            stdout.flush()
        });
        if let Err(error) = written {
            self.lose(error);
        }
    }

    fn lose(&self, error: io::Error) {
        self.lost.borrow_mut().get_or_insert(error);
    }
}

/// Colours, or none. Meaning is never carried by colour alone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint {
    on: bool,
}

impl Paint {
    /// No colours.
    #[cfg(test)]
    pub(crate) const PLAIN: Self = Self { on: false };

    /// What went well.
    pub(crate) fn good(self, text: &str) -> String {
        self.with(&Style::new().green(), text)
    }

    /// What deserves a look.
    pub(crate) fn odd(self, text: &str) -> String {
        self.with(&Style::new().yellow(), text)
    }

    /// What went wrong.
    pub(crate) fn bad(self, text: &str) -> String {
        self.with(&Style::new().red().bold(), text)
    }

    /// Headings.
    pub(crate) fn strong(self, text: &str) -> String {
        self.with(&Style::new().bold(), text)
    }

    /// What may be overlooked.
    pub(crate) fn faint(self, text: &str) -> String {
        self.with(&Style::new().dim(), text)
    }

    fn with(self, style: &Style, text: &str) -> String {
        style.clone().force_styling(self.on).apply_to(text).to_string()
    }
}
