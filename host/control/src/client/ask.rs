//! One request.

use std::fmt::Display;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::transport::PATIENCE;
use super::{Client, ClientError};
use crate::api::Problem;

/// What may stand in a path or a query as it is. Not the dot: a name may be `..`.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'~');

/// The beginning of an answer that is not understood, in characters, as it is shown.
const SHOWN: usize = 200;

/// A request that is put together.
#[derive(Debug)]
pub(super) struct Ask<'a> {
    client: &'a Client,
    method: Method,
    target: String,
    query: bool,
    headers: HeaderMap,
    body: Result<Body, String>,
    patience: Duration,
}

impl Client {
    /// A request for the thing at these segments below `/v1`.
    pub(super) fn ask(&self, method: Method, path: &[&str]) -> Ask<'_> {
        let segments = path.iter().map(|segment| format!("/{}", utf8_percent_encode(segment, PLAIN)));
        self.ask_at(method, std::iter::once("/v1".to_owned()).chain(segments).collect())
    }

    /// A request for what is exactly there.
    pub(super) fn ask_at(&self, method: Method, target: String) -> Ask<'_> {
        let (headers, body) = (HeaderMap::new(), Ok(Body::empty()));
        Ask { client: self, method, target, query: false, headers, body, patience: PATIENCE }
    }

    pub(super) fn get(&self, path: &[&str]) -> Ask<'_> {
        self.ask(Method::GET, path)
    }

    pub(super) fn post(&self, path: &[&str]) -> Ask<'_> {
        self.ask(Method::POST, path)
    }

    pub(super) fn put(&self, path: &[&str]) -> Ask<'_> {
        self.ask(Method::PUT, path)
    }

    pub(super) fn delete(&self, path: &[&str]) -> Ask<'_> {
        self.ask(Method::DELETE, path)
    }
}

impl Ask<'_> {
    /// With this in the query, if it is said.
    pub(super) fn with(mut self, name: &str, value: Option<impl Display>) -> Self {
        if let Some(value) = value {
            self.target.push(if self.query { '&' } else { '?' });
            self.query = true;
            self.target.push_str(name);
            self.target.push('=');
            self.target.extend(utf8_percent_encode(&value.to_string(), PLAIN));
        }
        self
    }

    pub(super) fn header(mut self, name: HeaderName, value: impl Into<HeaderValue>) -> Self {
        self.headers.insert(name, value.into());
        self
    }

    pub(super) fn json(self, body: &impl Serialize) -> Self {
        let json = serde_json::to_vec(body).map(Body::from).map_err(|error| error.to_string());
        self.body("application/json", json)
    }

    pub(super) fn body(mut self, kind: &'static str, body: Result<Body, String>) -> Self {
        self.body = body;
        self.header(CONTENT_TYPE, HeaderValue::from_static(kind))
    }

    /// The host may be silent for so long.
    pub(super) const fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Sends it. What is not a success is an error.
    pub(super) async fn send(self, accept: &'static str) -> Result<Response<Body>, ClientError> {
        let Self { client, method, target, headers, body, patience, .. } = self;
        let body = body.map_err(|why| client.strange(why))?;
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = target.parse().map_err(|error| client.strange(error))?;
        *request.headers_mut() = headers;
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static(accept));
        let response = client.send(request, patience).await?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let body = client.whole(response.into_body()).await?;
        match serde_json::from_slice::<Problem>(&body) {
            Ok(problem) => Err(Box::new(problem).into()),
            Err(_) => Err(client.strange(format!("{status} {}", beginning(&body)))),
        }
    }

    /// Sends it, and reads what was answered.
    pub(super) async fn answer<T: DeserializeOwned>(self) -> Result<T, ClientError> {
        let client = self.client;
        match self.answer_if_any().await? {
            Some(answer) => Ok(answer),
            None => Err(client.strange("an answer without anything in it")),
        }
    }

    /// Sends it; there may be no answer yet.
    pub(super) async fn answer_if_any<T: DeserializeOwned>(self) -> Result<Option<T>, ClientError> {
        let client = self.client;
        let response = self.send("application/json").await?;
        if response.status() == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        let body = client.whole(response.into_body()).await?;
        let parsed = serde_json::from_slice(&body);
        parsed.map(Some).map_err(|error| client.strange(format!("{error} in {}", beginning(&body))))
    }

    /// Sends it, and reads what was answered as it is.
    pub(super) async fn bytes(self) -> Result<Bytes, ClientError> {
        let client = self.client;
        client.whole(self.send("*/*").await?.into_body()).await
    }

    /// Sends it; that it succeeded is all there is to know.
    pub(super) async fn done(self) -> Result<(), ClientError> {
        self.send("application/json").await.map(drop)
    }
}

/// The beginning of what is not understood: from outside, so that no terminal obeys it.
fn beginning(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().take(SHOWN).flat_map(char::escape_debug).collect()
}
