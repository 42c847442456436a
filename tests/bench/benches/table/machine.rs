//! What it was measured on.

use std::fmt;
use std::fs::{self, File};
use std::io::Write as _;
use std::process::Command;
use std::time::Instant;

use serde::Serialize;

use crate::figures::per_mille;
use crate::servers::output;

/// How often the disk is asked, and for how much.
const SYNCS: usize = 200;
const BLOCK: [u8; 4096] = [7; 4096];

#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    date: String,
    processor: String,
    cores: usize,
    memory_mib: u64,
    kernel: String,
    rustc: String,
    node: Option<String>,
    /// How many wanted to run in the minute before, on average.
    load: f64,
    /// What the disk of `TMPDIR` asks for an append of 4 KiB to be on it.
    fdatasync_us_p50: Option<f64>,
    fdatasync_us_p99: Option<f64>,
}

impl Machine {
    pub(crate) fn look() -> anyhow::Result<Self> {
        let after = |path: &str, name: &str| {
            let text = fs::read_to_string(path).unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.split_once(':'));
            line.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
        };
        let memory = after("/proc/meminfo", "MemTotal");
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let version = |program: &str| output(Command::new(program).arg("--version"), program).ok();
        let syncs = fdatasyncs()?;
        Ok(Self {
            date: jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
            processor: after("/proc/cpuinfo", "model name"),
            cores: std::thread::available_parallelism()?.get(),
            memory_mib: memory.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0)
                >> 10,
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned(),
            rustc: version("rustc").unwrap_or_default().trim().to_owned(),
            node: version("node").map(|version| version.trim().to_owned()),
            load: load.split_whitespace().next().and_then(|load| load.parse().ok()).unwrap_or(0.0),
            fdatasync_us_p50: per_mille(&syncs, 500),
            fdatasync_us_p99: per_mille(&syncs, 990),
        })
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { date, processor, cores, memory_mib, kernel, rustc, load, .. } = self;
        write!(
            f,
            "{date}, {cores} cores of {processor}, {memory_mib} MiB of memory, Linux {kernel}, {rustc}"
        )?;
        if let Some(node) = &self.node {
            write!(f, ", Node.js {node}")?;
        }
        write!(f, ". Load at the beginning: {load:.2}.")?;
        if let (Some(p50), Some(p99)) = (self.fdatasync_us_p50, self.fdatasync_us_p99) {
            write!(f, " `fdatasync` of 4 KiB appended: p50 {p50:.0} µs, p99 {p99:.0} µs.")?;
        }
        Ok(())
    }
}

/// Microseconds of one each.
fn fdatasyncs() -> anyhow::Result<Vec<f64>> {
    let folder = tempfile::tempdir()?;
    let mut file = File::create(folder.path().join("synced"))?;
    let mut all = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        file.write_all(&BLOCK)?;
        let begun = Instant::now();
        file.sync_data()?;
        all.push(begun.elapsed().as_secs_f64() * 1e6);
    }
    Ok(all)
}
