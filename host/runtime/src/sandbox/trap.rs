//! What went wrong in a guest, in our words.
//!
//! The text is for the author of the guest: what happened, and the innermost functions by the names that the
//! guest itself gives them. Addresses and paths of the host are not in it.

use dormouse_core::TrapKind;
use dormouse_core::outcome::bounded_message;
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

/// Why a sandbox ended before its guest did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GuestTrap {
    pub(crate) kind: TrapKind,
    pub(crate) message: String,
}

impl GuestTrap {
    /// The guest trapped.
    pub(super) fn of(error: &wasmtime::Error) -> Self {
        let kind = if let Some(trap) = error.downcast_ref::<Trap>() {
            kind(*trap)
        } else if error.is::<ResourceTableError>() || error.is::<PoolConcurrencyLimitError>() {
            TrapKind::Limit
        } else {
            TrapKind::Other
        };
        let mut message = match error.downcast_ref::<I32Exit>() {
            Some(I32Exit(code)) => {
                format!("the guest called exit({code}); a task ends by returning from `run`")
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
        Self { kind, message: bounded_message(message) }
    }

    /// The sandbox could not be made, or the guest trapped while it was.
    pub(super) fn at_start(error: &wasmtime::Error, usage: &Usage) -> Self {
        let trap = Self::of(error);
        // Memory that is there from the start is refused in the same way as growth, but cannot be done without.
        let kind = match trap.kind {
            _ if usage.memory_refusals() > 0 => TrapKind::Limit,
            TrapKind::Other => TrapKind::Start,
            kind => kind,
        };
        Self { kind, message: bounded_message(format!("the sandbox could not be started: {}", trap.message)) }
    }
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
