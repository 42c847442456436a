//! What is to be done about an app, in order.

use std::sync::Arc;

use dormouse_core::app::lifecycle::{AppState, End, Output, Ticket};
use dormouse_core::app::previous::Kept;
use dormouse_core::{Cancellation, StoreError, Timestamp};

use super::lease::Sight;
use super::runs::Inside;

/// One thing: what the machine said, with what it was about at that moment.
pub(super) enum Do {
    /// Have the store keep this, before anything that follows.
    Keep {
        /// What, and since when.
        kept: (Option<Kept>, Timestamp),
        /// It is to be activated, and is not unless that is kept.
        begins: bool,
    },
    /// Make an instance.
    Start {
        /// Bytes that it may have.
        memory_bytes: u64,
        /// Ends of instances that were said before.
        ends: u64,
    },
    /// Tell that the state is this now.
    Became(AppState),
    /// These runs enter the instance.
    Enter(Vec<Inside>),
    /// Cancel runs.
    Cancel {
        /// With this.
        cancellation: Cancellation,
        /// Those that are told, and have their graces.
        entered: Vec<Inside>,
        /// Those that waited, and have nobody to tell.
        waiting: Vec<Inside>,
    },
    /// Drop the instance.
    End(Box<Ending>),
    /// Nothing comes of the activation; because the store did not keep that the app begins, if that is why.
    Dropped(Ticket, Option<StoreError>),
    /// All that needs nothing else.
    Plain(Output),
}

/// The end of an instance.
pub(super) struct Ending {
    pub(super) end: End,
    /// Runs that end with it.
    pub(super) runs: Vec<Inside>,
    /// What of those who wanted to see it is good for nothing any more.
    pub(super) lost: Vec<Arc<Sight>>,
    /// The store did not keep that it is activated.
    pub(super) refused: Option<StoreError>,
}
