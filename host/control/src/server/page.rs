//! Lists, a page at a time.

use std::fmt::Display;
use std::str::FromStr;

use dormouse_core::Timestamp;

use crate::api::{Code, LIST_LIMIT, LIST_LIMIT_MAX, Page, Problem};

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

/// A page of up to `limit` things, the last of which is at the place that `place` says.
pub(super) fn page<T, V>(
    things: &[T],
    limit: usize,
    view: impl Fn(&T) -> V,
    place: impl Fn(&T) -> String,
) -> Page<V> {
    let next = things.last().filter(|_| things.len() >= limit).map(place);
    Page { items: things.iter().map(view).collect(), next }
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
    fn a_list_cannot_be_asked_for_whole() {
        assert_eq!(limit(None).unwrap(), LIST_LIMIT);
        assert_eq!(limit(Some(LIST_LIMIT_MAX)).unwrap(), LIST_LIMIT_MAX);
        for bad in [0, LIST_LIMIT_MAX + 1] {
            assert_eq!(limit(Some(bad)).unwrap_err().code, Code::InvalidRequest);
        }
    }
}
