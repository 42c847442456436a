//! What a process has: open files, threads, memory.

use std::collections::BTreeMap;
use std::fs;

/// Files and threads, counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Census {
    /// What file descriptors lead to, and how many of each.
    files: BTreeMap<String, usize>,
    /// Threads by name.
    threads: BTreeMap<String, usize>,
}

impl Census {
    pub(super) fn take() -> Self {
        // Threads first: what one has open that is not there is closed.
        let mut threads = BTreeMap::new();
        for entry in fs::read_dir("/proc/self/task").unwrap() {
            let Ok(name) = fs::read_to_string(entry.unwrap().path().join("comm")) else { continue };
            *threads.entry(name.trim().to_owned()).or_default() += 1;
        }
        let mut files = BTreeMap::new();
        for entry in fs::read_dir("/proc/self/fd").unwrap() {
            // The one that is read with is gone by now.
            let Ok(target) = fs::read_link(entry.unwrap().path()) else { continue };
            // Sockets and pipes are numbered: what counts is their number.
            let kind = target.to_string_lossy().split(":[").next().unwrap_or_default().to_owned();
            *files.entry(kind).or_default() += 1;
        }
        Self { files, threads }
    }

    /// Threads of this name.
    pub(super) fn threads(&self, name: &str) -> usize {
        self.threads.iter().filter(|(found, _)| found.starts_with(name)).map(|(_, count)| count).sum()
    }
}

/// Bytes of this process that are in memory.
pub(super) fn resident_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse().unwrap();
    kib * 1024
}
