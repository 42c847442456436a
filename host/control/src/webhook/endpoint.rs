//! A webhook that was checked: what sending needs of it.

use std::sync::Arc;

use dormouse_core::{Completion, Webhook};
use reqwest::Url;
use tokio::sync::Mutex;

use super::WebhookError;
use super::address::{self, Forbidden};
use super::error::UrlError;
use super::secret;
use super::tally::Tally;

/// The longest name of a webhook, in bytes.
pub const NAME_LEN_MAX: usize = 64;

/// The longest address of a webhook, in bytes.
pub const URL_LEN_MAX: usize = 2048;

pub(super) struct Endpoint {
    pub(super) webhook: Webhook,
    pub(super) url: Url,
    pub(super) signer: standardwebhooks::Webhook,
    /// Whose turn it is: one message is under way at a time.
    pub(super) turn: Mutex<()>,
    /// Goes on when the webhook is replaced.
    pub(super) tally: Arc<Tally>,
}

impl Endpoint {
    /// Checks a webhook: one that is made, and one that was stored by another version.
    pub(super) fn new(
        webhook: Webhook,
        tally: Arc<Tally>,
        private_addresses: bool,
    ) -> Result<Self, WebhookError> {
        check_name(&webhook.name)?;
        let url = url(&webhook.url).map_err(WebhookError::Url)?;
        let signer = secret::signer(&webhook.secret)?;
        let endpoint = Self { webhook, url, signer, turn: Mutex::default(), tally };
        endpoint.check(private_addresses).map_err(|why| WebhookError::Url(why.into()))?;
        Ok(endpoint)
    }

    /// Whether it is sent to, if its host is an address.
    pub(super) fn check(&self, private_addresses: bool) -> Result<(), Forbidden> {
        let host = self.url.host_str().unwrap_or_default();
        match host.trim_start_matches('[').trim_end_matches(']').parse() {
            Ok(address) => address::check(address, private_addresses),
            Err(_) => Ok(()),
        }
    }

    /// Whether it is told of this one.
    pub(super) fn wants(&self, completion: &Completion) -> bool {
        let Webhook { app, registration, .. } = &self.webhook;
        app.as_ref().is_none_or(|app| *app == completion.run.app)
            && registration.is_none_or(|registration| registration == completion.run.registration)
    }
}

/// A name is part of paths.
fn check_name(name: &str) -> Result<(), WebhookError> {
    let begins = name.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
    let rest = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    if begins && rest && name.len() <= NAME_LEN_MAX {
        Ok(())
    } else {
        Err(WebhookError::Name(name.chars().take(NAME_LEN_MAX).collect()))
    }
}

fn url(text: &str) -> Result<Url, UrlError> {
    if text.len() > URL_LEN_MAX {
        return Err(UrlError::TooLong(text.len()));
    }
    let url: Url = text.parse().map_err(|error| UrlError::Malformed(format!("{error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(UrlError::Scheme(url.scheme().to_owned()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UrlError::Credentials);
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_could_leave_its_path_is_refused() {
        for bad in ["", ".", "..", "a/b", "a b", "-a", "é", "a?b", &"a".repeat(NAME_LEN_MAX + 1)] {
            assert!(check_name(bad).is_err(), "{bad:?} was accepted");
        }
        for good in ["a", "pager-duty_2", "org.example", &"a".repeat(NAME_LEN_MAX)] {
            assert!(check_name(good).is_ok(), "{good:?} was refused");
        }
    }

    #[test]
    fn a_name_has_room_in_its_subscriber() {
        assert!(Webhook::subscriber(&"a".repeat(NAME_LEN_MAX)).len() <= dormouse::SUBSCRIBER_LEN_MAX);
    }

    #[test]
    fn an_address_is_http_without_a_user() {
        let long = format!("https://example.com/{}", "x".repeat(URL_LEN_MAX));
        for bad in [
            "",
            "example.com",
            "ftp://example.com",
            "file:///etc/passwd",
            "unix:///run/x",
            "https://",
            "https://u@example.com",
            "https://:p@example.com",
            &long,
        ] {
            assert!(url(bad).is_err(), "{bad:?} was accepted");
        }
        for good in ["https://example.com", "http://127.0.0.1:8080/a?b=c", "https://[2606::1]/x"] {
            assert!(url(good).is_ok(), "{good:?} was refused");
        }
    }
}
