//! Spawns tasks without measure, in the way that its arguments name: a thousand that wake each other for ever (`wake`), or
//! ever more (`spawn`).

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::{arguments, no_such_attack};

/// Gives way once, and asks to be polled again at once.
async fn give_way() {
    let mut gave_way = false;
    std::future::poll_fn(|cx| {
        cx.waker().wake_by_ref();
        if std::mem::replace(&mut gave_way, true) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
}

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let deferral = instance.get_deferral()?;
    match arguments(&instance)?.as_str() {
        "wake" => {
            for _ in 0..1_000 {
                dormouse_guest::spawn(async {
                    loop {
                        give_way().await;
                    }
                });
            }
        }
        "spawn" => loop {
            let kept = vec![0xd0_u8; 1024];
            dormouse_guest::spawn(async move {
                std::future::pending::<()>().await;
                drop(kept);
            });
        },
        other => return Err(no_such_attack(other)),
    }
    std::future::pending::<()>().await;
    deferral.complete();
    Ok(())
}

fn main() {}
