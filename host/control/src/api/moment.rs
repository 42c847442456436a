//! Moments and spans as they are written.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use dormouse_core::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// A moment, written as RFC 3339 in UTC: `2026-03-01T08:59:59.5Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Moment(pub Timestamp);

/// A text that is no moment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no moment: write it as RFC 3339 has it, like 2026-03-01T08:59:59Z")]
pub struct NoMoment(String);

impl From<Timestamp> for Moment {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

impl From<Moment> for Timestamp {
    fn from(moment: Moment) -> Self {
        moment.0
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for Moment {
    type Err = NoMoment;

    fn from_str(text: &str) -> Result<Self, NoMoment> {
        if let Ok(at) = text.parse::<jiff::Timestamp>() {
            return Ok(Self(Timestamp::from_micros(at.as_microsecond())));
        }
        // A moment outside the calendar is written as its microseconds.
        let micros = text.strip_suffix("us").and_then(|micros| micros.parse().ok());
        let micros = micros.ok_or_else(|| NoMoment(text.chars().take(64).collect()))?;
        Ok(Self(Timestamp::from_micros(micros)))
    }
}

impl TryFrom<String> for Moment {
    type Error = NoMoment;

    fn try_from(text: String) -> Result<Self, NoMoment> {
        text.parse()
    }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> Self {
        moment.to_string()
    }
}

impl PartialSchema for Moment {
    fn schema() -> RefOr<Schema> {
        let object = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("RFC 3339, in UTC"));
        object.into()
    }
}

impl ToSchema for Moment {}

/// A span as it is written: milliseconds, with a fraction.
pub(crate) fn ms(span: Duration) -> f64 {
    span.as_secs_f64() * 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_moment_is_read_back_as_it_was_written() {
        for micros in [0, -1, 1_772_355_599_500_000, i64::MAX, i64::MIN] {
            let moment = Moment(Timestamp::from_micros(micros));
            let json = serde_json::to_string(&moment).unwrap();
            assert_eq!(serde_json::from_str::<Moment>(&json).unwrap(), moment, "{json}");
        }
        assert!(serde_json::from_str::<Moment>("\"yesterday\"").is_err());
    }
}
