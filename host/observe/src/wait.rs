//! Waits that end.

use std::sync::Arc;
use std::time::Duration;

use dormouse_core::Clock;

/// What `future` answers; none if it has not within `span`, and it is dropped then.
pub(crate) async fn within<T>(
    clock: &Arc<dyn Clock>,
    span: Duration,
    future: impl Future<Output = T>,
) -> Option<T> {
    let over = clock.sleep_until(clock.now() + span);
    tokio::select! {
        biased;
        answer = future => Some(answer),
        () = over => None,
    }
}
