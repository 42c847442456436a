//! One attempt at a message.

use std::fmt;
use std::time::Duration;

use dormouse_core::{Clock, Timestamp};
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Response};
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP};
use tokio::sync::{OnceCell, Semaphore};

use super::WebhookConfig;
use super::address::Guarded;
use super::endpoint::Endpoint;
use super::message::Message;

/// Attempts under way at once, over all webhooks; of one webhook there is one.
pub const IN_FLIGHT_MAX: usize = 8;

/// As much is read of an answer that is an error, in bytes, and nothing of any other.
pub const ANSWER_READ_MAX: usize = 4 * 1024;

/// As much of it is kept, in characters.
pub const ANSWER_SHOWN_MAX: usize = 512;

/// An attempt that failed.
#[derive(Debug)]
pub(super) struct Failed {
    /// Why: for a person.
    pub(super) error: String,
    pub(super) again: Again,
}

impl Failed {
    fn of(why: impl fmt::Display) -> Self {
        Self { error: why.to_string(), again: Again::After(None) }
    }
}

/// Whether it is worth to try again.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// Not before so long, if the receiver said so.
    After(Option<Duration>),
    /// The receiver wants no more.
    Never,
}

/// Who sends.
#[derive(Debug)]
pub(super) struct Sender {
    config: WebhookConfig,
    /// Made when something is sent: most commands send nothing, and reading certificates takes a while.
    client: OnceCell<Client>,
    permits: Semaphore,
}

impl Sender {
    pub(super) fn new(config: WebhookConfig) -> Self {
        Self { config, client: OnceCell::new(), permits: Semaphore::new(IN_FLIGHT_MAX) }
    }

    async fn client(&self) -> Result<&Client, Failed> {
        self.client
            .get_or_try_init(async || client(&self.config).map_err(|error| Failed::of(with_causes(&error))))
            .await
    }

    /// Sends, when it is its turn. Dropping the future ends the attempt.
    pub(super) async fn send(
        &self,
        endpoint: &Endpoint,
        message: &Message,
        clock: &dyn Clock,
    ) -> Result<(), Failed> {
        let _turn = endpoint.turn.lock().await;
        // Never closed.
        let _permit = self.permits.acquire().await;
        let seconds = clock.wall().as_micros().div_euclid(1_000_000);
        let signature = endpoint.signer.sign(&message.id, seconds, &message.body);
        let request = self
            .client()
            .await?
            .post(endpoint.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(HEADER_WEBHOOK_ID, &message.id)
            .header(HEADER_WEBHOOK_TIMESTAMP, seconds)
            .header(HEADER_WEBHOOK_SIGNATURE, signature.map_err(Failed::of)?)
            .body(message.body.clone());
        // The address may hold a secret of the receiver's.
        let sent = request.send().await;
        let sent = sent.map_err(|error| Failed::of(with_causes(&error.without_url())))?;
        judge(sent, clock.wall()).await
    }
}

fn client(config: &WebhookConfig) -> reqwest::Result<Client> {
    // Fails if somebody chose before: then theirs is used.
    let _ = rustls::crypto::ring::default_provider().install_default();
    builder(config).build().or_else(|error| {
        let error = with_causes(&error);
        tracing::warn!(error, "no certificates of authorities were found: webhooks to https will fail");
        builder(config).tls_certs_only([]).build()
    })
}

fn builder(config: &WebhookConfig) -> ClientBuilder {
    Client::builder()
        .user_agent(concat!("dormouse/", env!("CARGO_PKG_VERSION")))
        .dns_resolver(Guarded { private_addresses: config.private_addresses })
        .redirect(Policy::none())
        .no_proxy()
        .referer(false)
        .retry(reqwest::retry::never())
        .pool_max_idle_per_host(1)
        .connect_timeout(config.connect_timeout)
        .timeout(config.request_timeout)
}

async fn judge(response: Response, now: Timestamp) -> Result<(), Failed> {
    let status = response.status();
    if status.is_success() {
        return Ok(());
    }
    let again = match status {
        StatusCode::GONE => Again::Never,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            Again::After(retry_after(response.headers(), now))
        }
        _ => Again::After(None),
    };
    let mut error = format!("the receiver answered {status}");
    if status.is_redirection() {
        let to = response.headers().get(LOCATION).map(|to| shown(to.as_bytes())).unwrap_or_default();
        error.push_str(&format!(
            " to \"{to}\", and redirects are not followed; set the webhook's url to that"
        ));
    }
    let said = shown(&beginning(response).await);
    if !said.is_empty() {
        error.push_str(&format!(": \"{said}\""));
    }
    Err(Failed { error, again })
}

/// When the receiver wants to be asked again: in so many seconds, or at a date.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(Timestamp::from_micros(at.as_microsecond()).since(now))
}

/// The beginning of an answer; what went wrong with it is not what went wrong.
async fn beginning(mut response: Response) -> Vec<u8> {
    let mut read = Vec::new();
    while read.len() < ANSWER_READ_MAX
        && let Ok(Some(chunk)) = response.chunk().await
    {
        read.extend_from_slice(&chunk);
    }
    read.truncate(ANSWER_READ_MAX);
    read
}

/// Text from outside, in one line that no terminal obeys.
fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.trim().chars().flat_map(char::escape_debug).take(ANSWER_SHOWN_MAX).collect()
}

/// An error and what caused it, in one line.
fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, text.parse().unwrap());
        // 1994-11-06T08:49:07Z
        retry_after(&headers, Timestamp::from_millis(784_111_747_000))
    }

    #[test]
    fn a_receiver_says_in_seconds_or_by_a_date_when_to_come_again() {
        assert_eq!(asked("120"), Some(Duration::from_secs(120)));
        assert_eq!(asked("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::from_secs(30)));
        assert_eq!(asked("Sun, 06 Nov 1994 08:00:00 GMT"), Some(Duration::ZERO), "it is over");
        for nothing in ["soon", "-1", "1.5", ""] {
            assert_eq!(asked(nothing), None, "{nothing:?}");
        }
    }

    #[test]
    fn what_a_receiver_says_is_shown_in_one_short_line() {
        assert_eq!(shown(b" no\nway\x1b[2J\xff "), "no\\nway\\u{1b}[2J\u{fffd}");
        assert_eq!(shown(&[b'\n'; 4096]).len(), 0);
        assert_eq!(shown(&[b'x'; 4096]).len(), ANSWER_SHOWN_MAX);
    }
}
