//! What tasks run in: the engine with its pools and its ticker, and the compiler.

use std::convert::Infallible;
use std::fs;
use std::time::Duration;

use dormouse::{Allocator, Compiler, Component, ComponentError, Engine, EngineConfig};

use super::measure::median;
use super::{Finding, Level};
use crate::command::compile_worker;
use crate::output::span;

/// How often the ticker's wait is measured; what is in the middle is told.
const TICKS: usize = 21;

/// A component of one empty function, which is no task: it compiles, and is refused for what it is after that.
const TINY: [u8; 34] = [
    0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00, // a component
    0x01, 0x18, // with a core module
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, //
    0x01, 0x04, 0x01, 0x60, 0x00, 0x00, // of one type
    0x03, 0x02, 0x01, 0x00, // and one function of it
    0x0a, 0x04, 0x01, 0x02, 0x00, 0x0b, // that returns
];

pub(super) async fn sandbox() -> Vec<Finding> {
    let engine = match Engine::new(&EngineConfig::default()) {
        Ok(engine) => engine,
        Err(error) => {
            let means = "tasks cannot be run on this machine: give it more memory, or raise its limit";
            return vec![Finding::new("engine", Level::Bad, error.to_string(), means)];
        }
    };
    let mut found = allocator(engine.allocator());
    found.push(ticker());
    found.push(compiler(&engine, &compile_worker::compiler()).await);
    found
}

fn allocator(allocator: &Allocator) -> Vec<Finding> {
    match allocator {
        Allocator::Pool { slots, stacks, pagemap_scan } => {
            let pools = format!("pools for {slots} runs and apps, and {stacks} stacks");
            let means = "a run takes its memory from a pool that is there already";
            vec![
                Finding::new("engine", Level::Ok, pools, means),
                maps(*slots, *stacks),
                if *pagemap_scan {
                    let means = "the kernel tells which pages a run wrote: only those are cleared after it";
                    Finding::new("pagemap-scan", Level::Ok, "in use", means)
                } else {
                    let means = "a run costs twice as much as with it: Linux 6.7 has it";
                    Finding::new("pagemap-scan", Level::Warn, "this kernel has none", means)
                },
            ]
        }
        Allocator::OnDemand { reason } => vec![Finding::new(
            "engine",
            Level::Warn,
            format!("no pools: {reason}"),
            "each run maps its own memory, which is slower: raise vm.max_map_count and the limit of address space",
        )],
        other => vec![Finding::new("engine", Level::Ok, format!("{other:?}"), "memory for runs is there")],
    }
}

/// A pool has two stacks for each run, unless memory maps are short.
fn maps(slots: u32, stacks: u32) -> Finding {
    let allowed = fs::read_to_string("/proc/sys/vm/max_map_count");
    let allowed = allowed.map_or_else(|_| "unknown".to_owned(), |text| text.trim().to_owned());
    if stacks < slots.saturating_mul(2) {
        let means =
            "the pools have fewer stacks than they would: raise it, like `sysctl vm.max_map_count=262144`";
        return Finding::new("vm.max_map_count", Level::Warn, allowed, means);
    }
    Finding::new("vm.max_map_count", Level::Ok, allowed, "as many memory maps as the pools can use")
}

/// How finely guests that do not yield are interrupted: what a sleep of the ticker takes on this machine.
fn ticker() -> Finding {
    let tick = EngineConfig::default().tick;
    let Ok(median) = median(TICKS, || sleep(tick));
    let found = format!("{} for {}", span(median), span(tick));
    if median > tick * 3 {
        let means = "CPU time is bounded more coarsely than it could be: the machine is busy, or its timers are coarse";
        return Finding::new("ticker", Level::Warn, found, means);
    }
    Finding::new("ticker", Level::Ok, found, "how often a guest that does not yield is looked at")
}

#[expect(clippy::disallowed_methods, reason = "it is this machine's real time that is measured")]
fn sleep(time: Duration) -> Result<(), Infallible> {
    std::thread::sleep(time);
    Ok(())
}

/// Whether something is compiled, tried on something tiny.
async fn compiler(engine: &Engine, compiler: &Compiler) -> Finding {
    let what = "compiler";
    match Component::load(engine, compiler, None, TINY.to_vec()).await {
        // It came back from the compiler, and was looked at.
        Ok(_) | Err(ComponentError::NotATask { .. }) => {
            let means = "it was tried: components are compiled within these limits";
            Finding::new(what, Level::Ok, compiler.describe(), means)
        }
        Err(error) => Finding::new(
            what,
            Level::Bad,
            error.to_string(),
            "no package can be installed: is /proc mounted, and may this user start processes?",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compiled_for_a_try_is_refused_only_because_it_is_no_task() {
        let config = EngineConfig { pooling: dormouse::Pooling::OnDemand, ..EngineConfig::default() };
        let engine = Engine::new(&config).expect("an engine");
        let tried = Component::compile(&engine, &TINY);
        assert!(
            matches!(&tried, Err(ComponentError::NotATask { exports }) if exports.is_empty()),
            "{tried:?}"
        );
    }

    #[tokio::test]
    async fn a_worker_that_cannot_be_started_is_bad() {
        let config = EngineConfig { pooling: dormouse::Pooling::OnDemand, ..EngineConfig::default() };
        let engine = Engine::new(&config).expect("an engine");
        let worker = Compiler::Worker {
            executable: "/nonexistent/dormouse".into(),
            args: Vec::new(),
            limits: dormouse::CompileLimits::default(),
        };
        assert_eq!(compiler(&engine, &worker).await.level, Level::Bad);
    }

    #[test]
    fn pools_that_had_to_be_made_smaller_are_worth_a_look() {
        assert_eq!(maps(256, 512).level, Level::Ok);
        assert_eq!(maps(256, 300).level, Level::Warn);
    }
}
