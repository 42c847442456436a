//! Figures: spans, bytes and counts, as they are written and compared.

use std::time::Duration;

use bytesize::ByteSize;
use jiff::SignedDuration;

use super::LimitsError;

/// The longest text about a figure that an error repeats, in characters.
pub(super) const SHOWN_LEN_MAX: usize = 64;

/// The figure of a limit. What it is follows from its type: a span, a number of bytes or a count.
pub(crate) trait Figure: Copy + Ord {
    const ZERO: Self;
    /// How it is written, for whoever wrote something else.
    const FORM: &'static str;

    fn parse(text: &str) -> Option<Self>;

    /// As [`Figure::parse`] reads it.
    fn written(self) -> String;
}

impl Figure for Duration {
    const ZERO: Self = Self::ZERO;
    const FORM: &'static str = "a span of time with its unit, like 500ms, 25s or 1h30m";

    fn parse(text: &str) -> Option<Self> {
        Self::try_from(text.parse::<SignedDuration>().ok()?).ok()
    }

    fn written(self) -> String {
        format!("{self:?}")
    }
}

impl Figure for u64 {
    const ZERO: Self = 0;
    const FORM: &'static str = "a number of bytes, like 64MiB or 65536";

    fn parse(text: &str) -> Option<Self> {
        Some(text.parse::<ByteSize>().ok()?.as_u64())
    }

    fn written(self) -> String {
        let units = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
        let whole = |(_, bits): &(&str, u32)| self > 0 && self.trailing_zeros() >= *bits;
        match units.into_iter().find(whole) {
            Some((unit, bits)) => format!("{}{unit}", self >> bits),
            None => self.to_string(),
        }
    }
}

impl Figure for u32 {
    const ZERO: Self = 0;
    const FORM: &'static str = "a whole number";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn written(self) -> String {
        self.to_string()
    }
}

/// Reads a figure above zero.
pub(super) fn read<F: Figure>(field: &'static str, text: &str) -> Result<F, LimitsError> {
    let refused =
        || LimitsError::Value { field, text: text.chars().take(SHOWN_LEN_MAX).collect(), form: F::FORM };
    let figure = F::parse(text.trim()).ok_or_else(refused)?;
    if figure == F::ZERO { Err(LimitsError::Zero { field }) } else { Ok(figure) }
}
