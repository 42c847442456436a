//! Where signals come from.

pub(crate) mod filesystem;
