//! What went wrong in a guest, in our words.
//!
//! The text is for the author of the guest: what happened, and the innermost functions by the names that the
//! guest itself gives them. Addresses and paths of the host are not in it.

use dormouse_core::outcome::bounded_message;
use dormouse_core::{Limits, TrapKind};
use wasmtime::component::ResourceTableError;
use wasmtime::{PoolConcurrencyLimitError, Trap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

use super::usage::Usage;

/// The longest name of a function that is shown, in characters.
const NAME_LEN_MAX: usize = 160;

/// The beginning of a name.
fn bounded(name: &str) -> &str {
    name.char_indices().nth(NAME_LEN_MAX).and_then(|(end, _)| name.get(..end)).unwrap_or(name)
}

/// How many functions are shown.
const FRAMES: usize = 4;

/// A limit that a guest ran into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exceeded {
    Handles,
    HostcallBytes,
    RandomBytes,
    Instances,
}

/// What says which limit it was, where there is no typed error: wasmtime's own words, here and nowhere else. A test of
/// each limit fails when a version of it says something else.
const WORDS: [(&str, Exceeded); 4] = [
    ("store handle limit exceeded", Exceeded::Handles),
    ("fuel allocated for hostcalls has been exhausted", Exceeded::HostcallBytes),
    ("resource limit exceeded: ", Exceeded::Instances),
    ("requested len ", Exceeded::RandomBytes),
];

/// Why a sandbox ended before its guest did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GuestTrap {
    pub(crate) kind: TrapKind,
    pub(crate) message: String,
    exceeded: Option<Exceeded>,
}

impl GuestTrap {
    /// A host function, or the engine, panicked. What it says of that is in the host's log, and not for the guest.
    pub(crate) fn of_a_panic() -> Self {
        Self {
            kind: TrapKind::Other,
            message: "the host failed in a call of the guest's".to_owned(),
            exceeded: None,
        }
    }

    /// It is of another kind than what was started.
    pub(crate) fn unfit(message: &str) -> Self {
        Self { kind: TrapKind::Start, message: message.to_owned(), exceeded: None }
    }

    /// The guest trapped.
    pub(crate) fn of(error: &wasmtime::Error) -> Self {
        Self::of_one_that(error, "a task ends by returning from `run`")
    }

    /// The guest of an app trapped.
    pub(crate) fn of_app(error: &wasmtime::Error) -> Self {
        Self::of_one_that(error, "an app is ended by its host")
    }

    /// The guest trapped; `ends` says how it ends in good order.
    fn of_one_that(error: &wasmtime::Error, ends: &str) -> Self {
        let exceeded = exceeded(error);
        let kind = if let Some(trap) = error.downcast_ref::<Trap>() {
            kind(*trap)
        } else if exceeded.is_some() || error.is::<PoolConcurrencyLimitError>() {
            TrapKind::Limit
        } else {
            TrapKind::Other
        };
        let mut message = match error.downcast_ref::<I32Exit>() {
            Some(I32Exit(code)) => {
                format!("the guest called exit({code}); {ends}")
            }
            None => error.root_cause().to_string(),
        };
        if let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() {
            let names = backtrace.frames().iter().filter_map(|frame| frame.func_name()).take(FRAMES);
            for (n, name) in names.enumerate() {
                message.push_str(if n == 0 { ", in " } else { ", called by " });
                // Other languages' names are no Rust names, and stay as they are. Without the hash, which says
                // nothing to a person.
                let name = format!("{:#}", rustc_demangle::demangle(bounded(name)));
                message.push_str(bounded(&name));
            }
        }
        Self { kind, message: bounded_message(message), exceeded }
    }

    /// What is told of it: with the figure, if a limit of the run was exceeded.
    pub(crate) fn told(&self, limits: &Limits) -> String {
        let Some(exceeded) = self.exceeded else { return self.message.clone() };
        let figure = match exceeded {
            Exceeded::Handles => format!("`handles` is {}", limits.handles),
            Exceeded::HostcallBytes => format!("`hostcall-bytes` is {}", limits.hostcall_bytes),
            Exceeded::RandomBytes => format!("`random-bytes` is {}", limits.random_bytes),
            Exceeded::Instances => format!("`instances` is {}", limits.instances),
        };
        bounded_message(format!("limit {figure}: {}", self.message))
    }

    /// The sandbox could not be made, or the guest trapped while it was.
    pub(crate) fn at_start(error: &wasmtime::Error, usage: &Usage) -> Self {
        let trap = Self::of(error);
        // Memory that is there from the start is refused in the same way as growth, but cannot be done without.
        let kind = match trap.kind {
            _ if usage.memory_refusals() > 0 => TrapKind::Limit,
            TrapKind::Other => TrapKind::Start,
            kind => kind,
        };
        let message = bounded_message(format!("the sandbox could not be started: {}", trap.message));
        Self { kind, message, exceeded: trap.exceeded }
    }
}

/// Which limit of the run it was, if it was one.
fn exceeded(error: &wasmtime::Error) -> Option<Exceeded> {
    if let Some(ResourceTableError::Full) = error.downcast_ref() {
        return Some(Exceeded::Handles);
    }
    // A trap is what it says, and guests write no errors without a type.
    if error.is::<Trap>() || error.is::<I32Exit>() {
        return None;
    }
    let words = error.root_cause().to_string();
    WORDS.into_iter().find(|(known, _)| words.contains(known)).map(|(_, exceeded)| exceeded)
}

/// wasmtime's codes, in classes.
fn kind(trap: Trap) -> TrapKind {
    match trap {
        Trap::UnreachableCodeReached => TrapKind::Unreachable,
        Trap::StackOverflow => TrapKind::StackOverflow,
        Trap::MemoryOutOfBounds | Trap::StringOutOfBounds | Trap::ListOutOfBounds => {
            TrapKind::MemoryOutOfBounds
        }
        Trap::TableOutOfBounds | Trap::IndirectCallToNull | Trap::BadSignature | Trap::NullReference => {
            TrapKind::Table
        }
        Trap::IntegerOverflow | Trap::IntegerDivisionByZero | Trap::BadConversionToInteger => {
            TrapKind::Arithmetic
        }
        Trap::AllocationTooLarge | Trap::StreamOpTooBig | Trap::BackpressureOverflow => TrapKind::Limit,
        _ => TrapKind::Other,
    }
}
