//! The embedded store of Dormouse: one SQLite file in the host's state directory.
//!
//! - **Durable.** A command is answered when it is on the disk: write-ahead log, `synchronous=FULL`.
//! - **Group commit.** One thread writes. It takes all commands that wait, does them in one transaction and
//!   answers each after the commit. Nothing lingers for others to come: while one commit waits for the disk
//!   the next batch gathers by itself, about half of the clients strong. One client pays one sync for a
//!   command, 64 clients share it.
//! - **Readers never wait for it.** Look-ups have a connection and a thread of their own, lists have others; they
//!   see everything that was answered before they were asked.
//! - **Two commits for a run**: [`enqueue`](dormouse_core::store::ActivationStore::enqueue) with a claim, and
//!   [`finish`](dormouse_core::store::ActivationStore::finish).
//!
//! [`SqliteStore::open`] is where to begin. It needs no async runtime: its futures complete from its own
//! threads, on any executor.
//!
//! # In a program of your own
//!
//! SQLite asks for `fsync` unless it was compiled to know `fdatasync`: for each commit the times of the file go to the
//! disk as well, in a write of their own. What SQLite is compiled with is the program's to say, where it is built; in
//! `.cargo/config.toml`, as in that of this project:
//!
//! ```toml
//! [env]
//! LIBSQLITE3_FLAGS = "-DHAVE_FDATASYNC=1 -DSQLITE_DEFAULT_MEMSTATUS=0"
//! ```
//!
//! # Where things are
//!
//! | to learn about | read |
//! | --- | --- |
//! | tables, indexes, how a schema changes | `schema.rs` |
//! | batches, and what becomes of one that fails | `writer.rs` |
//! | what may be wrong with a file, and what is said of it | `open.rs`, [`OpenError`] |
//! | a state directory that another process has, or that cannot be written | [`SqliteStore::open_read_only`], `read_only.rs` |
//! | apps and registrations | `apps.rs`, `app_states.rs`, `quotas.rs`, `settings.rs`, `registrations.rs`, `refusals.rs` |
//! | the way of a firing | `enqueue.rs`, `leases.rs`, `ledger.rs`, with the rows in `activations.rs` |
//! | what is over | `journal.rs`, `runs.rs`, `dead_letters.rs`, `webhooks.rs`, and how it is let go: `prune.rs` |

mod activations;
mod app_states;
mod apps;
mod dead_letters;
mod enqueue;
mod errors;
mod journal;
mod leases;
mod ledger;
mod lock;
mod open;
mod prune;
mod quotas;
mod read_only;
mod reader;
mod refusals;
mod registrations;
mod rows;
mod runs;
mod schema;
mod settings;
mod stations;
mod stats;
mod store;
mod traits;
mod tx;
mod webhooks;
mod writer;

pub use errors::OpenError;
pub use lock::holder;
pub use open::Synchronous;
pub use stats::Stats;
pub use store::SqliteStore;

#[cfg(test)]
mod costs;
#[cfg(test)]
mod migrations;
#[cfg(test)]
mod plans;
