//! Lists.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How many things a list has at most if nobody says otherwise.
pub const LIST_LIMIT: usize = 100;

/// How many it may be asked for.
pub const LIST_LIMIT_MAX: usize = 1_000;

/// A list, or as much of it as was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The things.
    pub items: Vec<T>,
    /// There may be more: the value of `before` that asks for them. It means nothing else.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// All there is.
    #[must_use]
    pub const fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }
}
