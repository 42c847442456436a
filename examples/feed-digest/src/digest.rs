//! The digest: a Markdown file, the newest on top.

use std::cmp::Reverse;
use std::env;
use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;

use chrono::{DateTime, Utc};

use crate::entry::Entry;
use crate::files;

/// The file's length in bytes above which old sections are left out.
const DIGEST_LEN_MAX: usize = 256 * 1024;

const SECTION: &str = "\n## ";

/// Puts a section with `entries` above what is there. Nothing new leaves the file as it is.
pub(crate) fn add(mut entries: Vec<Entry>, date: DateTime<Utc>) -> io::Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    // Those without a date come last, and those of one date as their feeds list them.
    entries.sort_by_key(|entry| Reverse(entry.date));
    let path = PathBuf::from(env::var_os("DIGEST").unwrap_or_else(|| "/local/digest.md".into()));
    let before = files::read(&path)?;
    files::write(&path, with_section(&before, &section(&entries, date)).as_bytes())
}

fn with_section(before: &str, section: &str) -> String {
    let older = before.find(SECTION).and_then(|at| before.get(at..)).unwrap_or_default();
    let mut all = format!("# Digest\n{section}{older}");
    while all.len() > DIGEST_LEN_MAX {
        match all.rfind(SECTION) {
            // The one just made stays, however long it is.
            Some(last) if all.find(SECTION) != Some(last) => all.truncate(last),
            _ => break,
        }
    }
    all
}

fn section(entries: &[Entry], date: DateTime<Utc>) -> String {
    let mut text = format!("{SECTION}{} UTC\n", date.format("%Y-%m-%d %H:%M"));
    for entry in entries {
        let title = escaped(&entry.title);
        let title = match &entry.link {
            Some(link) => format!("[{title}](<{link}>)"),
            None => title,
        };
        let day = entry.date.map_or_else(|| "no date".to_owned(), |date| date.format("%Y-%m-%d").to_string());
        // Writing to a `String` cannot fail.
        let _ = write!(text, "\n- **{title}** ({}, {day})\n", escaped(&entry.feed));
        if !entry.summary.is_empty() {
            let _ = writeln!(text, "  {}", escaped(&entry.summary));
        }
    }
    text
}

/// What comes from a feed is text, and neither markup nor HTML of ours.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '&' | '|' | '~' | '!') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use url::Url;

    fn entry(title: &str) -> Entry {
        Entry {
            id: title.to_owned(),
            feed: "feed".to_owned(),
            title: title.to_owned(),
            link: Url::parse("https://example.org/a b").ok(),
            date: DateTime::from_timestamp(1_700_000_000, 0),
            summary: "sum".to_owned(),
        }
    }

    #[test]
    fn what_a_feed_says_is_no_markup_of_ours() {
        let text = section(&[entry("](javascript:x) <b>")], DateTime::UNIX_EPOCH);
        assert_eq!(
            text,
            "\n## 1970-01-01 00:00 UTC\n\n- **[\\](javascript:x) \\<b\\>](<https://example.org/a%20b>)** \
             (feed, 2023-11-14)\n  sum\n"
        );
    }

    #[test]
    fn new_sections_come_first_and_the_oldest_go() {
        let long = entry(&"x".repeat(DIGEST_LEN_MAX / 2));
        let one = with_section("", &section(&[entry("one")], DateTime::UNIX_EPOCH));
        let two = with_section(&one, &section(&[long], DateTime::UNIX_EPOCH));
        assert!(two.contains("**[one]"));
        let three = with_section(&two, &section(&[entry(&"y".repeat(DIGEST_LEN_MAX))], DateTime::UNIX_EPOCH));
        assert!(three.starts_with("# Digest\n\n## "));
        assert_eq!(three.matches(SECTION).count(), 1);
        assert!(three.contains("yyy"));
    }
}
