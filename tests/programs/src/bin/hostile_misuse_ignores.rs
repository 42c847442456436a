//! Does not listen when it is cancelled, in the way that its arguments name: it waits on, and begins to wait again
//! whenever a wait is over. It is ended by force (UWP-083).

use std::time::Duration;

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::files::{create, root};
use test_programs::{arguments, compute, no_such_attack};
use wasip2::clocks::monotonic_clock::subscribe_duration;
use wasip2::io::poll::poll;

const HOUR: u64 = 3_600_000_000_000;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    match arguments(&instance)?.as_str() {
        "canceled" => {
            while instance.canceled().await.is_some() {
                std::future::pending::<()>().await;
            }
        }
        "told" => loop {
            instance.canceled().await;
        },
        "sleep" => loop {
            let _ = instance.sleep(Duration::from_secs(3_600)).await;
        },
        "block" => loop {
            subscribe_duration(HOUR).block();
        },
        "poll" => loop {
            let (a, b) = (subscribe_duration(HOUR), subscribe_duration(HOUR));
            poll(&[&a, &b, &a]);
        },
        "nap" => loop {
            subscribe_duration(1_000_000).block();
        },
        "std" => loop {
            #[expect(clippy::disallowed_methods, reason = "a guest that knows nothing of its host")]
            std::thread::sleep(Duration::from_secs(3_600));
        },
        "spin" => loop {
            compute();
        },
        "files" => {
            let temp = root("/temp");
            loop {
                let file = create(&temp, "file")?;
                file.write(&[0; 4096], 0)?;
                file.sync()?;
                temp.unlink_file_at("file")?;
            }
        }
        "prints" => loop {
            test_programs::say("still here");
        },
        "deferred" => {
            let deferral = instance.get_deferral()?;
            dormouse_guest::spawn(async move {
                let _ = instance.sleep(Duration::from_secs(3_600)).await;
                std::future::pending::<()>().await;
                deferral.complete();
            });
            return Ok(());
        }
        "traps" => {
            // To be seen as somebody who was cancelled, it traps as soon as it is told.
            instance.canceled().await;
            std::process::abort();
        }
        other => return Err(no_such_attack(other)),
    }
    Err(TaskError::failed("nobody stopped it"))
}

fn main() {}
