//! What is asked of the sandbox of an app: a handler to be called, with what comes with it.

use std::sync::Arc;

use dormouse_core::app::activation::AppActivation;
use dormouse_core::app::lifecycle::{Call, CallId, Handler};
use dormouse_core::{Completion, TaskFailure};
use wasmtime::component::{Accessor, Resource};
use wasmtime::{Error, Result};

use super::port::{SessionPort, TaskEvent};
use crate::bindings::v0_1::app::{self, App, app_types, lifecycle};
use crate::bindings::v0_1::{self, Instance};
use crate::sandbox::RunState;
use crate::sandbox::port::RunPort;
use crate::sandbox::serves::RUNS_HELD_MAX;
use crate::subscribe::Progress;

/// What the sandbox of an app is asked to do.
pub(crate) enum Command {
    /// Call a handler of its life, and say [`SessionPort::returned`].
    Call {
        /// Which, and for what.
        call: Call,
        /// What comes with it.
        args: CallArgs,
    },
    /// Have a run enter it, and say [`SessionPort::activated`].
    Activate {
        /// By which it is known in the sandbox. Never used twice in one sandbox.
        number: u32,
        /// The run.
        run: Arc<dyn RunPort>,
        /// The group of its registration: it goes to `group-activated`.
        group: Option<String>,
    },
    /// Tell of ends, and say [`SessionPort::told`].
    Completed(Vec<NamedCompletion>),
    /// Tell of progress, and say [`SessionPort::told`].
    Progressed(Progress),
}

/// What comes with the call of a handler.
pub(crate) enum CallArgs {
    /// Nothing beyond what the machine says.
    None,
    /// Of `launched`: the arguments.
    Launch(String),
    /// Of `activated`: what for.
    Activation(AppActivation),
}

/// The end of a task, and what it is called.
pub(crate) struct NamedCompletion {
    pub(crate) completion: Completion,
    /// Its registration's name; empty if that is gone.
    pub(crate) name: String,
}

/// Does what is asked. Ready when the guest's handler has returned and that was told.
///
/// # Errors
///
/// The guest trapped: its sandbox is of no use any more.
pub(super) async fn done(
    accessor: &Accessor<RunState>,
    app: &App,
    port: &dyn SessionPort,
    command: Command,
) -> Result<()> {
    match command {
        Command::Call { call, args } => {
            call_handler(accessor, app.dormouse_background_lifecycle(), call, args).await?;
            port.returned(call.id);
        }
        Command::Activate { number, run, group } => {
            if !accessor.with(|mut access| access.get().serves().enter(number, run)) {
                port.activated(number, Err(holds_too_many()));
                return Ok(());
            }
            let (handlers, instance) =
                (app.dormouse_background_lifecycle(), Resource::<Instance>::new_own(number));
            let answer = match group {
                None => handlers.call_background_activated(accessor, instance).await?,
                Some(group) => handlers.call_group_activated(accessor, group, instance).await?,
            };
            port.activated(number, v0_1::answer(answer));
        }
        Command::Completed(completions) => {
            let told = completions.into_iter().map(|one| app::completion(one.completion, one.name)).collect();
            app.dormouse_background_task_events().call_completed(accessor, told).await?;
            port.told(TaskEvent::Completed);
        }
        Command::Progressed(progress) => {
            app.dormouse_background_task_events().call_progressed(accessor, app::progress(progress)).await?;
            port.told(TaskEvent::Progressed);
        }
    }
    Ok(())
}

fn holds_too_many() -> TaskFailure {
    TaskFailure {
        message: format!(
            "the app holds {RUNS_HELD_MAX} instances of background tasks; it has to drop those that are over"
        ),
        retry_after: None,
    }
}

async fn call_handler(
    accessor: &Accessor<RunState>,
    handlers: &lifecycle::Guest,
    Call { id, handler, .. }: Call,
    args: CallArgs,
) -> Result<()> {
    match handler {
        Handler::Launched { previous, prelaunch, .. } => {
            let arguments = match args {
                CallArgs::Launch(arguments) => arguments,
                // Nobody is there who could pass any.
                CallArgs::None | CallArgs::Activation(_) => String::new(),
            };
            handlers.call_launched(accessor, app::launch(arguments, previous, prelaunch)).await
        }
        Handler::Activated { previous, .. } => {
            let activated = match args {
                CallArgs::Activation(activation) => app::activated(activation, previous),
                CallArgs::None | CallArgs::Launch(_) => None,
            };
            let activated =
                activated.ok_or_else(|| Error::msg("an activation that this host cannot tell the app"))?;
            handlers.call_activated(accessor, activated).await
        }
        Handler::EnteredBackground => handlers.call_entered_background(accessor, transition(id)).await,
        Handler::LeavingBackground => handlers.call_leaving_background(accessor, transition(id)).await,
        Handler::Suspending => handlers.call_suspending(accessor, transition(id)).await,
        Handler::Resuming { away } => {
            let args = app_types::ResumingArgs { away_ms: away.as_secs_f64() * 1e3 };
            handlers.call_resuming(accessor, args).await
        }
        Handler::MemoryLimitChanging { old, new } => {
            handlers.call_memory_limit_changing(accessor, app::memory_limit(old, new)).await
        }
        Handler::MemoryUsageChanged { change, level, used, limit } => {
            let usage = app::memory_usage(change, level, used, limit);
            handlers.call_memory_usage_changed(accessor, usage).await
        }
    }
}

/// The guest's handle to the transition that a call is.
fn transition(id: CallId) -> Resource<app::Transition> {
    Resource::new_own(id.0)
}
