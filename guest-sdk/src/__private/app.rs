//! What the expansion of `#[app]` refers to.

use std::rc::Rc;

use super::{RawInstance, RawResult, Return as _};
use crate::app::App;
use crate::bindings::app::dormouse::background::transitions;
use crate::instance::BackgroundTaskInstance;

pub use crate::bindings::app::dormouse::background::app_types as raw;
pub use crate::bindings::app::exports::dormouse::background::lifecycle::Guest as Lifecycle;
pub use crate::bindings::app::exports::dormouse::background::task_events as raw_events;
pub use crate::bindings::app::exports::dormouse::background::task_events::Guest as TaskEvents;

/// The two things in the bindings that the export macro of `wit-bindgen` looks for.
pub mod bindings {
    pub use crate::bindings::app::{export_app, exports};
}

/// The one value of an app. The expansion implements it, for the `thread_local!` that no generic code can have; all
/// else is written here once.
pub trait Value {
    /// The author's type.
    type App: App;

    /// Its one value.
    fn value() -> Rc<Self::App>;
}

impl<T: Value> Lifecycle for T {
    async fn launched(args: raw::LaunchArgs) {
        T::value().launched(args.into()).await;
    }

    async fn activated(args: raw::ActivatedArgs) {
        T::value().activated(args.into()).await;
    }

    async fn background_activated(instance: RawInstance) -> RawResult {
        T::value().background_activated(BackgroundTaskInstance::new(instance)).await.into_raw()
    }

    async fn group_activated(group: String, instance: RawInstance) -> RawResult {
        T::value().group_activated(group, BackgroundTaskInstance::new(instance)).await.into_raw()
    }

    async fn entered_background(transition: transitions::Transition) {
        T::value().entered_background(crate::app::Transition::new(transition)).await;
    }

    async fn leaving_background(transition: transitions::Transition) {
        T::value().leaving_background(crate::app::Transition::new(transition)).await;
    }

    async fn suspending(transition: transitions::Transition) {
        T::value().suspending(crate::app::Transition::new(transition)).await;
    }

    async fn resuming(args: raw::ResumingArgs) {
        T::value().resuming(args.into()).await;
    }

    async fn memory_usage_changed(usage: raw::MemoryUsage) {
        T::value().memory_usage_changed(usage.into()).await;
    }

    async fn memory_limit_changing(limit: raw::MemoryLimit) {
        T::value().memory_limit_changing(limit.into()).await;
    }
}

impl<T: Value> TaskEvents for T {
    async fn completed(completions: Vec<raw_events::TaskCompletion>) {
        T::value().completed(completions.into_iter().map(Into::into).collect()).await;
    }

    async fn progressed(progress: raw_events::TaskProgress) {
        T::value().progressed(progress.into()).await;
    }
}

/// Natively nothing is exported. This stands for the host's use of `T`, which is why the author is not told that the
/// app is never used.
pub const fn use_natively<T: Lifecycle + TaskEvents>() {}
