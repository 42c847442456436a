//! What the kernel knows of processes that are not ours: CPU time and memory of a tree of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// A process and all that came from it, as they are now.
pub(crate) fn tree(root: u32) -> Vec<u32> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    for pid in all.filter_map(|entry| entry.file_name().to_str()?.parse().ok()) {
        if let Some(parent) = stat(pid).and_then(|stat| stat.field(PARENT)) {
            children.entry(u32::try_from(parent).unwrap_or(0)).or_default().push(pid);
        }
    }
    let mut tree = vec![root];
    let mut next = 0;
    while let Some(pid) = tree.get(next).copied() {
        tree.extend(children.remove(&pid).into_iter().flatten());
        next += 1;
    }
    tree
}

/// Nanoseconds of CPU time of a tree of processes: of those that live, by the scheduler's own account, and of those that
/// have ended, in ticks of the clock.
pub(crate) fn cpu_ns(root: u32) -> u64 {
    let tick_ns = 1_000_000_000 / rustix::param::clock_ticks_per_second().max(1);
    let of = |pid| {
        let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
        let live: u64 = tasks.filter_map(|task| first(&task.path().join("schedstat"))).sum();
        let ended = stat(pid).map_or(0, |stat| {
            let ticks = |place| stat.field(place).unwrap_or(0);
            (ticks(CHILDREN_USER) + ticks(CHILDREN_SYSTEM)) * tick_ns
        });
        live + ended
    };
    tree(root).into_iter().map(of).sum()
}

/// Bytes of memory of a tree of processes: what several share is split among them.
pub(crate) fn pss(root: u32) -> u64 {
    tree(root).into_iter().map(|pid| rollup(pid, "Pss:")).sum()
}

/// Bytes that a tree of processes has resident.
pub(crate) fn rss(root: u32) -> u64 {
    tree(root).into_iter().map(|pid| rollup(pid, "Rss:")).sum()
}

fn rollup(pid: u32, name: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) << 10
}

/// Places in `/proc/PID/stat`, from behind the name: see proc_pid_stat(5), less three.
const PARENT: usize = 1;
const CHILDREN_USER: usize = 13;
const CHILDREN_SYSTEM: usize = 14;

struct Stat(String);

impl Stat {
    fn field(&self, place: usize) -> Option<u64> {
        self.0.split_whitespace().nth(place)?.parse().ok()
    }
}

/// None if there is no such process any more.
fn stat(pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name may have spaces and parentheses in it.
    Some(Stat(text.rsplit_once(')')?.1.to_owned()))
}

fn first(path: &Path) -> Option<u64> {
    fs::read_to_string(path).ok()?.split_whitespace().next()?.parse().ok()
}
