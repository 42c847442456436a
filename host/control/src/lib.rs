//! The control API of a Dormouse host: what it answers over HTTP, the server that answers, the client that asks, and
//! webhooks.
//!
//! | to learn about | read |
//! | --- | --- |
//! | what goes over the wire | [`api`] |
//! | who answers, and within which limits | [`server`] |
//! | who asks | [`client`] |
//! | who is told without asking | [`webhook`] |

pub mod api;
pub mod client;
pub mod server;
pub mod webhook;
