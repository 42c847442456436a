//! From the bytes of a feed to what the digest says of it: plain text, cut to size.

use chrono::{DateTime, Utc};
use feed_rs::model;
use feed_rs::parser::{self, Builder};
use url::Url;

/// The most entries of one feed that are looked at.
pub(crate) const ENTRIES_MAX: usize = 200;

const TITLE_CHARS_MAX: usize = 200;
const SUMMARY_CHARS_MAX: usize = 400;

/// One entry of a feed. All texts are plain, each on one line.
#[derive(Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) id: String,
    pub(crate) feed: String,
    pub(crate) title: String,
    pub(crate) link: Option<Url>,
    pub(crate) date: Option<DateTime<Utc>>,
    pub(crate) summary: String,
}

/// Reads a feed, whatever its server said that it is.
pub(crate) fn parse(body: &[u8], url: &str) -> Result<Vec<Entry>, String> {
    let parser = Builder::new()
        .base_uri(Some(url))
        // By default an entry without an id gets a random one, and would be new each time.
        .id_generator(parser::generate_id)
        .build();
    let feed = parser.parse(body).map_err(|e| format!("not a feed that is understood: {e}"))?;
    let name = text(feed.title.as_ref(), TITLE_CHARS_MAX).unwrap_or_else(|| url.to_owned());
    Ok(feed.entries.into_iter().take(ENTRIES_MAX).map(|e| entry(e, &name)).collect())
}

fn entry(entry: model::Entry, feed: &str) -> Entry {
    let body = entry.content.as_ref().and_then(|content| content.body.as_deref());
    let summary = text(entry.summary.as_ref(), SUMMARY_CHARS_MAX)
        .or_else(|| body.and_then(|body| plain(body, SUMMARY_CHARS_MAX)));
    Entry {
        link: entry.links.iter().find_map(|link| web(&link.href)),
        id: entry.id,
        feed: feed.to_owned(),
        title: text(entry.title.as_ref(), TITLE_CHARS_MAX).unwrap_or_else(|| "untitled".to_owned()),
        date: entry.published.or(entry.updated),
        summary: summary.unwrap_or_default(),
    }
}

/// Links that open a page, and none that do something.
fn web(href: &str) -> Option<Url> {
    Url::parse(href).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
}

fn text(text: Option<&model::Text>, chars_max: usize) -> Option<String> {
    text.and_then(|text| plain(&text.content, chars_max))
}

/// Without tags, on one line, cut; none if nothing is left. Feeds put HTML where they declare plain text,
/// so what they declare is not looked at.
fn plain(html: &str, chars_max: usize) -> Option<String> {
    let text = nanohtml2text::html2text(html);
    let visible = |c: &char| !c.is_control();
    let words: Vec<String> =
        text.split_whitespace().map(|word| word.chars().filter(visible).collect()).collect();
    let line = words.join(" ");
    let cut = match line.char_indices().nth(chars_max) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default().trim_end()),
        None => line,
    };
    (!cut.is_empty()).then_some(cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RSS: &[u8] = include_bytes!("../feeds/burrow.rss");
    const ATOM: &[u8] = include_bytes!("../feeds/canopy.atom");

    #[test]
    fn html_becomes_one_line_of_text() {
        assert_eq!(
            plain("<p>Nuts &amp; <b>seeds</b></p>\n<p>all winter</p>", 99).as_deref(),
            Some("Nuts & seeds all winter")
        );
        assert_eq!(plain("<script>steal()</script> <img src=x>", 99), None);
        assert_eq!(plain("\u{1b}[31mred", 99).as_deref(), Some("[31mred"));
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(plain("äöü äöü", 4).as_deref(), Some("äöü…"));
        assert_eq!(plain("äöü ä", 5).as_deref(), Some("äöü ä"));
    }

    #[test]
    fn both_kinds_of_feed_are_read() {
        let rss = parse(RSS, "http://example.org/burrow.rss").expect("RSS");
        assert_eq!(rss.len(), 3);
        assert_eq!(rss[0].feed, "News from the burrow");
        assert_eq!(rss[0].title, "First frost & full larders");
        assert_eq!(rss[0].link.as_ref().map(Url::as_str), Some("https://burrow.example/frost"));
        let atom = parse(ATOM, "http://example.org/canopy.atom").expect("Atom");
        assert_eq!(atom.len(), 2);
        assert_eq!(atom[0].summary, "Leaves fall earlier than last year, the owls say.");
    }

    #[test]
    fn an_entry_without_an_id_has_the_same_one_each_time() {
        let feed = b"<rss version='2.0'><channel><title>t</title><link>http://e.example/</link>
            <item><title>a</title></item><item><title>b</title></item></channel></rss>";
        let ids = |feed: &[u8]| -> Vec<String> {
            parse(feed, "http://e.example/").expect("RSS").into_iter().map(|e| e.id).collect()
        };
        let first = ids(feed);
        assert_eq!(first, ids(feed));
        assert_ne!(first[0], first[1]);
    }

    #[test]
    fn only_links_to_pages_are_kept() {
        assert_eq!(web("javascript:alert(1)"), None);
        assert_eq!(web("file:///etc/passwd"), None);
        assert!(web("https://example.org/").is_some());
    }
}
