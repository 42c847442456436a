//! What was told before.

use std::collections::HashSet;
use std::io;
use std::path::Path;

use crate::FEEDS_MAX;
use crate::entry::ENTRIES_MAX;
use crate::files;

const SEEN: &str = "/local/seen";

/// As much as all feeds together can show at once, so that nothing is forgotten that may still be shown.
const SEEN_MAX: usize = FEEDS_MAX * ENTRIES_MAX;

/// The longest id that is kept whole, in bytes. Ids are links, most of them.
const ID_LEN_MAX: usize = 512;

/// The entries that were told, by feed and id; the oldest are forgotten.
#[derive(Default)]
pub(crate) struct Seen {
    /// Those that no feed has shown in this run, the oldest first.
    before: Vec<String>,
    /// Those that a feed has shown.
    now: Vec<String>,
    told: HashSet<String>,
}

impl Seen {
    pub(crate) fn load() -> io::Result<Self> {
        let text = files::read(Path::new(SEEN))?;
        Ok(Self::from_lines(text.lines()))
    }

    fn from_lines<'a>(lines: impl Iterator<Item = &'a str>) -> Self {
        let before: Vec<String> = lines.map(ToOwned::to_owned).collect();
        Self { told: before.iter().cloned().collect(), before, now: Vec::new() }
    }

    /// Whether it was not told before. From now on it was.
    pub(crate) fn is_new(&mut self, feed: &str, id: &str) -> bool {
        let key = key(feed, id);
        let new = self.told.insert(key.clone());
        // What is still shown is as good as told today: it must not be the first to be forgotten.
        self.now.push(key);
        new
    }

    pub(crate) fn save(&self) -> io::Result<()> {
        files::write(
            Path::new(SEEN),
            self.lines().map(|line| format!("{line}\n")).collect::<String>().as_bytes(),
        )
    }

    fn lines(&self) -> impl Iterator<Item = &String> {
        let shown: HashSet<&String> = self.now.iter().collect();
        let mut all: Vec<&String> = self.before.iter().filter(|key| !shown.contains(key)).collect();
        let mut once = HashSet::new();
        all.extend(self.now.iter().filter(|key| once.insert(*key)));
        let forgotten = all.len().saturating_sub(SEEN_MAX);
        all.into_iter().skip(forgotten)
    }
}

/// One line, whatever is in the id.
fn key(feed: &str, id: &str) -> String {
    let mut key = format!("{} {}", feed.escape_debug(), id.escape_debug());
    if key.len() > ID_LEN_MAX {
        let end = (0..=ID_LEN_MAX).rev().find(|at| key.is_char_boundary(*at)).unwrap_or_default();
        // What is cut off still tells two ids apart, nearly always, by its length.
        key = format!("{}…{}", key.get(..end).unwrap_or_default(), key.len());
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    const FEED: &str = "http://example.org/feed";

    fn saved(seen: &Seen) -> Vec<String> {
        seen.lines().cloned().collect()
    }

    #[test]
    fn an_entry_is_new_once_and_new_in_another_feed() {
        let mut seen = Seen::default();
        assert!(seen.is_new(FEED, "a"));
        assert!(!seen.is_new(FEED, "a"));
        assert!(seen.is_new("http://example.org/other", "a"));
        let lines = saved(&seen);
        let mut again = Seen::from_lines(lines.iter().map(String::as_str));
        assert!(!again.is_new(FEED, "a"));
        assert!(again.is_new(FEED, "b"));
    }

    #[test]
    fn the_oldest_that_is_not_shown_any_more_is_forgotten_first() {
        let before: Vec<String> = (0..SEEN_MAX).map(|i| key(FEED, &i.to_string())).collect();
        let mut seen = Seen::from_lines(before.iter().map(String::as_str));
        // The very oldest is still shown, and one is new.
        assert!(!seen.is_new(FEED, "0"));
        assert!(seen.is_new(FEED, "new"));
        let lines = saved(&seen);
        assert_eq!(lines.len(), SEEN_MAX);
        assert!(lines.contains(&key(FEED, "0")));
        assert!(lines.contains(&key(FEED, "new")));
        assert!(!lines.contains(&key(FEED, "1")));
    }

    #[test]
    fn a_strange_id_is_one_line_of_bounded_length() {
        let key = key(FEED, &"line\nfeed ".repeat(1000));
        assert_eq!(key.lines().count(), 1);
        assert!(key.len() < ID_LEN_MAX + 16);
    }
}
