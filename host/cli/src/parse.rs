//! What people write on the command line, read. Each error says what to write instead; the name of the flag is
//! put before it by `clap`.

mod age;
mod app;
mod app_limit;
mod bytes;
mod dir;
mod duration;
mod env;
mod guest_dir;
mod lease;
mod limit;
mod moment;
mod named_file;
mod overlap;
mod quota;
mod seconds;

pub(crate) use age::age;
pub(crate) use app::app;
pub(crate) use app_limit::AppLimitArg;
pub(crate) use bytes::{bytes, bytes_or_none, wasm_stack};
pub(crate) use dir::{DirArg, PreopenArg, WatchArg};
pub(crate) use duration::duration;
pub(crate) use env::EnvArg;
pub(crate) use guest_dir::GuestDirArg;
pub(crate) use lease::lease;
pub(crate) use limit::{LimitArg, LimitMaxArg};
pub(crate) use moment::Moment;
pub(crate) use named_file::NamedFileArg;
pub(crate) use overlap::overlap;
pub(crate) use quota::quota;
pub(crate) use seconds::seconds;
