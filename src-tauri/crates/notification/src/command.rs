//! A program of the house, without a shell: arguments filled in, the JSON on standard input, an end after its time.
//!
//! Taken is an exit with 0. What it wrote is read to the end and its last lines are kept for people. Programs that
//! it leaves running in the background lose these pipes when it ends, and are ended with it when its time is up.

use std::{
    collections::{BTreeMap, VecDeque},
    io::{self, ErrorKind, Read, Write},
    os::{fd::AsFd, unix::process::CommandExt},
    path::Path,
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    process::{Pid, Signal, kill_process_group},
};

use crate::{
    Message, NotTaken, Taken,
    bounded::{HEARD, cancelled},
    words::saying,
};

/// What stands in braces in arguments.
const NAMES: [&str; 6] = ["topic", "job", "source", "profile", "state", "receipt"];

/// How much of its output is kept, in bytes.
const KEPT: usize = 2 << 10;

/// How many of its last lines are shown.
const LINES: usize = 3;

/// How much of a line is shown, in characters.
const WIDTH: usize = 100;

/// Most that is read at once, in bytes, before the clock is looked at again.
const GULP: usize = 64 << 10;

/// Runs the program.
pub(crate) fn run(
    program: &Path,
    arguments: &[String],
    timeout: Duration,
    message: &Message,
    cancel: &AtomicBool,
) -> Result<Taken, NotTaken> {
    let mut command = Command::new(program);
    command
        .args(arguments.iter().map(|argument| fill(argument, &message.fields)))
        .env("SPILLWAY_TOPIC", &message.topic)
        .env("SPILLWAY_JOB", message.fields.get("job").map_or("", String::as_str))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    let mut child = command
        .spawn()
        .map_err(|error| NotTaken::to_mend(format!("{} cannot be started: {error}", program.display())))?;
    let mut talk = Talk::with(&mut child, message.body.as_bytes());
    let start = Instant::now();
    loop {
        talk.go_on().map_err(|error| NotTaken::later(format!("{}: {error}", program.display())))?;
        match child.try_wait() {
            Ok(Some(status)) => {
                talk.listen();
                return judge(status, &talk);
            }
            Ok(None) => {}
            Err(error) => return Err(NotTaken::later(format!("{}: {error}", program.display()))),
        }
        let late = start.elapsed() >= timeout;
        if late || cancel.load(Ordering::SeqCst) {
            end(child);
            return Err(if late {
                let said = saying(&talk.last_lines());
                NotTaken::later(format!("was ended after {} s{said}", timeout.as_secs_f64()))
            } else {
                cancelled()
            });
        }
    }
}

/// Every `{name}` replaced, once: what is filled in is not looked at again.
fn fill(argument: &str, fields: &BTreeMap<String, String>) -> String {
    let mut filled = String::new();
    let mut rest = argument;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let named = NAMES.iter().find_map(|name| Some((name, after.strip_prefix(name)?.strip_prefix('}')?)));
        if let Some((&name, after)) = named {
            filled.push_str(fields.get(name).map_or("", String::as_str));
            rest = after;
        } else {
            filled.push('{');
            rest = after;
        }
    }
    filled + rest
}

fn judge(status: ExitStatus, talk: &Talk<'_>) -> Result<Taken, NotTaken> {
    let said = saying(&talk.last_lines());
    if status.success() {
        return Ok(Taken { said: format!("ended with 0{said}") });
    }
    // “exit status: 3”, “signal: 9 (SIGKILL)”.
    Err(NotTaken::later(format!("ended with {status}{said}")))
}

/// Ends the program and all that it started. It is not waited for longer than for a moment: one that hangs in the
/// kernel ends when the kernel lets it.
fn end(mut child: Child) {
    // It cannot have been waited for before, so the number is still its own. An error says that all are gone.
    let _ = kill_process_group(Pid::from_child(&child), Signal::KILL);
    if !matches!(child.try_wait(), Ok(Some(_))) {
        // Without a thread it stays as an entry in the system's table until the engine ends.
        let _ = thread::Builder::new().name("command end".to_owned()).spawn(move || child.wait());
    }
}

/// The pipes to and from the program.
struct Talk<'a> {
    to: Option<ChildStdin>,
    left: &'a [u8],
    out: Option<ChildStdout>,
    err: Option<ChildStderr>,
    said: Tail,
    complained: Tail,
}

impl<'a> Talk<'a> {
    fn with(child: &mut Child, body: &'a [u8]) -> Self {
        Self {
            to: child.stdin.take().filter(is_patient),
            left: body,
            out: child.stdout.take().filter(is_patient),
            err: child.stderr.take().filter(is_patient),
            said: Tail::default(),
            complained: Tail::default(),
        }
    }

    /// Waits for a moment until a pipe can go on, and lets it.
    fn go_on(&mut self) -> io::Result<()> {
        let mut pipes = Vec::new();
        pipes.extend(self.to.iter().map(|pipe| PollFd::from_borrowed_fd(pipe.as_fd(), PollFlags::OUT)));
        pipes.extend(self.out.iter().map(|pipe| PollFd::from_borrowed_fd(pipe.as_fd(), PollFlags::IN)));
        pipes.extend(self.err.iter().map(|pipe| PollFd::from_borrowed_fd(pipe.as_fd(), PollFlags::IN)));
        let moment = Timespec::try_from(HEARD).map_err(io::Error::other)?;
        match poll(&mut pipes, Some(&moment)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        self.speak();
        self.listen();
        Ok(())
    }

    fn speak(&mut self) {
        let Some(pipe) = &mut self.to else { return };
        match pipe.write(self.left) {
            Ok(written) => self.left = &self.left[written..],
            Err(error) if can_wait(&error) => return,
            // A program need not read what it is told.
            Err(_) => self.left = &[],
        }
        if self.left.is_empty() {
            self.to = None;
        }
    }

    fn listen(&mut self) {
        self.said.take_from(&mut self.out);
        self.complained.take_from(&mut self.err);
    }

    /// What it complained about, or else what it said.
    fn last_lines(&self) -> String {
        let complaint = self.complained.last_lines();
        if complaint.is_empty() { self.said.last_lines() } else { complaint }
    }
}

/// Whether the pipe does not block; one that would is not used.
fn is_patient(pipe: &impl AsFd) -> bool {
    rustix::io::ioctl_fionbio(pipe, true).is_ok()
}

fn can_wait(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

/// The end of what a program writes.
#[derive(Default)]
struct Tail(VecDeque<u8>);

impl Tail {
    /// Reads what is there, within reason; the pipe is closed at its end.
    fn take_from<R: Read>(&mut self, pipe: &mut Option<R>) {
        let mut buffer = [0; 4 << 10];
        for _ in 0..GULP / buffer.len() {
            let Some(open) = pipe else { return };
            match open.read(&mut buffer) {
                Ok(0) => *pipe = None,
                Ok(read) => {
                    self.0.extend(&buffer[..read]);
                    self.0.drain(..self.0.len().saturating_sub(KEPT));
                }
                Err(error) if can_wait(&error) => return,
                Err(_) => *pipe = None,
            }
        }
    }

    fn last_lines(&self) -> String {
        let bytes: Vec<u8> = self.0.iter().copied().collect();
        let text = String::from_utf8_lossy(&bytes);
        let lines = text.lines().rev().map(str::trim).filter(|line| !line.is_empty()).take(LINES);
        let mut lines: Vec<String> = lines.map(|line| line.chars().take(WIDTH).collect()).collect();
        lines.reverse();
        lines.join(" / ")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::{NAMES, fill};

    #[test]
    fn braces_are_filled_in_once() {
        let fields = BTreeMap::from([
            ("topic".to_owned(), "{job}".to_owned()),
            ("job".to_owned(), "a b; rm -rf /".to_owned()),
            ("other".to_owned(), "x".to_owned()),
        ]);
        assert_eq!(
            fill("{topic}{job}|{{job}}|{state}|{other}|{", &fields),
            "{job}a b; rm -rf /|{a b; rm -rf /}||{other}|{"
        );
    }

    proptest! {
        #[test]
        fn arguments_without_names_stay_as_they_are(argument in any::<String>()) {
            prop_assume!(!NAMES.iter().any(|name| argument.contains(&format!("{{{name}}}"))));
            prop_assert_eq!(fill(&argument, &BTreeMap::new()), argument);
        }
    }
}
