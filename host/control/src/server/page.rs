//! Lists, a page at a time.

use std::fmt::Display;
use std::str::FromStr;

use dormouse_core::Timestamp;

use crate::api::{Code, LIST_LIMIT, LIST_LIMIT_MAX, Page, Problem};

/// Bytes of JSON that the things of a page have together, unless there is one only.
const PAGE_LEN: usize = 4 * 1024 * 1024;

/// How many things were asked for.
///
/// # Errors
///
/// [`Code::InvalidRequest`]
pub(super) fn limit(asked: Option<usize>) -> Result<usize, Problem> {
    match asked {
        None => Ok(LIST_LIMIT),
        Some(limit) if (1..=LIST_LIMIT_MAX).contains(&limit) => Ok(limit),
        Some(limit) => {
            let detail = format!("a limit of {limit} is not between 1 and {LIST_LIMIT_MAX}");
            Err(Problem::new(Code::InvalidRequest, detail).field("limit"))
        }
    }
}

/// A place in a list: a moment, and what tells two of the same moment apart.
pub(super) fn place(at: Timestamp, tie: impl Display) -> String {
    format!("{}.{tie}", at.as_micros())
}

/// The place that was written so.
///
/// # Errors
///
/// [`Code::InvalidRequest`]
pub(super) fn placed<T: FromStr>(text: Option<&String>) -> Result<Option<(Timestamp, T)>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let parsed = text
        .split_once('.')
        .and_then(|(at, tie)| Some((Timestamp::from_micros(at.parse().ok()?), tie.parse().ok()?)));
    parsed.map(Some).ok_or_else(|| {
        Problem::new(Code::InvalidRequest, "`before` is no place in this list")
            .field("before")
            .help("leave it out, or give what `next` said")
    })
}

/// A page of the things that were found, up to `limit` of them, the last of which is at the place that `place` says. It
/// ends before them when it is long: it is less than a client takes, however large each of them is.
pub(super) fn page<T, V: serde::Serialize>(
    things: &[T],
    limit: usize,
    view: impl Fn(&T) -> V,
    place: impl Fn(&T) -> String,
) -> Page<V> {
    let (mut items, mut len) = (Vec::new(), 0);
    for thing in things {
        let item = view(thing);
        len += serde_json::to_vec(&item).map_or(0, |json| json.len());
        // One at least, else there is no end.
        if len > PAGE_LEN && !items.is_empty() {
            break;
        }
        items.push(item);
    }
    let more = items.len() < things.len() || things.len() >= limit;
    let last = things.get(items.len().wrapping_sub(1)).filter(|_| more);
    Page { items, next: last.map(place) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_back_and_nothing_else_is_one() {
        let at = Timestamp::from_micros(-5);
        assert_eq!(placed::<u64>(Some(&place(at, 7))).unwrap(), Some((at, 7)));
        assert_eq!(placed::<u64>(None).unwrap(), None);
        for bad in ["", "7", "a.7", "7.a", "7.8.9"] {
            assert_eq!(placed::<u64>(Some(&bad.to_owned())).unwrap_err().field.as_deref(), Some("before"));
        }
    }

    #[test]
    fn a_page_is_not_too_long_and_the_next_begins_where_it_ends() {
        let things: Vec<_> = (0..LIST_LIMIT_MAX).map(|n| (n, "\u{1}".repeat(8 * 1024))).collect();
        let (mut rest, mut read, mut pages) = (&things[..], Vec::new(), 0);
        loop {
            let page = page(rest, LIST_LIMIT_MAX, |(n, text)| (*n, text.clone()), |(n, _)| n.to_string());
            assert!(serde_json::to_vec(&page).unwrap().len() < PAGE_LEN + LIST_LIMIT_MAX * 8);
            read.extend(page.items.into_iter().map(|(n, _)| n));
            pages += 1;
            let Some(next) = page.next else { break };
            rest = &things[next.parse::<usize>().unwrap() + 1..];
        }
        assert!(pages > 1 && read.into_iter().eq(0..LIST_LIMIT_MAX));
        let one = page(&["x".repeat(2 * PAGE_LEN)], 2, String::clone, |_| "0".to_owned());
        assert_eq!((one.items.len(), one.next), (1, None));
    }

    #[test]
    fn a_list_cannot_be_asked_for_whole() {
        assert_eq!(limit(None).unwrap(), LIST_LIMIT);
        assert_eq!(limit(Some(LIST_LIMIT_MAX)).unwrap(), LIST_LIMIT_MAX);
        for bad in [0, LIST_LIMIT_MAX + 1] {
            assert_eq!(limit(Some(bad)).unwrap_err().code, Code::InvalidRequest);
        }
    }
}
