//! Guest programs, one per behaviour, each asserting inside.
//!
//! Every file in `src/bin` is a task, but for `command_*`, which are programs of WASI, and `app_*`, which are apps. Its
//! name says what it does as `area_behaviour`; its first lines say what it expects of its trigger and what a host should
//! see. A wrong observation is a panic, hence a
//! trap, with the reason on stderr. `tests/artifacts` compiles them all for `wasm32-wasip2` and gives the
//! host's tests a constant for each; a program without a test does not compile there.
//!
//! A program is a Cargo binary only because Cargo finds those by itself. Nobody calls the `main` of a task or an app.

pub mod app;
pub mod files;
pub mod heard;
pub mod hosted;
pub mod http;
pub mod net;

use std::fmt::Display;
use std::hint::black_box;

use dormouse_guest::{BackgroundTaskInstance, TaskError};

/// Prints a line for the host's test to read.
#[expect(clippy::print_stdout, reason = "what a program prints is what its test looks at")]
pub fn say(line: impl Display) {
    println!("{line}");
}

/// The application trigger's arguments as text; empty if there are none.
///
/// # Errors
///
/// They are not UTF-8.
pub fn arguments(instance: &BackgroundTaskInstance) -> Result<String, TaskError> {
    Ok(instance.trigger_details().arguments_str()?.to_owned())
}

/// The application trigger's arguments as the name of an attack and an address, with a space between.
///
/// # Errors
///
/// They are something else.
pub fn attack_and_address(instance: &BackgroundTaskInstance) -> Result<(String, String), TaskError> {
    let arguments = arguments(instance)?;
    let both = arguments.split_once(' ').ok_or_else(|| no_such_attack(&arguments))?;
    Ok((both.0.to_owned(), both.1.to_owned()))
}

/// The arguments name no attack of this program.
#[must_use]
pub fn no_such_attack(name: &str) -> TaskError {
    TaskError::failed(format_args!("no such attack: {name}"))
}

/// Some thousand operations that no optimiser can remove, without any call to the host.
pub fn compute() {
    let mut x: u64 = black_box(0x9e37_79b9_7f4a_7c15);
    for _ in 0..10_000 {
        x = black_box(x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    }
}

/// Bytes of a MiB.
pub const MIB: usize = 1 << 20;

/// All that 32 bits can address.
pub const ADDRESSABLE_MIB: usize = 4096;

/// Takes so many MiB for good and touches them. Says `grew 64 MiB`, or `refused 64 MiB` if they are not to be had.
pub fn grow(mib: usize) {
    let answer = if take(mib) { "grew" } else { "refused" };
    say(format_args!("{answer} {mib} MiB"));
}

/// Takes memory for good, a MiB at a time, until it is refused or the address space is full. How many it got.
#[must_use]
pub fn take_all() -> usize {
    (0..ADDRESSABLE_MIB).take_while(|_| take(1)).count()
}

/// Whether so many MiB were to be had, in one piece.
fn take(mib: usize) -> bool {
    let bytes = mib.saturating_mul(MIB);
    let mut block: Vec<u8> = Vec::new();
    if block.try_reserve_exact(bytes).is_err() {
        return false;
    }
    block.resize(bytes, 0xd0);
    black_box(block.leak());
    true
}
