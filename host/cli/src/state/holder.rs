//! Who has a state directory.

use std::fs;
use std::path::Path;

use dormouse::core::Timestamp;

/// The longest part of a command line that is told, in characters.
const COMMAND_LEN_MAX: usize = 200;

/// The name of the file that its holder locks, and writes its process id to when it has.
const LOCK: &str = "dormouse.lock";

/// What can be said of the process `holder` that has `directory`, and what to do.
pub(super) fn told(directory: &Path, holder: Option<u32>) -> String {
    let advice = "one process at a time can use a state directory; stop the other, or give another --state";
    let mut known = Vec::new();
    known.extend(holder.and_then(command).map(|command| format!("runs `{command}`")));
    known.extend(since(directory).map(|since| format!("has had it since {since}")));
    if known.is_empty() { advice.to_owned() } else { format!("it {}; {advice}", known.join(" and ")) }
}

/// The command line of a process of this machine; none if it cannot be seen.
fn command(pid: u32) -> Option<String> {
    let bytes = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let text = String::from_utf8_lossy(bytes.strip_suffix(b"\0").unwrap_or(&bytes)).replace('\0', " ");
    let command: String = text.chars().take(COMMAND_LEN_MAX).collect();
    (!command.is_empty()).then_some(command)
}

/// Since when the file is as it is, to the second.
fn since(directory: &Path) -> Option<Timestamp> {
    use std::os::unix::fs::MetadataExt as _;
    let seconds = fs::metadata(directory.join(LOCK)).ok()?.mtime();
    Some(Timestamp::from_millis(seconds.saturating_mul(1_000)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holder_is_told_by_its_command_and_since_when() {
        let dir = tempfile::tempdir().expect("there is room");
        fs::write(dir.path().join(LOCK), "1\n").expect("there is room");
        let text = told(dir.path(), Some(std::process::id()));
        let me = std::env::args().next().expect("a process has a name");
        assert!(text.starts_with(&format!("it runs `{me}")), "{text}");
        assert!(text.contains("has had it since 20") && text.contains("stop the other"), "{text}");
    }

    #[test]
    fn what_cannot_be_seen_is_left_out() {
        let text = told(Path::new("/nonexistent"), None);
        assert!(text.starts_with("one process at a time"), "{text}");
    }
}
