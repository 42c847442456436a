//! Tries the URL in its arguments, which a server would answer but which is not granted. The refusal must
//! say that it is one, not look like a failure to connect.

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::{arguments, http, say};
use wasip2::http::types::ErrorCode;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    match http::get(&arguments(&instance)?) {
        Err(ErrorCode::HttpRequestDenied) => {
            say("denied");
            Ok(())
        }
        other => Err(TaskError::failed(format_args!("not denied: {other:?}"))),
    }
}

fn main() {}
