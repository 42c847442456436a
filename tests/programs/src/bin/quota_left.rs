//! Watches the quota of its app shrink. Its arguments are `none`, or the milliseconds of CPU time that are left in the
//! window: what is left is never more, and grows less as it computes (UWP-104).

use std::time::Duration;

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::{arguments, compute};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let arguments = arguments(&instance)?;
    if arguments == "none" {
        assert_eq!(instance.remaining().quota_cpu, None);
        return Ok(());
    }
    let most = Duration::from_millis(arguments.parse()?);
    let left = || instance.remaining().quota_cpu.expect("the app has a quota");
    let first = left();
    assert!(first <= most && !first.is_zero(), "{first:?} of {most:?}");
    while left() >= first {
        compute();
    }
    assert_eq!(instance.suspended_count(), 0, "what is used a little is not spent");
    Ok(())
}

fn main() {}
