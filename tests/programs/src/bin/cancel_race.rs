//! Races steps of work against the cancellation, as a task with an event loop does. The loser of each
//! race is dropped: `sleep` when it is cancelled, `canceled` at the end of its three steps. The arguments
//! are `canceled` or `done`: which of the two it expects.

use std::pin::pin;
use std::time::Duration;

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use futures::future::{Either, select};
use test_programs::arguments;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let expected = arguments(&instance)?;
    let steps = if expected == "done" { 3 } else { u32::MAX };
    let mut canceled = pin!(instance.canceled());
    for step in 1..=steps {
        let work = pin!(instance.sleep(Duration::from_millis(20)));
        match select(canceled.as_mut(), work).await {
            Either::Left((told, _work)) => {
                assert!(told.is_some());
                assert_eq!(expected, "canceled");
                return Ok(());
            }
            Either::Right((Some(told), _canceled)) => {
                assert_eq!(Some(told), instance.cancellation_requested());
                assert_eq!(expected, "canceled");
                return Ok(());
            }
            Either::Right((None, _canceled)) => instance.set_progress(step),
        }
    }
    assert_eq!(expected, "done");
    Ok(())
}

fn main() {}
