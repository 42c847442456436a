//! Apps that outlive their runs: launched, shown and hidden, suspended with their memory intact, resumed, and ended.

pub(crate) mod calls;
pub(crate) mod instance;
pub(crate) mod port;
