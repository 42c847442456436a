//! Looks for anything of the host's process: its environment, arguments, folder, terminals and input. There is
//! nothing of it, and asking the same in another way gives nothing either.

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::say;
use wasip2::cli::environment::{get_arguments, get_environment, initial_cwd};
use wasip2::cli::{stdin, terminal_stderr, terminal_stdin, terminal_stdout};
use wasip2::filesystem::preopens::get_directories;

#[dormouse_guest::task]
async fn run(_instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    assert_eq!(get_environment(), [], "the host's environment");
    assert_eq!(std::env::vars_os().count(), 0);
    assert_eq!(get_arguments(), [""; 0], "the host's arguments");
    assert_eq!(initial_cwd(), None, "the host's folder");
    assert!(terminal_stdin::get_terminal_stdin().is_none(), "the host's terminal");
    assert!(terminal_stdout::get_terminal_stdout().is_none(), "the host's terminal");
    assert!(terminal_stderr::get_terminal_stderr().is_none(), "the host's terminal");
    assert!(stdin::get_stdin().blocking_read(1).is_err(), "the host's input");
    let mut shown: Vec<_> = get_directories().into_iter().map(|(_, name)| name).collect();
    shown.sort();
    assert_eq!(shown, ["/local", "/temp"]);
    assert!(std::env::current_exe().is_err());
    assert!(std::process::Command::new("/bin/sh").spawn().is_err(), "another process");
    assert!(std::thread::Builder::new().spawn(|| ()).is_err(), "another thread");
    say("contained");
    Ok(())
}

fn main() {}
