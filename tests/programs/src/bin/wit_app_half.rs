//! Half an app: it exports `lifecycle` and no `task-events`. A host refuses it by that name when it is installed.

mod bindings {
    wit_bindgen::generate!({
        inline: "
            package test:half;

            world half-an-app {
                import dormouse:background/instance@0.1.0;
                import dormouse:background/transitions@0.1.0;
                export dormouse:background/lifecycle@0.1.0;
            }
        ",
        path: "../../wit",
        generate_all,
    });
}

use bindings::dormouse::background::instance::BackgroundTaskInstance;
use bindings::dormouse::background::transitions::Transition;
use bindings::dormouse::background::types::TaskError;
use bindings::exports::dormouse::background::lifecycle::{
    ActivatedArgs, Guest, LaunchArgs, MemoryLimit, MemoryUsage, ResumingArgs,
};

struct Half;

impl Guest for Half {
    async fn launched(_: LaunchArgs) {}

    async fn activated(_: ActivatedArgs) {}

    async fn background_activated(_: BackgroundTaskInstance) -> Result<(), TaskError> {
        Ok(())
    }

    async fn group_activated(_: String, _: BackgroundTaskInstance) -> Result<(), TaskError> {
        Ok(())
    }

    async fn entered_background(_: Transition) {}

    async fn leaving_background(_: Transition) {}

    async fn suspending(_: Transition) {}

    async fn resuming(_: ResumingArgs) {}

    async fn memory_usage_changed(_: MemoryUsage) {}

    async fn memory_limit_changing(_: MemoryLimit) {}
}

#[expect(unsafe_code, reason = "an export is found by its name")]
mod export {
    use super::{Half, bindings};

    bindings::export!(Half with_types_in bindings);
}

fn main() {}
