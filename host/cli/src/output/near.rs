//! What somebody may have meant.

/// How alike two names must be, from 0 to 1, for one to be taken for the other.
const ALIKE: f64 = 0.8;

/// How many names are suggested.
const SUGGESTED_MAX: usize = 3;

/// Those of `names` that are most like `written`, as a question; none if none is.
pub(crate) fn did_you_mean<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let mut alike: Vec<(f64, &str)> = names
        .into_iter()
        .map(|name| (strsim::jaro_winkler(written, name), name))
        .filter(|(how, _)| *how >= ALIKE)
        .collect();
    alike.sort_by(|(one, name), (other, another)| other.total_cmp(one).then_with(|| name.cmp(another)));
    alike.dedup_by_key(|(_, name)| *name);
    let names: Vec<String> = alike.iter().take(SUGGESTED_MAX).map(|(_, name)| format!("`{name}`")).collect();
    (!names.is_empty()).then(|| format!("did you mean {}?", names.join(" or ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_alike_is_suggested_the_most_alike_first() {
        let names = ["hourly", "daily", "hourly-report", "nightly", "hourly"];
        assert_eq!(
            did_you_mean("hourl", names).as_deref(),
            Some("did you mean `hourly` or `hourly-report`?")
        );
        assert_eq!(did_you_mean("zebra", names), None);
        assert_eq!(did_you_mean("x", []), None);
    }
}
