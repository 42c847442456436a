//! The program, run.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The program, with its output line by line. Waiting for a line has no limit of its own: that is the test
/// runner's.
struct Program {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    seen: String,
}

impl Program {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_embed-signals"))
            .arg(test_examples::GREETER)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let input = child.stdin.take().expect("its input is ours");
        let output = BufReader::new(child.stdout.take().expect("its output is ours"));
        Self { child, input, output, seen: String::new() }
    }

    fn say(&mut self, line: &str) {
        writeln!(self.input, "{line}").expect("the program listens");
    }

    /// The next line that ends in `end`.
    fn until(&mut self, end: &str) -> String {
        loop {
            let mut line = String::new();
            let len = self.output.read_line(&mut line).expect("the program writes text");
            assert!(len > 0, "it ended before {end:?} came:\n{}", self.seen);
            self.seen.push_str(&line);
            if line.trim_end().ends_with(end) {
                return line;
            }
        }
    }

    /// Ends its input; what it still writes.
    fn end(mut self) -> String {
        drop(self.input);
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut self.output, &mut rest).expect("the program writes text");
        assert!(self.child.wait().expect("the program ends").success(), "{}{rest}", self.seen);
        self.seen + &rest
    }
}

#[test]
fn a_signal_is_latched_until_its_condition_holds() {
    let mut program = Program::start();
    program.until("tick: registered");
    program.say("ring postman");
    program.until("answer: latched: custom:somebody-home is unmet");
    program.say("home");
    program.until("answer: started");
    program.until(r#"answer: says "doorbell: postman""#);
    program.until("answer: succeeded");
    // Met now: nothing is latched any more.
    program.say("ring neighbour");
    program.until(r#"answer: says "doorbell: neighbour""#);
    program.until("answer: succeeded");
    let all = program.end();
    assert_eq!(all.matches("latched").count(), 1, "{all}");
}

#[test]
fn a_minute_of_its_clock_passes_between_two_ticks() {
    let mut program = Program::start();
    let of_day = |line: &str| {
        let parts: Vec<i64> = line[..8].split(':').map(|part| part.parse().expect("a number")).collect();
        parts[0] * 3600 + parts[1] * 60 + parts[2]
    };
    let registered = of_day(&program.until("tick: registered"));
    let first = of_day(&program.until("tick: fired"));
    program.until(r#"tick: says "tick woke me""#);
    let second = of_day(&program.until("tick: fired"));
    // Not a second earlier than they are due; how much later says how busy this machine is.
    assert!((first - registered).rem_euclid(86_400) >= 59, "{}", program.seen);
    assert!((second - registered).rem_euclid(86_400) >= 119, "{}", program.seen);
    program.end();
}

#[test]
fn what_it_does_not_understand_it_says() {
    let mut program = Program::start();
    program.until("tick: registered");
    program.say("knock");
    program.until("ring WHO, home, or away?");
    program.end();
}
