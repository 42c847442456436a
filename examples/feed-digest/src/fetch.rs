//! From a URL to the bytes of a feed: redirects are followed, and answers sorted.

use std::time::Duration;

use dormouse_guest::{BackgroundTaskInstance, Cancellation};
use url::Url;

use crate::http::{self, Answer, BODY_LEN_MAX, HttpError};
use crate::retry;

/// A feed that moved needs one or two. What goes on for longer goes in a circle, most of the time.
const REDIRECTS_MAX: usize = 5;

/// Why there is no feed.
pub(crate) enum FetchError {
    /// We are to stop.
    Canceled(Cancellation),
    /// It may work later.
    Later { why: String, after: Duration },
    /// It will not, before somebody does something.
    Failed(String),
}

/// Gets the feed at `url`. `wasi:http` follows no redirects; each one asks the host for the next grant.
pub(crate) async fn fetch(instance: &BackgroundTaskInstance, url: &str) -> Result<Vec<u8>, FetchError> {
    let mut url = Url::parse(url).map_err(|e| FetchError::Failed(format!("not a URL: {e}")))?;
    for _ in 0..=REDIRECTS_MAX {
        let answer = http::get(instance, &url).await.map_err(|e| no_answer(e, &url))?;
        match answer.status {
            200 => return Ok(answer.body),
            301 | 302 | 303 | 307 | 308 => url = redirected(&url, answer)?,
            status @ (429 | 500..=599) => {
                let after = retry::after(answer.retry_after.as_deref());
                return Err(FetchError::Later { why: format!("the server answers {status}"), after });
            }
            status => return Err(FetchError::Failed(format!("the server answers {status}"))),
        }
    }
    Err(FetchError::Failed(format!("redirected more than {REDIRECTS_MAX} times, at last to {url}")))
}

fn no_answer(error: HttpError, url: &Url) -> FetchError {
    match error {
        HttpError::Canceled(cancellation) => FetchError::Canceled(cancellation),
        HttpError::Url => FetchError::Failed(format!("{url} is neither http: nor https:")),
        HttpError::Denied => {
            let host = url.host_str().unwrap_or_default();
            let port = url.port_or_known_default().unwrap_or_default();
            FetchError::Failed(format!("{host}:{port} is not granted; ask for it, and have it granted"))
        }
        HttpError::TooLong => FetchError::Failed(format!("the feed is longer than {BODY_LEN_MAX} bytes")),
        HttpError::Broken(why) => FetchError::Later { why, after: retry::after(None) },
    }
}

fn redirected(from: &Url, answer: Answer) -> Result<Url, FetchError> {
    let location = answer.location.ok_or_else(|| FetchError::Failed("redirected to nowhere".to_owned()))?;
    // Relative ones are allowed (RFC 9110, section 10.2.2).
    from.join(&location).map_err(|e| FetchError::Failed(format!("redirected to {location:?}: {e}")))
}
