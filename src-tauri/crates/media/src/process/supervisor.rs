//! The engine's side: start a worker, listen, cancel, kill, and turn the end into a value.

use std::{
    ffi::OsString,
    io::{BufRead, BufReader, Read, Write},
    os::unix::process::{CommandExt, ExitStatusExt},
    path::PathBuf,
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use crate::{
    task::{Limits, Outcome, Progress, Reply, Request, Task},
    types::{MediaCode, MediaError},
};

/// How often cancellation and silence are looked at.
const TICK: Duration = Duration::from_millis(50);
/// How long a worker may take to obey.
const OBEY: Duration = Duration::from_secs(5);
/// Bytes of standard error that are kept.
const STDERR_KEPT: usize = 16 * 1024;

/// Starts worker processes and turns whatever becomes of them into a value.
#[derive(Debug, Clone)]
pub struct Supervisor {
    /// Program to start; in the product the running binary itself.
    pub program: PathBuf,
    /// Arguments that make it a worker, e.g. `["worker"]`.
    pub arguments: Vec<OsString>,
    /// A worker that reports nothing for this long is hung and gets killed.
    pub silence: Duration,
}

/// Why a worker gave no result.
#[derive(Debug, thiserror::Error)]
pub enum WorkerFailure {
    /// The task itself failed; the process is fine.
    #[error(transparent)]
    Task(#[from] MediaError),
    /// The process died: signal or exit code, and the end of what it wrote to standard error.
    #[error("the worker stopped ({how})")]
    Crashed {
        /// E.g. `signal 11` or `exit status 3`.
        how: String,
        /// Last lines of standard error.
        stderr: String,
    },
    /// No sign of life for the allowed time; killed.
    #[error("the worker gave no sign of life for {seconds} s and was ended")]
    Hung {
        /// Seconds of silence.
        seconds: u64,
        /// Last lines of standard error.
        stderr: String,
    },
    /// It could not be started or talked to.
    #[error("the worker could not be started: {0}")]
    Spawn(#[from] std::io::Error),
}

impl Supervisor {
    /// Runs one task in a fresh process and waits for its end. `progress` is called on this thread;
    /// when `cancel` becomes true the worker is asked to stop, and killed if it does not within 5 s.
    ///
    /// # Errors
    /// [`WorkerFailure`]; a cancelled task is `Task` with code `Cancelled`.
    pub fn run(
        &self,
        task: Task,
        limits: Limits,
        cancel: &AtomicBool,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Outcome, WorkerFailure> {
        let mut running = Running::start(self)?;
        // A worker that dies before reading is found by its exit; the broken pipe adds nothing.
        let _sent = running.send(&Request::Run { task: Box::new(task), limits });
        let end = running.listen(self.silence, cancel, progress);
        running.conclude(end, self.silence)
    }
}

/// How listening ended.
enum End {
    Answer(Box<Result<Outcome, MediaError>>),
    Closed,
    Silent,
    Cancelled,
}

struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    replies: Receiver<Reply>,
    stderr: Option<JoinHandle<String>>,
}

impl Running {
    fn start(supervisor: &Supervisor) -> Result<Self, WorkerFailure> {
        let mut child = Command::new(&supervisor.program)
            .args(&supervisor.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Its own group: an interrupt from the terminal is for the engine, which then decides.
            .process_group(0)
            .spawn()?;
        let missing = || std::io::Error::other("a pipe of the worker is missing");
        let stdin = child.stdin.take();
        let stdout = child.stdout.take().ok_or_else(missing)?;
        let stderr = child.stderr.take().ok_or_else(missing)?;
        let (sender, replies) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                // A line that is no reply is noise from a library; the answer or the exit decides.
                if let Ok(reply) = serde_json::from_str(&line)
                    && sender.send(reply).is_err()
                {
                    break;
                }
            }
        });
        let stderr = std::thread::spawn(move || tail_of(stderr));
        Ok(Self { child, stdin, replies, stderr: Some(stderr) })
    }

    fn send(&mut self, request: &Request) -> std::io::Result<()> {
        let Some(stdin) = self.stdin.as_mut() else { return Ok(()) };
        serde_json::to_writer(&mut *stdin, request)?;
        stdin.write_all(b"\n")?;
        stdin.flush()
    }

    fn listen(&mut self, silence: Duration, cancel: &AtomicBool, progress: &mut dyn FnMut(Progress)) -> End {
        let mut heard = Instant::now();
        let mut asked: Option<Instant> = None;
        loop {
            match self.replies.recv_timeout(TICK) {
                Ok(Reply::Progress(p)) => {
                    heard = Instant::now();
                    progress(p);
                }
                Ok(Reply::Done { outcome }) => return End::Answer(Box::new(Ok(*outcome))),
                Ok(Reply::Failed { error }) => return End::Answer(Box::new(Err(error))),
                Err(RecvTimeoutError::Disconnected) if asked.is_some() => return End::Cancelled,
                Err(RecvTimeoutError::Disconnected) => return End::Closed,
                Err(RecvTimeoutError::Timeout) => {}
            }
            if asked.is_none() && cancel.load(Ordering::Relaxed) {
                asked = Some(Instant::now());
                let _sent = self.send(&Request::Cancel);
            }
            if asked.is_some_and(|at| at.elapsed() > OBEY) {
                return End::Cancelled;
            }
            if heard.elapsed() > silence {
                return End::Silent;
            }
        }
    }

    fn conclude(mut self, end: End, silence: Duration) -> Result<Outcome, WorkerFailure> {
        self.stdin = None;
        match end {
            End::Answer(answer) => {
                // The answer counts; how the process leaves afterwards does not.
                let _left = self.leave(OBEY);
                answer.map_err(WorkerFailure::Task)
            }
            End::Closed => {
                let status = self.leave(OBEY)?;
                Err(WorkerFailure::Crashed { how: words(status), stderr: self.stderr() })
            }
            End::Silent => {
                self.kill()?;
                Err(WorkerFailure::Hung { seconds: silence.as_secs(), stderr: self.stderr() })
            }
            End::Cancelled => {
                self.kill()?;
                Err(WorkerFailure::Task(MediaError::new(MediaCode::Cancelled, "stopped")))
            }
        }
    }

    /// Waits for the exit, and enforces it after `patience`.
    fn leave(&mut self, patience: Duration) -> std::io::Result<ExitStatus> {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if start.elapsed() > patience {
                return self.kill();
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn kill(&mut self) -> std::io::Result<ExitStatus> {
        self.child.kill()?;
        self.child.wait()
    }

    fn stderr(&mut self) -> String {
        self.stderr.take().and_then(|thread| thread.join().ok()).unwrap_or_default()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Only reached with a live child when a panic unwinds; nothing more can be done about errors.
        if matches!(self.child.try_wait(), Ok(None)) {
            let _killed = self.kill();
        }
    }
}

fn words(status: ExitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(signal), _) => format!("signal {signal}"),
        (None, Some(code)) => format!("exit status {code}"),
        (None, None) => "unknown end".into(),
    }
}

fn tail_of(mut stream: impl Read) -> String {
    let mut kept = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        kept.extend_from_slice(&buffer[..count]);
        if kept.len() > 2 * STDERR_KEPT {
            kept.drain(..kept.len() - STDERR_KEPT);
        }
    }
    let start = kept.len().saturating_sub(STDERR_KEPT);
    String::from_utf8_lossy(&kept[start..]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn supervisor(script: &str, silence_ms: u64) -> Supervisor {
        Supervisor {
            program: "/bin/sh".into(),
            arguments: vec!["-c".into(), script.into()],
            silence: Duration::from_millis(silence_ms),
        }
    }

    fn run(script: &str, silence_ms: u64, cancel: bool) -> Result<Outcome, WorkerFailure> {
        let limits = Limits { memory_bytes: 0, file_bytes: 0, nice: 0, writable: vec![], readable: vec![] };
        let cancel = AtomicBool::new(cancel);
        supervisor(script, silence_ms).run(Task::Doctor {}, limits, &cancel, &mut |_| {})
    }

    const ANSWER: &str = r#"echo '{"type":"done","outcome":{"done":"doctor","versions":[],"encoders":[]}}'"#;

    #[test]
    fn an_answer_counts_even_before_a_bad_exit() {
        let answer = run(&format!("read x; {ANSWER}; exit 7"), 60_000, false);
        assert!(matches!(answer, Ok(Outcome::Doctor { .. })), "{answer:?}");
    }

    #[test]
    fn noise_on_standard_output_is_ignored() {
        assert!(run(&format!("read x; echo noise; {ANSWER}"), 60_000, false).is_ok());
    }

    #[test]
    fn a_crash_tells_signal_and_last_words() {
        let Err(WorkerFailure::Crashed { how, stderr }) =
            run("read x; echo last words >&2; kill -SEGV $$", 60_000, false)
        else {
            panic!("no crash");
        };
        assert_eq!(how, "signal 11");
        assert!(stderr.contains("last words"));
    }

    #[test]
    fn a_flood_on_standard_error_is_cut_and_does_not_block() {
        let Err(WorkerFailure::Crashed { how, stderr }) =
            run("read x; yes flood | head -c 1000000 >&2; exit 3", 60_000, false)
        else {
            panic!("no crash");
        };
        assert_eq!(how, "exit status 3");
        assert_eq!(stderr.len(), STDERR_KEPT);
    }

    #[test]
    fn silence_is_a_hang() {
        assert!(matches!(run("read x; exec sleep 600", 200, false), Err(WorkerFailure::Hung { .. })));
    }

    #[test]
    fn a_cancelled_worker_that_obeys_is_cancelled_not_crashed() {
        let obeys = run("read x; read y; exit 0", 60_000, true);
        assert!(matches!(obeys, Err(WorkerFailure::Task(e)) if e.code == MediaCode::Cancelled));
    }

    #[test]
    fn a_program_that_is_not_there_cannot_be_started() {
        let missing =
            Supervisor { program: "/nonexistent/spillway".into(), arguments: vec![], silence: TICK };
        let limits = Limits { memory_bytes: 0, file_bytes: 0, nice: 0, writable: vec![], readable: vec![] };
        let result = missing.run(Task::Doctor {}, limits, &AtomicBool::new(false), &mut |_| {});
        assert!(matches!(result, Err(WorkerFailure::Spawn(_))));
    }
}
