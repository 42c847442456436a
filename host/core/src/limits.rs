//! What one run may use: the limits, and the levels at which they are set.
//!
//! A figure is the registration's; if it names none, its app's; then the host's default; and at last that of the class,
//! which the trigger's kind picks unless one of the three levels names it. Never above the host's maximum: a figure that
//! was written down and is above it is refused by name, a class is cut to it.
//!
//! All limits are one list in this file, all figures one table in `class.rs`. A limit that is added there can be asked
//! for at every level at once, and a test fails until it has one that proves its enforcement.

mod class;
pub(crate) mod figure;
mod request;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use class::Class;
use figure::Figure;
pub use request::LimitsError;

/// The list of limits. `Most`: more is more; `Least`: less is more.
macro_rules! limits {
    ($($(#[$doc:meta])* $field:ident: $figure:ty, $key:literal, $sense:ident;)*) => {
        /// Everything that one run may use. Each field is enforced by the runtime, metered into the
        /// [`Receipt`](crate::Receipt) or an event, and tested.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub struct Limits {
            $($(#[$doc])* pub $field: $figure,)*
            /// Neither wall-clock time nor idleness ends a run that has taken a deferral: class
            /// [`Unlimited`](Class::Unlimited) (UWP-103). In a host's maximum: this class is granted.
            pub untimed: bool,
        }

        /// What a registration, an app or a host asks for beside its class. What it leaves open is the next level's, and
        /// the class's at last.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct LimitsRequest {
            /// The class; by default the one that the trigger kind picks.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub class: Option<Class>,
            $(
                #[doc = concat!("See [`Limits::", stringify!($field), "`].")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $field: Option<$figure>,
            )*
        }

        impl LimitsRequest {
            /// What can be asked for beside `class`, as manifests and the command line call it.
            pub const KEYS: &'static [&'static str] = &[$($key,)*];

            /// Nothing but what the next level has: for constants.
            #[must_use]
            pub const fn none() -> Self {
                Self { class: None, $($field: None,)* }
            }

            /// Reads one limit as manifests and the command line write it: `wall` and `25s`, `memory` and `64MiB`,
            /// `handles` and `100`, `class` and `long`.
            ///
            /// # Errors
            ///
            /// There is no such limit, or no such figure of it.
            pub fn set(&mut self, key: &str, value: &str) -> Result<(), LimitsError> {
                match key {
                    "class" => self.class = Some(value.parse()?),
                    $($key => self.$field = Some(figure::read($key, value)?),)*
                    _ => return Err(LimitsError::unknown(key)),
                }
                Ok(())
            }

            /// What is asked for, as [`LimitsRequest::set`] reads it.
            #[must_use]
            pub fn written(&self) -> Vec<(&'static str, String)> {
                let class = self.class.map(|class| ("class", class.to_string()));
                let figures = [$(self.$field.map(|figure| ($key, figure.written())),)*];
                class.into_iter().chain(figures.into_iter().flatten()).collect()
            }

            /// This, and what it leaves open as `less` has it.
            #[must_use]
            pub fn or(&self, less: &Self) -> Self {
                Self { class: self.class.or(less.class), $($field: self.$field.or(less.$field),)* }
            }

            /// Whether a host that allows `max` gives what is asked for.
            ///
            /// # Errors
            ///
            /// [`LimitsError`] names the first that it does not.
            pub fn check(&self, max: &Limits) -> Result<(), LimitsError> {
                request::class(self.class, max)?;
                $(request::check($key, request::Sense::$sense, self.$field, max.$field)?;)*
                Ok(())
            }

            /// What of this a host that allows `max` gives.
            #[must_use]
            pub fn cut(&self, max: &Limits) -> Self {
                Self {
                    class: self.class.filter(|class| request::class(Some(*class), max).is_ok()),
                    $($field: self.$field.map(|figure| request::Sense::$sense.cut(figure, max.$field)),)*
                }
            }

            /// What applies on top of `class`, cut to what a host allows.
            fn over(&self, class: Limits, max: &Limits) -> Limits {
                Limits {
                    $($field: request::Sense::$sense.cut(self.$field.unwrap_or(class.$field), max.$field),)*
                    untimed: class.untimed && max.untimed,
                }
            }
        }

        impl Limits {
            /// Sets one limit of a host's maximum, as [`LimitsRequest::set`] does for a request. `class` can only be
            /// `unlimited`, which grants it.
            ///
            /// # Errors
            ///
            /// As there.
            pub fn set(&mut self, key: &str, value: &str) -> Result<(), LimitsError> {
                match key {
                    "class" => match value.parse()? {
                        Class::Unlimited => self.untimed = true,
                        class => return Err(LimitsError::MaxOfClass { class }),
                    },
                    $($key => self.$field = figure::read($key, value)?,)*
                    _ => return Err(LimitsError::unknown(key)),
                }
                Ok(())
            }
        }
    };
}

limits! {
    /// Wall-clock time until the run is cancelled with `execution-time-exceeded`, policy `wall` (UWP-087,
    /// UWP-099). Paused time does not count.
    wall: Duration, "wall", Most;
    /// CPU time until the run is cancelled with `execution-time-exceeded`, policy `cpu`.
    cpu: Duration, "cpu", Most;
    /// CPU time within each minute of the run until it is cancelled with `execution-time-exceeded`, policy
    /// `cpu-per-minute` (UWP-102).
    cpu_per_minute: Duration, "cpu-per-minute", Most;
    /// Wall-clock time between a cancellation and the loss of the sandbox (UWP-082, UWP-083).
    grace: Duration, "grace", Most;
    /// CPU time that a run may use after its cancellation. Where its app has a quota, no more than that has left, and what
    /// cancelled runs may [overdraw](crate::quota::overdraft) it by.
    grace_cpu: Duration, "grace-cpu", Most;
    /// How long a run may do nothing, and wait for nothing that could make it go on by itself, until it is cancelled with
    /// `idle-task`, policy `idle` (UWP-088).
    idle: Duration, "idle", Most;
    /// How long a run may go without a call of WASI until it is cancelled with `idle-task`, policy `io-every` (UWP-102).
    io_every: Duration, "io-every", Most;
    /// Bytes, summed over all linear memories and tables of the run (a table element counts as a pointer).
    memory_bytes: u64, "memory", Most;
    /// Linear memories, tables and core instances: each at most this many.
    instances: u32, "instances", Most;
    /// Deferrals open at once.
    deferrals: u32, "deferrals", Most;
    /// Bytes of standard output and of standard error that are kept, each as a head and a tail.
    output_bytes: u64, "output", Most;
    /// Bytes that one call between guest and host may lift or lower.
    hostcall_bytes: u64, "hostcall-bytes", Most;
    /// Bytes of randomness that one call may ask for.
    random_bytes: u64, "random-bytes", Most;
    /// Handles (files, sockets, streams, our own resources) held at once.
    handles: u32, "handles", Most;
    /// Bytes of headers or of trailers of one HTTP message, as they lie in memory.
    http_fields_bytes: u64, "http-fields-bytes", Most;
    /// The shortest time between two progress events; between them the last value is kept.
    progress_every: Duration, "progress-every", Least;
}

#[cfg(test)]
mod tests;
