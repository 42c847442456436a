//! What every request passes, on its way in and out.

use std::any::Any;

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::{CONTENT_TYPE, ORIGIN};
use http::{Method, StatusCode};
use http_body_util::{BodyExt as _, Limited};

use super::failure::PROBLEM_JSON;
use super::peer::Peer;
use crate::api::{Code, Problem};

/// As much of an answer's text as is told on: what refuses a request on the way says a line.
const TOLD_MAX: usize = 8 * 1024;

/// Refuses what comes from a web page: a browser names it, and nobody else does.
pub(super) async fn no_browsers(request: Request, next: Next) -> Response {
    if request.headers().contains_key(ORIGIN) {
        let detail = "requests from web pages are not answered: this one has an `Origin`";
        return Problem::new(Code::Forbidden, detail).into_response();
    }
    next.run(request).await
}

/// Writes down who changed what.
pub(super) async fn audit(request: Request, next: Next) -> Response {
    let changes = *request.method() != Method::GET && *request.method() != Method::HEAD;
    if !changes {
        return next.run(request).await;
    }
    let peer = Peer::of(request.extensions());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let response = next.run(request).await;
    tracing::info!(?peer, %method, path, status = response.status().as_u16(), "control");
    response
}

/// Whatever refused a request, a problem says why.
pub(super) async fn problems(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let told = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == PROBLEM_JSON);
    if told || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let text = match Limited::new(response.into_body(), TOLD_MAX).collect().await {
        Ok(text) => String::from_utf8_lossy(&text.to_bytes()).into_owned(),
        Err(_) => String::new(),
    };
    refused(status, text).into_response()
}

fn refused(status: StatusCode, text: String) -> Problem {
    let code = match status {
        StatusCode::NOT_FOUND => Code::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
        StatusCode::GATEWAY_TIMEOUT => Code::Timeout,
        StatusCode::PAYLOAD_TOO_LARGE => Code::TooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMediaType,
        status if status.is_client_error() => Code::InvalidRequest,
        _ => Code::Internal,
    };
    match code {
        Code::NotFound => Problem::new(code, "nothing is here").help("`/openapi.json` says what there is"),
        // Which methods there are is added to the answer behind this.
        Code::MethodNotAllowed => Problem::new(code, "this is not here for that method")
            .help("`Allow` in the head of this answer says for which methods it is"),
        Code::Timeout => Problem::new(code, "it took too long, and was given up")
            .help("ask what became of it before you ask for it again"),
        _ if text.is_empty() => Problem::new(code, status.canonical_reason().unwrap_or("it failed")),
        _ => Problem::new(code, text),
    }
}

/// A handler panicked: a fault of ours, of which only the log says more.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands it over so")]
pub(super) fn panicked(panic: Box<dyn Any + Send + 'static>) -> http::Response<Body> {
    let said = panic.downcast_ref::<&str>().copied().map(str::to_owned);
    let said = said.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    tracing::error!(said, "a request was answered by a panic");
    Problem::new(Code::Internal, "a fault of the host")
        .help("look at the host's log, and report it")
        .into_response()
}
