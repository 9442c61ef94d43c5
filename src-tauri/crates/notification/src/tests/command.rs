use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use super::{LIMITS, message, refusal, send};
use crate::{Again, MENDING, Message, Target, Trust, send_trusting};

fn shell(script: &str, arguments: &[&str]) -> Target {
    let arguments = ["-c", script, "hook"].iter().chain(arguments).map(|&word| word.to_owned()).collect();
    Target::Command { program: "sh".into(), arguments, timeout: LIMITS.total }
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < LIMITS.total, "{what}");
        std::thread::yield_now();
    }
}

#[test]
fn a_program_gets_arguments_environment_and_json_without_a_shell() {
    let folder = tempfile::tempdir().unwrap();
    let folder_name = folder.path().to_str().unwrap();
    let script = r#"cd "$1" && shift && printf '%s\n' "$@" "$SPILLWAY_TOPIC" "$SPILLWAY_JOB" > words && cat > body
        test -n "$PATH" && echo "all done""#;
    let taken = send(&shell(script, &[folder_name, "{source}", "--state={state}", "{{job}} {x}"]));
    assert_eq!(taken.expect("it ended with 0").said, "ended with 0, and said: all done");
    assert_eq!(
        fs::read_to_string(folder.path().join("words")).unwrap(),
        "/in/a $(touch x) \"b\".mov\n--state=\n{4711} {x}\njob.delivered\n4711\n"
    );
    assert_eq!(fs::read_to_string(folder.path().join("body")).unwrap(), message().body);
    assert!(!Path::new("x").exists());
}

#[test]
fn a_failure_shows_the_last_lines_of_what_it_complained_about() {
    let trouble = refusal(&shell(
        r"echo progress; for n in 1 2 3 4 5; do echo line $n >&2; done; printf '\033[31m%s\n' end >&2; exit 3",
        &[],
    ));
    assert_eq!(trouble.why, "ended with exit status: 3, and said: line 4 / line 5 / \u{fffd}[31mend");
    assert_eq!(trouble.again, Again::Later);
    let trouble = refusal(&shell("kill -9 $$", &[]));
    assert!(trouble.why.contains("signal: 9"), "{trouble}");
}

#[test]
fn a_program_that_cannot_start_is_for_a_person_to_mend() {
    for program in ["/does/not/exist", "/", ""] {
        let target =
            Target::Command { program: program.into(), arguments: Vec::new(), timeout: LIMITS.total };
        let trouble = refusal(&target);
        assert!(trouble.why.contains("cannot be started"), "{trouble}");
        assert_eq!(trouble.again, Again::After(MENDING));
    }
}

#[test]
fn however_much_goes_in_and_out_nothing_blocks() {
    let long = Message { body: "x".repeat(3 << 20), ..message() };
    let try_it = |script: &str| {
        let target = shell(script, &[]);
        send_trusting(&target, None, &long, &LIMITS, &AtomicBool::new(false), Trust::System)
    };
    // It reads nothing, it reads everything after it has said much, it says much on both.
    assert!(try_it("exit 0").is_ok());
    assert!(try_it("exec <&-; head -c 1000000 /dev/zero; head -c 1000000 /dev/zero >&2").is_ok());
    let taken = try_it("head -c 3000000 /dev/zero | tr '\\0' a; echo; wc -c").expect("it ended with 0");
    assert!(taken.said.ends_with(" / 3145728"), "{taken:?}");
    // One that goes on in the background and holds the pipes does not hold us.
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("fifo");
    let script = format!("mkfifo '{0}' && (read end < '{0}') & exit 0", fifo.display());
    assert!(try_it(&script).is_ok());
    wait_until("it went on in the background", || fifo.exists());
    fs::write(&fifo, "end\n").expect("it still waits");
}

#[test]
fn its_time_over_or_cancelled_it_ends_with_all_that_it_started() {
    for (timeout, why) in [(Duration::from_millis(300), "was ended after 0.3 s"), (LIMITS.total, "cancelled")]
    {
        let folder = tempfile::tempdir().unwrap();
        let pid = folder.path().join("pid");
        let script = format!("sleep 1000 & echo $! > '{0}.new'; mv '{0}.new' '{0}'; wait", pid.display());
        let Target::Command { program, arguments, .. } = shell(&script, &[]) else { unreachable!() };
        let target = Target::Command { program, arguments, timeout };
        let cancel = Arc::new(AtomicBool::new(false));
        let waiting = (Arc::clone(&cancel), pid.clone());
        let canceller = std::thread::spawn(move || {
            if timeout == LIMITS.total {
                wait_until("it started", || waiting.1.exists());
                waiting.0.store(true, Ordering::SeqCst);
            }
        });
        let tried = send_trusting(&target, None, &message(), &LIMITS, &cancel, Trust::System);
        canceller.join().unwrap();
        let trouble = tried.expect_err("it never ends");
        assert!(trouble.why.contains(why), "{trouble}");
        assert_eq!(trouble.again, Again::Later);
        // A machine so slow that it had not even started proves nothing, and fails nothing.
        if let Ok(pid) = fs::read_to_string(&pid) {
            let status = format!("/proc/{}/stat", pid.trim());
            wait_until("its child ended", || {
                fs::read_to_string(&status).map_or(true, |status| status.contains(") Z "))
            });
        }
    }
}
