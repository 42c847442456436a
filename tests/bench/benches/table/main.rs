//! The table: what Dormouse costs, beside what others do, measured in one session.
//!
//! `cargo bench -p dormouse-bench --bench table`; `-- --quick` for a look, `-- --only NAME` for one group of figures or one
//! contender (again for more of them), `-- --skip-peers` for Dormouse and bare wasmtime alone, `-- --list` for the names, and
//! `-- --write` to put what was measured into docs/performance.md.
//!
//! Each contender is a process of its own, and so is its server, if it has one. Those that can be compared take turns in
//! small batches, a figure is the median of the rounds, and a ratio that of two batches of the same round: what the
//! machine does beside touches all alike. What cannot be built or started, or has nothing of the kind, is a row that says
//! why. All that was measured is kept in `target/dormouse-bench.json`.
//!
//! Peers are built when they are needed first, into `target/peers`. What they need besides Rust is in
//! `tests/bench/peers/README.md`. Set `TMPDIR` to measure another disk.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "what it prints is what it is for")]
#![expect(clippy::disallowed_methods, reason = "a bench reads the clock, and sleeps")]

mod build;
mod child;
mod contenders;
mod figures;
mod goals;
mod groups;
mod machine;
mod proc;
mod report;
mod rounds;
mod servers;

use std::path::{Path, PathBuf};

use anyhow::ensure;
use clap::Parser;

use crate::build::Builds;
use crate::contenders::{CONTENDERS, Contender};
use crate::groups::{GROUPS, Group};
use crate::machine::Machine;
use crate::report::Report;

#[derive(Parser)]
#[command(about = "What Dormouse costs, beside what others do")]
struct Args {
    /// A look: few rounds, small numbers.
    #[arg(long)]
    quick: bool,
    /// A group of figures, or a contender; all of them if none is named.
    #[arg(long, value_name = "NAME", num_args = 1..)]
    only: Vec<String>,
    /// Dormouse and bare wasmtime, and nobody else.
    #[arg(long)]
    skip_peers: bool,
    /// Says what there is to measure, and measures nothing.
    #[arg(long)]
    list: bool,
    /// Puts the tables into docs/performance.md.
    #[arg(long)]
    write: bool,
    /// What Cargo says to every bench.
    #[arg(long = "bench", hide = true)]
    _bench: bool,
}

/// What a group of figures is measured with.
struct Bench {
    is_quick: bool,
    contenders: Vec<Contender>,
    builds: Builds,
}

impl Bench {
    /// `look` for a look, else `all`.
    const fn scaled<T: Copy>(&self, all: T, look: T) -> T {
        if self.is_quick { look } else { all }
    }
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    if args.list {
        list();
        return Ok(());
    }
    let (groups, contenders) = wanted(&args)?;
    let bench = Bench { is_quick: args.quick, contenders, builds: Builds::new(root(), args.quick) };
    let command: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let mut report = Report::new(Machine::look()?, command.join(" "));
    println!("{}", report.heading());
    for group in groups {
        eprintln!("measuring {}: {}", group.name, group.title);
        let table = (group.measure)(&bench);
        println!("\n{table}");
        report.add(group.name, group.title, table);
    }
    report.goals = goals::judged(&report);
    println!("\n{}", report.goals());
    report.save(&root().join("target/dormouse-bench.json"))?;
    if args.write {
        report.write(&root().join("docs/performance.md"))?;
    }
    Ok(())
}

fn list() {
    println!("groups of figures");
    for group in GROUPS {
        println!("  {:<24} {}", group.name, group.title);
    }
    println!("contenders");
    for contender in CONTENDERS {
        println!("  {:<24} {}", contender.name, contender.what);
    }
}

/// Groups and contenders that were named, or all of either.
fn wanted(args: &Args) -> anyhow::Result<(Vec<&'static Group>, Vec<Contender>)> {
    let is_named = |name: &str| args.only.iter().any(|only| only == name);
    for only in &args.only {
        let known = GROUPS.iter().any(|group| group.name == only)
            || CONTENDERS.iter().any(|contender| contender.name == only);
        ensure!(known, "there is no `{only}`: `--list` says what there is");
    }
    let any_group = GROUPS.iter().any(|group| is_named(group.name));
    let groups = GROUPS.iter().filter(|group| !any_group || is_named(group.name)).collect();
    let any_contender = CONTENDERS.iter().any(|contender| is_named(contender.name));
    let contenders = CONTENDERS
        .iter()
        .filter(|contender| !any_contender || is_named(contender.name))
        .filter(|contender| !args.skip_peers || contender.is_ours());
    Ok((groups, contenders.copied().collect()))
}

/// The folder of the workspace.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}
