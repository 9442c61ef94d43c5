//! The two programs of the window, as they are built.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
};

use spillway_media::task::{Limits, Reply, Request, Task};

#[test]
fn the_worker_answers_where_the_window_looks_for_it() {
    let (window, worker) = (env!("CARGO_BIN_EXE_spillway-desktop"), env!("CARGO_BIN_EXE_spillway-worker"));
    assert_eq!(Path::new(window).parent(), Path::new(worker).parent());
    let mut process = Command::new(worker)
        .arg("worker")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let limits = Limits { memory_bytes: 0, file_bytes: 0, nice: 0, writable: vec![], readable: vec![] };
    let request = Request::Run { task: Box::new(Task::Doctor {}), limits };
    // Kept open: its end means that nobody waits for an answer any more.
    let mut asked = process.stdin.take().unwrap();
    writeln!(asked, "{}", serde_json::to_string(&request).unwrap()).unwrap();
    let answer = BufReader::new(process.stdout.take().unwrap()).lines().last().unwrap().unwrap();
    assert!(matches!(serde_json::from_str(&answer), Ok(Reply::Done { .. })), "{answer}");
    assert!(process.wait().unwrap().success());
}

/// The media libraries bring some eighty others along, and a tenth of a second at every start.
#[test]
#[cfg(target_os = "linux")]
fn the_window_loads_no_media_libraries() {
    // Told so, the loader lists what it would load instead of starting the program.
    let program = env!("CARGO_BIN_EXE_spillway-desktop");
    let listed = Command::new(program).env("LD_TRACE_LOADED_OBJECTS", "1").output().unwrap().stdout;
    let listed = String::from_utf8(listed).unwrap();
    assert!(listed.contains("libwebkit2gtk-4.1.so"), "{listed}");
    for library in ["libavcodec.so", "libavformat.so", "libavfilter.so", "libswscale.so"] {
        assert!(!listed.contains(library), "{library}");
    }
}
