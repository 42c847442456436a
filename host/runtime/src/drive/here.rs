//! Runs that have their first turn where they are asked for, and how many of them.
//!
//! As many as fit into what tokio lets a task do in one poll: others of its thread wait meanwhile, and the threads for guests
//! are there to take a burst of them. Who asks for one run after another has a poll of its own for each few of them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context, Poll, Waker};

use tokio::task::coop;

use super::turn::is_inside;
use crate::shared::{Known, Shared};

/// Units of the budget that tokio gives each poll of a task, which are 128: sixteen runs begin in it.
const BEGINNING: usize = 8;

/// Whether a run may have its first turn inside of what asks for it: if it is likely to be over at once, and few others had
/// theirs in the same poll.
pub(super) fn may_begin_here(shared: &Shared, known: &Known) -> bool {
    known.going.is_brief() && shared.guests.are_two() && !is_inside() && take_room()
}

/// Takes room for one run in this poll, if there is any.
fn take_room() -> bool {
    (0..BEGINNING).all(|_| match coop::poll_proceed(&mut nobody()) {
        Poll::Ready(unit) => {
            unit.made_progress();
            true
        }
        Poll::Pending => false,
    })
}

/// Polls a run from here. What is left of it is another task: most often the answer of a store.
pub(super) fn begin_here(shared: &Shared, driven: impl Future<Output = ()> + Send + 'static) {
    let mut driven = Box::pin(driven);
    // As in a task of its own: whoever asked for the run is not to fall with it.
    let polled = catch_unwind(AssertUnwindSafe(|| driven.as_mut().poll(&mut nobody())));
    if let Ok(Poll::Pending) = polled {
        shared.control.spawn(driven);
    }
}

/// Ready when this poll has room for one more run that begins here; until then its task has given way to others. For who
/// has heard of the end of a run and is likely to ask for the next: without this that would be handed to another thread,
/// and its end back again, which costs more than a run does.
pub(crate) fn poll_room(cx: &mut Context<'_>) -> Poll<()> {
    // What was taken is given back: by the first, which was there before the others.
    let first = match coop::poll_proceed(cx) {
        Poll::Ready(unit) => unit,
        Poll::Pending => return Poll::Pending,
    };
    for _ in 1..BEGINNING {
        match coop::poll_proceed(cx) {
            Poll::Ready(unit) => unit.made_progress(),
            Poll::Pending => return Poll::Pending,
        }
    }
    drop(first);
    Poll::Ready(())
}

fn nobody() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    #[test]
    fn a_poll_has_room_for_sixteen_and_who_looks_for_it_takes_none() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let mut begun = 0;
        runtime.block_on(async {
            for polls in 1..=3 {
                poll_fn(|cx| {
                    while poll_room(cx).is_ready() {
                        assert!(take_room(), "there was room");
                        begun += 1;
                    }
                    Poll::Ready(())
                })
                .await;
                assert_eq!(begun, polls * 16);
                tokio::task::yield_now().await;
            }
        });
    }
}
