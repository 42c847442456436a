//! Writes what a terminal would obey and a log would believe, to wherever its arguments name.

use std::io::Write as _;

use dormouse_guest::registration::{IfExists, TaskBuilder, Trigger};
use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::{arguments, no_such_attack};
use wasip2::sockets::instance_network::instance_network;
use wasip2::sockets::ip_name_lookup::resolve_addresses;

/// Clear the screen, name the window, a link that lies (OSC 8), the clipboard (OSC 52), ring, return, go back, turn the
/// writing direction, C1 and a line that is another's.
const ESCAPES: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{1b}]8;;http://evil/\u{7}good\u{1b}]8;;\u{7}\u{1b}]52;c;ZXZpbA==\u{7}\
    \r\u{8}\u{8}\u{7f}\u{9b}31m\u{202e}txt\u{2066}\u{0}\n2026-01-01T00:00:00Z ERROR dormouse: owned";

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    match arguments(&instance)?.as_str() {
        "output" => {
            for mut out in
                [Box::new(std::io::stdout()) as Box<dyn std::io::Write>, Box::new(std::io::stderr())]
            {
                out.write_all(ESCAPES.as_bytes())?;
                // No text at all, and text that is cut.
                out.write_all(b"\xff\xfe\xc3\x28\xf0\x9f\x92")?;
                out.flush()?;
            }
            Ok(())
        }
        "failure" => Err(TaskError::failed(ESCAPES)),
        "panic" => panic!("{ESCAPES}"),
        "lookup" => {
            assert!(resolve_addresses(&instance_network(), ESCAPES).is_err());
            Ok(())
        }
        "name" => {
            // Refused, or kept as it is and shown otherwise; never obeyed.
            let trigger = Trigger::signal("t");
            match TaskBuilder::new(ESCAPES)
                .entry_point("main")
                .trigger(trigger)
                .register(IfExists::AllowDuplicate)
            {
                Ok(task) => Ok(dormouse_guest::registration::unregister(&task.id, false)?),
                Err(error) => Err(TaskError::failed(error)),
            }
        }
        other => Err(no_such_attack(other)),
    }
}

fn main() {}
