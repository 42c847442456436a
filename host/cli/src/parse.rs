//! What people write on the command line, read. Each error says what to write instead; the name of the flag is
//! put before it by `clap`.

mod app;
mod bytes;
mod dir;
mod duration;
mod env;
mod guest_dir;
mod overlap;
mod quota;

pub(crate) use app::app;
pub(crate) use bytes::bytes;
pub(crate) use dir::{DirArg, WatchArg};
pub(crate) use duration::duration;
pub(crate) use env::EnvArg;
pub(crate) use guest_dir::GuestDirArg;
pub(crate) use overlap::overlap;
pub(crate) use quota::quota;
