//! Expects the arguments `night shift` followed by the bytes 0x00 and 0xff, and writes them to stdout as
//! they came (UWP-043). Not being UTF-8, they prove that nothing on the way takes them for text.

use std::io::Write as _;

use dormouse_guest::{BackgroundTaskInstance, TaskError, TriggerDetails};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let TriggerDetails::Application(arguments) = instance.trigger_details() else {
        return Err(TaskError::failed("not woken by an application trigger"));
    };
    assert_eq!(arguments, b"night shift\x00\xff");
    assert_eq!(instance.trigger_details().arguments(), Some(&*arguments), "a second look shows the same");
    std::io::stdout().write_all(&arguments)?;
    std::io::stdout().flush()?;
    Ok(())
}

fn main() {}
