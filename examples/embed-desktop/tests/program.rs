//! The program with the notes in its window, run: without a terminal, and on one that `script` makes.

use std::io::{BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_embed-desktop");

/// The focus, as a terminal tells it.
const AWAY: &str = "\x1b[O";
const BACK: &str = "\x1b[I";

/// What outlives the program.
struct Machine(TempDir);

impl Machine {
    fn new() -> Self {
        let machine = Self(TempDir::new().expect("a folder"));
        std::fs::create_dir(machine.package()).expect("a folder");
        test_examples::write_notes(&machine.package(), test_examples::NOTES_MANIFEST);
        machine
    }

    fn package(&self) -> std::path::PathBuf {
        self.0.path().join("package")
    }

    /// Nobody waits ten seconds.
    fn arguments(&self) -> Vec<String> {
        let of = |path: &Path| path.to_str().expect("a name in UTF-8").to_owned();
        let state = of(&self.0.path().join("state"));
        vec!["--state".to_owned(), state, "--suspend-after=0".to_owned(), of(&self.package())]
    }

    /// The program, in whose window the app is.
    fn start(&self) -> Program {
        let mut program = Command::new(PROGRAM);
        let mut program = Program::of(program.args(self.arguments()));
        program.until("- it is foreground\n");
        program
    }
}

/// A program, with what it writes. Waiting for that has no limit of its own: that is the test runner's.
struct Program {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    seen: Vec<u8>,
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Program {
    fn of(command: &mut Command) -> Self {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program starts");
        let input = child.stdin.take().expect("its input is ours");
        let output = BufReader::new(child.stdout.take().expect("its output is ours"));
        Self { child, input, output, seen: Vec::new() }
    }

    fn enter(&mut self, text: &str) {
        self.input.write_all(text.as_bytes()).expect("the program listens");
    }

    /// What it writes, up to and with `end`.
    fn until(&mut self, end: &str) -> String {
        let begin = self.seen.len();
        while !self.seen[begin..].ends_with(end.as_bytes()) {
            let mut byte = [0];
            let len = self.output.read(&mut byte).expect("the program writes");
            assert!(len > 0, "it ended before {end:?} came:\n{}", String::from_utf8_lossy(&self.seen));
            self.seen.extend(byte);
        }
        String::from_utf8_lossy(&self.seen[begin..]).into_owned()
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("it is there");
    }

    /// It ends, and all is well.
    fn ends(&mut self) {
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).expect("the program writes text");
        let status = self.child.wait().expect("it is a child");
        assert!(status.success(), "{status}:\n{}{rest}", String::from_utf8_lossy(&self.seen));
    }
}

#[test]
fn what_is_taken_while_nobody_looks_is_there_when_somebody_does() {
    let machine = Machine::new();
    let mut program = machine.start();
    program.enter("buy milk\n");
    program.until("\n| buy milk\n");
    program.enter("buy bread\n/find milk\n");
    program.until("\n| buy bread\n");
    program.until("\n| buy milk\n");

    program.enter(AWAY);
    program.until("- it hears entered-background\n");
    program.until("- it hears suspending\n");
    program.until("- it is suspended\n");
    program.enter("/reclaim\n");
    program.until("- it ended: reclaimed\n");

    program.enter(BACK);
    program.until("- it is wanted for launch; it was terminated\n");
    let shown = program.until("- it is foreground\n");
    assert!(shown.contains("\n| buy milk\n"), "{shown}");
    assert!(!shown.contains("| buy bread"), "it looks for what it was looking for:\n{shown}");

    program.enter("q\n");
    program.until("- it ended: closed\n");
    program.ends();
}

#[test]
fn a_background_task_adds_to_what_is_suspended() {
    let machine = Machine::new();
    let mut program = machine.start();
    program.enter("buy milk\n/away\n");
    program.until("- it is suspended\n");
    program.enter("/send notes buy nuts\n");
    program.until("- it hears resuming\n");
    program.until("- a background task runs in it\n");
    program.until("inbox saved 2 lines\n");
    program.until("- a background task ended: succeeded\n");
    program.until("- it is suspended\n");
    program.enter("/back\n");
    program.until("\n| buy milk\n| buy nuts\n");
    program.until("- it is foreground\n");
    program.enter("/send letters hello\n");
    program.until("- nobody listens to \"letters\"\n");
}

#[test]
fn a_host_that_stops_has_its_app_save_what_a_host_that_falls_does_not() {
    let machine = Machine::new();
    let mut program = machine.start();
    program.enter("buy milk\n/away\n");
    program.until("- it is suspended\n");
    program.enter("buy bread\n");
    program.until("| buy bread\n");
    program.signal(Signal::KILL);
    drop(program);

    let mut program = machine.start();
    let begun = String::from_utf8_lossy(&program.seen).into_owned();
    assert!(begun.contains("- it is wanted for launch; it was not-running\n"), "{begun}");
    assert!(begun.contains("\n| buy milk\n") && !begun.contains("bread"), "as it was kept:\n{begun}");
    program.enter("buy nuts\n");
    program.until("| buy nuts\n");
    program.signal(Signal::TERM);
    program.until("- it ended: host-stopped\n");
    program.ends();

    let program = machine.start();
    let begun = String::from_utf8_lossy(&program.seen);
    assert!(begun.contains("- it is wanted for launch; it was terminated\n"), "{begun}");
    assert!(begun.contains("\n| buy milk\n| buy nuts\n"), "{begun}");
}

#[test]
fn before_its_host_stands_still_the_app_is_suspended() {
    let machine = Machine::new();
    let mut program = machine.start();
    program.signal(Signal::TSTP);
    program.until("- it is suspended\n");
    let (_, status) =
        waitpid(Some(program.pid()), WaitOptions::UNTRACED).expect("it is a child").expect("it waits");
    assert!(status.stopped(), "{status:?}");
    program.signal(Signal::CONT);
    program.until("- it hears resuming\n");
    program.until("- it is foreground\n");

    program.signal(Signal::HUP);
    program.until("- it ended: closed\n");
    program.ends();
}

#[test]
fn a_host_that_is_to_stop_does_not_wait_until_it_has_stood_still() {
    let machine = Machine::new();
    std::fs::copy(test_artifacts::APP_BAD_RETURNS_NEVER, machine.package().join("notes.wasm"))
        .expect("it was built");
    let mut program = machine.start();
    program.enter("/orders suspending\n");
    program.until("- it hears activated\n");
    program.signal(Signal::TSTP);
    program.until("- it hears suspending\n");
    // From which it does not return.
    program.signal(Signal::TERM);
    program.ends();
}

#[test]
fn the_focus_of_a_terminal_is_what_the_app_sees_of_its_user() {
    let machine = Machine::new();
    let command = [vec![PROGRAM.to_owned()], machine.arguments()].concat().join(" ");
    // Of the Debian package bsdutils, which is always there.
    let mut script = Command::new("script");
    let mut program =
        Program::of(script.args(["--quiet", "--flush", "--return", "--command", &command, "/dev/null"]));
    program.until("\x1b[?1004h");
    program.until("- it is foreground\r\n");
    program.until("\x1b[7m foreground \x1b[0m ");
    program.enter("buy milc\x7f");
    program.until(" foreground \x1b[0m buy mil");
    program.enter("k\n");
    program.until("\x1b[K| buy milk\r\n");

    program.enter(AWAY);
    program.until("\x1b[7m suspended \x1b[0m ");
    program.enter(BACK);
    program.until("- it hears resuming\r\n");
    program.until("\x1b[7m foreground \x1b[0m ");

    // Ctrl-D.
    program.enter("\x04");
    program.until("- it ended: closed\r\n");
    program.until("\x1b[?1004l");
    program.ends();
}

#[test]
fn what_is_wrong_with_its_arguments_is_said() {
    let machine = Machine::new();
    std::fs::remove_file(machine.package().join("notes.wasm")).expect("it is there");
    let output = Command::new(PROGRAM).args(machine.arguments()).stdin(Stdio::null()).output();
    let output = output.expect("the program starts");
    assert!(!output.status.success());
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("package cannot be installed") && stderr.contains("notes.wasm"), "{stderr}");
}
