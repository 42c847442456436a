//! The commands.

pub(crate) mod access;
mod build;
pub(crate) mod compile_worker;
pub(crate) mod conditions;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod install;
pub(crate) mod list;
pub(crate) mod pack;
pub(crate) mod register;
pub(crate) mod registrations;
pub(crate) mod run;
pub(crate) mod serve;
pub(crate) mod triggers;
pub(crate) mod uninstall;
pub(crate) mod unregister;
mod which;
