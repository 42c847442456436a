//! Why a webhook was not made, or something of it not sent.

use dormouse_core::{Cursor, StoreError};

use super::WEBHOOKS_MAX;
use super::address::Forbidden;
use super::endpoint::{NAME_LEN_MAX, URL_LEN_MAX};
use super::secret::{SECRET_BYTES_MAX, SECRET_BYTES_MIN};

/// Why a webhook was not made, or something of it not sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// A name that none can have.
    #[error(
        "webhook name {0:?} is not valid: use 1 to {NAME_LEN_MAX} letters, digits, `-`, `_` and `.`, beginning with a letter or digit"
    )]
    Name(String),
    /// An address that cannot be sent to.
    #[error("the url is not valid: {0}")]
    Url(UrlError),
    /// A secret that nobody can sign with.
    #[error(
        "the secret is not valid: use `whsec_` and the base64 of {SECRET_BYTES_MIN} to {SECRET_BYTES_MAX} random bytes, or leave it out to have one made"
    )]
    Secret,
    /// No more of them.
    #[error("there are {WEBHOOKS_MAX} webhooks, and no host has more; remove one first")]
    TooMany,
    /// There is none of that name.
    #[error("there is no webhook {0:?}")]
    NotFound(String),
    /// Nothing that was given up has this place.
    #[error("webhook {webhook:?} has no undelivered completion at {cursor}; list those that it has", cursor = cursor.0)]
    NotUndelivered {
        /// The webhook.
        webhook: String,
        /// The place.
        cursor: Cursor,
    },
    /// The completion was let go of.
    #[error("the completion at {cursor} is not kept any more; discard its delivery", cursor = .0.0)]
    LetGo(Cursor),
    /// It was sent by hand, and the receiver did not take it.
    #[error("it was not delivered: {0}")]
    NotDelivered(String),
    /// Everything stops.
    #[error("the host is stopping")]
    Stopping,
    /// There is no randomness.
    #[error("the machine gives no random bytes to make a secret of: {0}")]
    Random(String),
    /// The store.
    #[error("the store did not do it")]
    Store(#[from] StoreError),
}

/// Why an address cannot be sent to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// It is too long.
    #[error("it has {0} bytes, and at most {URL_LEN_MAX} are taken")]
    TooLong(usize),
    /// It is none.
    #[error("{0}; write it as `https://host/path`")]
    Malformed(String),
    /// It is neither http nor https.
    #[error("its scheme is `{0}`, and only `https` and `http` are sent to")]
    Scheme(String),
    /// It names a user.
    #[error("it holds a user name or a password, which would be shown; the signature says who sends")]
    Credentials,
    /// It is an address that is not sent to.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
}
