//! What is asked for, against what a host allows.

use super::figure::{Figure, SHOWN_LEN_MAX};
use super::{Class, Limits, LimitsRequest};
use crate::trigger::TriggerKind;

/// A limit that cannot be granted, or not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LimitsError {
    /// Zero would let nothing run.
    #[error("limit `{field}` is zero; give it a positive value or leave it out for the class's own")]
    Zero {
        /// Which.
        field: &'static str,
    },
    /// The host allows less.
    #[error("limit `{field}` asks for {asked}, above the host's maximum of {max}")]
    AboveHost {
        /// Which.
        field: &'static str,
        /// What is asked for.
        asked: String,
        /// What the host allows.
        max: String,
    },
    /// The host wants more.
    #[error("limit `{field}` asks for {asked}, below the host's minimum of {min}")]
    BelowHost {
        /// Which.
        field: &'static str,
        /// What is asked for.
        asked: String,
        /// What the host allows.
        min: String,
    },
    /// The class is the operator's to grant (UWP-103).
    #[error(
        "class `{class}` is not granted on this host; ask for another, or have it granted with --limit-max class={class}"
    )]
    NotGranted {
        /// Which.
        class: Class,
    },
    /// A maximum is made of figures.
    #[error(
        "a host's maximum is not a class: only class=unlimited can be granted, and `{class}` needs no grant"
    )]
    MaxOfClass {
        /// Which was named.
        class: Class,
    },
    /// Not a figure of this limit.
    #[error("limit `{field}` is {text:?}; write {form}")]
    Value {
        /// Which.
        field: &'static str,
        /// What was written, shortened.
        text: String,
        /// How it is written.
        form: &'static str,
    },
    /// There is no such limit.
    #[error("there is no limit {key:?}; there are class, {}", LimitsRequest::KEYS.join(", "))]
    Unknown {
        /// What was written, shortened.
        key: String,
    },
    /// There is no such class.
    #[error("there is no class {class:?}; there are {}", Class::ALL.map(Class::as_str).join(", "))]
    UnknownClass {
        /// What was written, shortened.
        class: String,
    },
}

impl LimitsError {
    pub(super) fn unknown(key: &str) -> Self {
        Self::Unknown { key: key.chars().take(SHOWN_LEN_MAX).collect() }
    }

    pub(super) fn unknown_class(class: &str) -> Self {
        Self::UnknownClass { class: class.chars().take(SHOWN_LEN_MAX).collect() }
    }
}

/// Which way a limit is stricter.
#[derive(Clone, Copy)]
pub(super) enum Sense {
    /// The host's figure is the most.
    Most,
    /// The host's figure is the least.
    Least,
}

impl Sense {
    /// `figure`, as far as the host's allows.
    pub(super) fn cut<F: Figure>(self, figure: F, host: F) -> F {
        match self {
            Self::Most => figure.min(host),
            Self::Least => figure.max(host),
        }
    }
}

/// Whether the host grants `class`.
pub(super) fn class(class: Option<Class>, max: &Limits) -> Result<(), LimitsError> {
    match class {
        Some(class @ Class::Unlimited) if !max.untimed => Err(LimitsError::NotGranted { class }),
        _ => Ok(()),
    }
}

/// Whether the host gives `asked`.
pub(super) fn check<F: Figure>(
    field: &'static str,
    sense: Sense,
    asked: Option<F>,
    host: F,
) -> Result<(), LimitsError> {
    let Some(figure) = asked else { return Ok(()) };
    if figure == F::ZERO {
        return Err(LimitsError::Zero { field });
    }
    if sense.cut(figure, host) == figure {
        return Ok(());
    }
    let (asked, host) = (figure.written(), host.written());
    Err(match sense {
        Sense::Most => LimitsError::AboveHost { field, asked, max: host },
        Sense::Least => LimitsError::BelowHost { field, asked, min: host },
    })
}

impl LimitsRequest {
    /// The limits that apply to a run started by a trigger of `kind`, on a host that allows `max`.
    ///
    /// A class may be above what the host allows and is then cut to it; an explicit figure above it is an
    /// error, so that nobody believes to have what was not given.
    ///
    /// # Errors
    ///
    /// [`LimitsError`] names the field.
    pub fn resolve(&self, kind: TriggerKind, max: &Limits) -> Result<Limits, LimitsError> {
        self.check(max)?;
        Ok(self.within(kind, max))
    }

    /// As [`LimitsRequest::resolve`], and cut to what the host allows where it asks for more: for what was granted by an
    /// earlier maximum, and is stored.
    #[must_use]
    pub fn within(&self, kind: TriggerKind, max: &Limits) -> Limits {
        self.over(self.class_within(kind, max).limits(), max)
    }

    /// The class of a run started by a trigger of `kind`: the one that is asked for, if a host that allows `max` grants it.
    #[must_use]
    pub fn class_within(&self, kind: TriggerKind, max: &Limits) -> Class {
        let class = self.class.filter(|asked| class(Some(*asked), max).is_ok());
        class.unwrap_or(Class::for_trigger(kind))
    }
}
