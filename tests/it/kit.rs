//! The binary under test with a data folder of its own, and what it said.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// A fresh installation: data folder, output folder, scratch folder.
pub(crate) struct Spillway {
    folder: TempDir,
}

/// What a command said.
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Spillway {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        for name in ["in", "out"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        Self { folder }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    pub(crate) fn inbox(&self) -> PathBuf {
        self.folder.path().join("in")
    }

    /// The command, with the data folder set and nothing of the caller's environment that matters.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_spillway"));
        command.env("SPILLWAY_DATA_DIR", self.data()).env("NO_COLOR", "1").env_remove("SPILLWAY_FAULT");
        command.stdin(Stdio::null());
        command
    }

    pub(crate) fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Said {
        let output = self.command().args(arguments).output().unwrap();
        Said {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// `deliver FILE -p PROFILE -o OUT --json`.
    pub(crate) fn deliver(&self, source: &Path, profile: &str) -> Said {
        let out = self.out();
        let arguments: [&OsStr; 7] = [
            "deliver".as_ref(),
            source.as_os_str(),
            "-p".as_ref(),
            profile.as_ref(),
            "-o".as_ref(),
            out.as_os_str(),
            "--json".as_ref(),
        ];
        self.run(arguments)
    }

    /// As [`Self::command`] with `deliver`, started and left running.
    pub(crate) fn start(&self, source: &Path, profile: &str) -> Running {
        let mut command = self.command();
        command.arg("deliver").arg(source).args(["-p", profile, "-o"]).arg(self.out()).arg("--json");
        Running::start(command.stdout(Stdio::piped()).stderr(Stdio::piped()))
    }

    /// Every file below the output folder, hidden ones too, relative.
    pub(crate) fn delivered(&self) -> Vec<String> {
        files_below(&self.out())
    }

    /// Files that should not be there when nothing runs: temporary ones at the destination, and work data.
    pub(crate) fn leftovers(&self) -> Vec<String> {
        let hidden = |name: &String| name.split('/').any(|part| part.starts_with('.'));
        let mut left: Vec<String> = self.delivered().into_iter().filter(hidden).collect();
        left.extend(files_below(&self.data().join("work")));
        left
    }
}

/// A running command; it ends with the test, however that ends.
pub(crate) struct Running(Option<Child>);

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        Self(Some(command.spawn().unwrap()))
    }

    fn child(&mut self) -> &mut Child {
        self.0.as_mut().unwrap()
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.as_ref().unwrap().id()
    }

    pub(crate) fn ended(&mut self) -> bool {
        self.child().try_wait().unwrap().is_some()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_raw(i32::try_from(self.id()).unwrap()).unwrap(), signal).unwrap();
    }

    /// Ends it at once, if it has not ended by itself.
    pub(crate) fn kill(&mut self) {
        let _already_ended = self.child().kill();
        self.child().wait().unwrap();
    }

    /// Waits for the end and gives what it said.
    pub(crate) fn output(mut self) -> Said {
        let output = self.0.take().unwrap().wait_with_output().unwrap();
        Said {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            let _already_ended = child.kill();
            let _reaped = child.wait();
        }
    }
}

impl Said {
    /// Lines of standard output as JSON.
    pub(crate) fn json_lines(&self) -> Vec<Value> {
        self.stdout.lines().map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}"))).collect()
    }

    /// The `{"type":"job"}` lines.
    pub(crate) fn jobs(&self) -> Vec<Value> {
        self.json_lines().into_iter().filter(|v| v["type"] == "job").collect()
    }

    /// The only job, which must be delivered.
    #[track_caller]
    pub(crate) fn delivered(&self) -> Value {
        let jobs = self.jobs();
        assert_eq!(jobs.len(), 1, "{}\n{}", self.stdout, self.stderr);
        assert_eq!(jobs[0]["state"], "delivered", "{:#}\n{}", jobs[0], self.stderr);
        assert_eq!(self.code, Some(0));
        jobs[0].clone()
    }

    /// The code of the only job's error; the exit status must be 1.
    #[track_caller]
    pub(crate) fn error(&self) -> String {
        let jobs = self.jobs();
        assert_eq!(jobs.len(), 1, "{}\n{}", self.stdout, self.stderr);
        assert_eq!(self.code, Some(1), "{}\n{}", self.stdout, self.stderr);
        assert_eq!(jobs[0]["state"], "failed", "{:#}", jobs[0]);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        jobs[0]["error"]["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// Path of an output of a delivered job.
pub(crate) fn output(job: &Value, n: usize) -> PathBuf {
    PathBuf::from(job["outputs"][n]["path"].as_str().unwrap_or_else(|| panic!("{job:#}")))
}

pub(crate) fn files_below(folder: &Path) -> Vec<String> {
    fn walk(root: &Path, folder: &Path, found: &mut Vec<String>) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, found);
            } else {
                found.push(path.strip_prefix(root).unwrap().to_string_lossy().into_owned());
            }
        }
    }
    let mut found = Vec::new();
    walk(folder, folder, &mut found);
    found.sort();
    found
}
