//! Apps that outlive their runs: launched, shown and hidden, suspended with their memory intact, resumed, and ended.
//!
//! ```text
//!  handle: who embeds ─┐                       ┌─► calls ──► instance: the guest
//!  runs: its tasks ────┼─► session: the rules ─┤               │
//!  life: its guest ────┘   todo, in order ──► actor: does it ◄─┘ polled, billed
//!                                              └─► keep: the store   completions: the journal
//! ```
//!
//! | file | holds |
//! | --- | --- |
//! | `session`, `inner`, `decide`, `todo` | the machine of one app under its lock, and what it said that is to be done |
//! | `actor`, `perform` | the one future that does it, and polls the instance |
//! | `instance`, `calls`, `port`, `life` | the sandbox, and what it and the session have of each other |
//! | `output`, `extension` | what an instance writes, and its handles to extended executions |
//! | `runs`, `completions` | background tasks in it, and what it hears of those that ended |
//! | `apps` | all of them, and the places that there are for instances |
//! | `handle`, `prelaunch`, `lease`, `view`, `error` | what is asked of it from outside, and answered |
//! | `keep` | what outlives the host |

mod actor;
mod apps;
pub(crate) mod calls;
mod completions;
mod decide;
mod error;
mod extension;
mod handle;
mod inner;
pub(crate) mod instance;
mod keep;
mod lease;
mod life;
mod output;
mod perform;
pub(crate) mod port;
mod prelaunch;
mod runs;
mod seat;
mod session;
#[cfg(test)]
mod tests;
mod todo;
mod view;

pub(crate) use apps::{Apps, abandon, removed, replaced, stop};
pub(crate) use completions::{SUBSCRIBER_PREFIX, attach, detach};
pub use error::AppError;
pub use handle::{AppHandle, Launch, Prelaunched};
pub use lease::VisibilityLease;
pub(crate) use session::Session;
pub use view::AppView;
