//! A store with something in it.

use std::sync::Arc;

use dormouse_core::store::exercise::fixture::{completed, register};
use dormouse_core::store::{RunFilter, Store};
use futures::executor::block_on;

/// Makes five runs in addition to those that are there, from number `from` on.
pub(crate) fn live(store: &Arc<dyn Store>, from: u128) {
    block_on(async {
        register(store, 1).await;
        for n in from..from + 5 {
            completed(store, n, 1, 1).await;
        }
    });
}

/// How many runs there are.
pub(crate) fn runs(store: &Arc<dyn Store>) -> usize {
    block_on(store.runs(RunFilter::default(), 999)).unwrap().len()
}
