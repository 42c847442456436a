//! Webhooks: completions, told to an HTTP address.
//!
//! A webhook is a subscriber. It follows the journal from its durable cursor, in order, and its cursor moves only after
//! its receiver answered, or after it was given up on and kept as undelivered. So each completion comes at least once, and
//! nothing is lost: not by a receiver that is away, and not by a host that is killed.
//!
//! | sent | with |
//! | --- | --- |
//! | `completion` | `timestamp`, `webhook`, `cursor`, `completion` |
//! | `missed` | `timestamp`, `webhook`, `from`, `to`: behind `from`, up to `to`, completions were let go of before they could be told; what is left of them follows |
//! | `test` | `timestamp`, `webhook` |
//!
//! Messages are signed as [Standard Webhooks](https://www.standardwebhooks.com) says. `webhook-id` is the same whenever
//! the same completion is sent: a receiver that knows it already has seen this one.
//!
//! | the receiver | follows |
//! | --- | --- |
//! | answers 2xx | it is delivered |
//! | answers 410 | it is given up at once |
//! | answers 429 or 503 with `Retry-After` | it is tried again then, at most after the policy's longest wait |
//! | answers anything else, or nothing in time | it is tried again as the policy says; in the end it is given up |
//!
//! Redirects are not followed: they are an answer like any other. There is no proxy. Where messages may go is judged by
//! the address that a name resolved to: never to link-local ones, where clouds keep their secrets, and to this machine and
//! private networks unless [`WebhookConfig::private_addresses`] forbids it.

mod address;
mod config;
mod deliverer;
mod endpoint;
mod error;
mod follow;
mod hooks;
mod message;
mod secret;
mod send;
mod tally;

pub use config::WebhookConfig;
pub use deliverer::{Deliverer, NewWebhook, Saved};
pub use endpoint::{NAME_LEN_MAX, URL_LEN_MAX};
pub use error::{UrlError, WebhookError};
pub use secret::{SECRET_BYTES_MAX, SECRET_BYTES_MIN};
pub use send::{ANSWER_READ_MAX, ANSWER_SHOWN_MAX, IN_FLIGHT_MAX};
pub use tally::{Failing, WebhookStatus};

/// The most webhooks of one host.
pub const WEBHOOKS_MAX: usize = 64;
