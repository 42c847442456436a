//! Gets the URL in its arguments, such as `http://127.0.0.1:8080/acorn`, and prints the status and the
//! body, a line each.

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::{arguments, http, say};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let (status, body) = http::get(&arguments(&instance)?)?;
    say(status);
    say(String::from_utf8(body)?);
    Ok(())
}

fn main() {}
