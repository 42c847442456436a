//! A GET over `wasi:http`, without a client library in between.

use wasip2::http::outgoing_handler;
use wasip2::http::types::{
    ErrorCode, Fields, FutureIncomingResponse, IncomingBody, IncomingResponse, OutgoingRequest, Scheme,
};
use wasip2::io::streams::StreamError;

/// Gets `url`, of the form `http://authority/path`: the status and the body.
///
/// # Errors
///
/// What `wasi:http` says, unchanged.
pub fn get(url: &str) -> Result<(u16, Vec<u8>), ErrorCode> {
    send(request(url).ok_or(ErrorCode::HttpRequestUriInvalid)?)
}

/// Sends `request`, which has no body: the status and the body of the answer.
///
/// # Errors
///
/// What `wasi:http` says, unchanged.
pub fn send(request: OutgoingRequest) -> Result<(u16, Vec<u8>), ErrorCode> {
    let response = response(&outgoing_handler::handle(request, None)?)?;
    let body = response.consume().map_err(|()| internal("the body was taken twice"))?;
    Ok((response.status(), read(&body)?))
}

/// Waits for the answer.
///
/// # Errors
///
/// What `wasi:http` says, unchanged.
pub fn response(pending: &FutureIncomingResponse) -> Result<IncomingResponse, ErrorCode> {
    loop {
        match pending.get() {
            Some(Ok(answer)) => return answer,
            Some(Err(())) => return Err(internal("the answer was taken twice")),
            None => pending.subscribe().block(),
        }
    }
}

/// A GET of `url`, of the form `http://authority/path`, to be sent; none if it is not of that form.
#[must_use]
pub fn request(url: &str) -> Option<OutgoingRequest> {
    let (authority, path) = url.strip_prefix("http://")?.split_once('/')?;
    let request = OutgoingRequest::new(Fields::new());
    request.set_scheme(Some(&Scheme::Http)).ok()?;
    request.set_authority(Some(authority)).ok()?;
    request.set_path_with_query(Some(&format!("/{path}"))).ok()?;
    Some(request)
}

fn read(body: &IncomingBody) -> Result<Vec<u8>, ErrorCode> {
    let stream = body.stream().map_err(|()| internal("the stream was taken twice"))?;
    let mut bytes = Vec::new();
    loop {
        match stream.blocking_read(64 * 1024) {
            Ok(chunk) => bytes.extend(chunk),
            Err(StreamError::Closed) => return Ok(bytes),
            Err(StreamError::LastOperationFailed(e)) => return Err(internal(&e.to_debug_string())),
        }
    }
}

fn internal(what: &str) -> ErrorCode {
    ErrorCode::InternalError(Some(what.to_owned()))
}
