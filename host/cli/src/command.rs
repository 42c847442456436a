//! The commands.

mod build;
pub(crate) mod run;
