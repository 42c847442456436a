//! A burst of changes of the network is one.

use std::sync::Arc;
use std::time::Duration;

use dormouse_core::Clock;

use crate::board::Board;

/// How long nothing must change for a burst to be over: a link that comes up has its addresses and routes by then.
const QUIET: Duration = Duration::from_millis(500);

/// However restless the network is, it is told of at least this many quiet times after the first change.
const ROUNDS_MAX: u32 = 10;

/// The loop.
pub(crate) async fn run(board: Arc<Board>, clock: Arc<dyn Clock>) {
    loop {
        board.network_changed.notified().await;
        for _ in 0..ROUNDS_MAX {
            let quiet = clock.sleep_until(clock.now() + QUIET);
            tokio::select! {
                biased;
                () = board.network_changed.notified() => {}
                () = quiet => break,
            }
        }
        board.network_settled();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use dormouse_core::{Signal, SimClock, SystemEvent};

    use super::*;

    /// Lets everything run that can.
    async fn run_all() {
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_network_that_is_never_quiet_is_told_of_all_the_same() {
        let (board, clock) = (Arc::new(Board::default()), SimClock::new());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let into = heard.clone();
        board.raise_into(Arc::new(move |signal| into.lock().unwrap().push(signal)));
        let restless = async {
            for change in 1..=ROUNDS_MAX {
                board.network_changed.notify_one();
                run_all().await;
                assert_eq!(*heard.lock().unwrap(), [], "after {change} changes");
                clock.advance(QUIET / 2);
                run_all().await;
            }
            board.network_changed.notify_one();
            run_all().await;
        };
        tokio::select! {
            () = run(board.clone(), Arc::new(clock.clone())) => {}
            () = restless => {}
        }
        assert_eq!(*heard.lock().unwrap(), [Signal::System(SystemEvent::NetworkStateChange)]);
    }
}
