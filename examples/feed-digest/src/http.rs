//! One GET over `wasi:http`, which hears a cancellation while it waits.

use std::time::Duration;

use dormouse_guest::{BackgroundTaskInstance, Cancellation};
use url::Url;
use wasip2::http::outgoing_handler;
use wasip2::http::types::{
    ErrorCode, Fields, IncomingBody, IncomingResponse, OutgoingRequest, RequestOptions, Scheme,
};
use wasip2::io::poll::Pollable;
use wasip2::io::streams::StreamError;

/// The longest body, in bytes. A feed with a hundred entries has some hundred thousand.
pub(crate) const BODY_LEN_MAX: usize = 4 * 1024 * 1024;

/// How much of a body is asked for in one go.
const CHUNK_LEN: u64 = 64 * 1024;

/// How long a server may let us wait for its first byte, and for each further one, in nanoseconds.
const PATIENCE: u64 = 10_000_000_000;

/// How often it is looked whether there is something to read.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// What a server answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) retry_after: Option<String>,
    /// Of a 200 only.
    pub(crate) body: Vec<u8>,
}

/// Why there is no answer.
pub(crate) enum HttpError {
    /// We are to stop.
    Canceled(Cancellation),
    /// Neither `http:` nor `https:`, or without a host.
    Url,
    /// The host refused to let us ask.
    Denied,
    /// The body is longer than [`BODY_LEN_MAX`].
    TooLong,
    /// Anything else.
    Broken(String),
}

impl From<ErrorCode> for HttpError {
    fn from(code: ErrorCode) -> Self {
        match code {
            ErrorCode::HttpRequestDenied => Self::Denied,
            code => Self::Broken(code.to_string()),
        }
    }
}

pub(crate) async fn get(instance: &BackgroundTaskInstance, url: &Url) -> Result<Answer, HttpError> {
    let request = request(url).ok_or(HttpError::Url)?;
    let pending = outgoing_handler::handle(request, options())?;
    wait_for(instance, &pending.subscribe()).await?;
    let response = match pending.get() {
        Some(Ok(answer)) => answer?,
        _ => return Err(HttpError::Broken("the answer was taken twice".to_owned())),
    };
    let status = response.status();
    let header = header_of(&response);
    let (location, retry_after) = (header("location"), header("retry-after"));
    let body = if status == 200 { read(instance, &response).await? } else { Vec::new() };
    Ok(Answer { status, location, retry_after, body })
}

fn request(url: &Url) -> Option<OutgoingRequest> {
    let scheme = match url.scheme() {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        _ => return None,
    };
    let path = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let headers = Fields::new();
    headers
        .append("accept", b"application/rss+xml, application/atom+xml, application/feed+json, */*")
        .ok()?;
    headers
        .append("user-agent", concat!("dormouse-feed-digest/", env!("CARGO_PKG_VERSION")).as_bytes())
        .ok()?;
    let request = OutgoingRequest::new(headers);
    request.set_scheme(Some(&scheme)).ok()?;
    // Without a user's name, and without the scheme's own port.
    let host = url.host_str()?;
    let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    request.set_authority(Some(&authority)).ok()?;
    request.set_path_with_query(Some(&path)).ok()?;
    Some(request)
}

/// None where a host supports no time limits: the run's own ones are left.
fn options() -> Option<RequestOptions> {
    let options = RequestOptions::new();
    options.set_connect_timeout(Some(PATIENCE)).ok()?;
    options.set_first_byte_timeout(Some(PATIENCE)).ok()?;
    options.set_between_bytes_timeout(Some(PATIENCE)).ok()?;
    Some(options)
}

/// Blocking in `wasi:io` would stop the whole instance until the server answers; `sleep` ends at once when
/// the run is cancelled.
async fn wait_for(instance: &BackgroundTaskInstance, pollable: &Pollable) -> Result<(), HttpError> {
    while !pollable.ready() {
        if let Some(cancellation) = instance.sleep(LOOK_AGAIN).await {
            return Err(HttpError::Canceled(cancellation));
        }
    }
    Ok(())
}

/// The first of the headers of a name, if it is text.
fn header_of(response: &IncomingResponse) -> impl Fn(&str) -> Option<String> {
    let headers = response.headers();
    move |name| headers.get(name).into_iter().next().and_then(|value| String::from_utf8(value).ok())
}

async fn read(instance: &BackgroundTaskInstance, response: &IncomingResponse) -> Result<Vec<u8>, HttpError> {
    let twice = |()| HttpError::Broken("the body was taken twice".to_owned());
    let body: IncomingBody = response.consume().map_err(twice)?;
    let stream = body.stream().map_err(twice)?;
    let more = stream.subscribe();
    let mut bytes = Vec::new();
    loop {
        wait_for(instance, &more).await?;
        match stream.read(CHUNK_LEN) {
            Ok(chunk) => bytes.extend(chunk),
            Err(StreamError::Closed) => return Ok(bytes),
            Err(StreamError::LastOperationFailed(e)) => return Err(HttpError::Broken(e.to_debug_string())),
        }
        if bytes.len() > BODY_LEN_MAX {
            return Err(HttpError::TooLong);
        }
    }
}
