//! Limits, of the package or of one of its registrations: read, and not above the class that is asked for.

use std::time::Duration;

use dormouse_core::{Class, LimitsRequest};

use super::document::{Document, KeyPath};
use super::error::{ManifestError, Problem};
use super::raw;
use crate::capabilities::rank;

/// Understands `raw`, which stands at `path`, of a package that may have class `most`.
pub(super) fn limits(
    raw: &raw::Limits,
    most: Class,
    document: &Document<'_>,
    path: &KeyPath,
) -> Result<LimitsRequest, ManifestError> {
    let mut request = LimitsRequest::default();
    for (key, raw::Figure(text)) in raw {
        request.set(key, text).map_err(|error| document.error(&path.key(key), error.into()))?;
    }
    above(&request, most).map_err(|(key, problem)| document.error(&path.key(key), problem))?;
    Ok(request)
}

/// Whether `request` is above `most`, and in what.
fn above(request: &LimitsRequest, most: Class) -> Result<(), (&'static str, Problem)> {
    if let Some(class) = request.class
        && rank(class) > rank(most)
    {
        let asked = format!("class `{class}`");
        return Err(("class", Problem::AboveClass { asked, class: most, next: Some(class) }));
    }
    for (key, asked, of) in [("wall", request.wall, wall as fn(Class) -> Duration), ("cpu", request.cpu, cpu)]
    {
        if let Some(asked) = asked.filter(|asked| *asked > of(most)) {
            let next = [Class::Default, Class::Long, Class::Maintenance]
                .into_iter()
                .find(|class| asked <= of(*class));
            let asked = format!("{asked:?}");
            return Err((key, Problem::AboveClass { asked, class: most, next }));
        }
    }
    Ok(())
}

const fn wall(class: Class) -> Duration {
    let limits = class.limits();
    if limits.untimed { Duration::MAX } else { limits.wall }
}

const fn cpu(class: Class) -> Duration {
    class.limits().cpu
}
