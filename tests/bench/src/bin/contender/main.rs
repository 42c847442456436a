//! Dormouse, and wasmtime alone, as peers of the bench: a process each, which speaks the lines of `peer-protocol`.
//!
//! ```text
//! contender bare|memory|sqlite-full|sqlite-normal|prelaunched GUESTS
//!     [--directory DIR] [--cache DIR] [--slots N] [--watched]
//! ```
//!
//! GUESTS is the folder of the compiled package `bench-guests`. A host on SQLite keeps its file in DIR. `prelaunched` is a
//! host in memory, with an app that was launched ahead: what it is asked to run runs in the app's instance, which is there.
//!
//! Moments inside a guest are heard by an observer, which every event of the host is made for. So it is there with
//! `--watched` only: whole runs are measured without it, and what needs it is refused without it.

#![expect(clippy::disallowed_methods, reason = "it measures: clients are tasks, and time is real")]

mod bare;
mod heard;
mod history;
mod host;
mod setup;

use std::mem::ManuallyDrop;
use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use peer_protocol::serve;

use crate::bare::Alone;
use crate::host::Dormouse;

#[derive(Parser)]
#[command(about = "Dormouse, and wasmtime alone, as peers of the bench")]
struct Args {
    /// What runs the tasks.
    #[arg(value_enum)]
    on: On,
    /// Where the compiled tasks are.
    guests: PathBuf,
    /// Where a store on disk is kept.
    #[arg(long)]
    directory: Option<PathBuf>,
    /// Where compiled code is kept between processes.
    #[arg(long)]
    cache: Option<PathBuf>,
    /// Runs at once, if not as many as is usual.
    #[arg(long)]
    slots: Option<u32>,
    /// Hears what happens inside of guests.
    #[arg(long)]
    watched: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum On {
    /// Wasmtime alone, tuned as the engine of the host is.
    Bare,
    /// A host that keeps nothing.
    Memory,
    /// A host whose every commit is on the disk when it is answered.
    SqliteFull,
    /// A host whose commits the operating system has.
    SqliteNormal,
    /// A host that keeps nothing, with the instance of an app that was launched ahead.
    Prelaunched,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    // What is under way is for the next one: nothing is taken down.
    match args.on {
        On::Bare => serve(&mut *ManuallyDrop::new(Alone::new(args, runtime)))?,
        _ => serve(&mut *ManuallyDrop::new(Dormouse::new(args, runtime)?))?,
    }
    std::process::exit(0)
}
