//! What handlers are given of a request.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request};
use http::StatusCode;
use serde::de::DeserializeOwned;
use tower_http::timeout::TimeoutError;

use crate::api::{Code, Problem};

/// The body of a request, as JSON.
pub(super) struct Given<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Given<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(given)) => Ok(Self(given)),
            Err(JsonRejection::BytesRejection(error)) => match error.status() {
                StatusCode::PAYLOAD_TOO_LARGE => {
                    Err(Problem::new(Code::TooLarge, "the body of the request is too large")
                        .help("the limit is on what comes in one request; give less at once"))
                }
                _ => Err(body_problem(&error)),
            },
            Err(JsonRejection::MissingJsonContentType(error)) => {
                Err(Problem::from_error(Code::UnsupportedMediaType, &error)
                    .help("send the body as `Content-Type: application/json`"))
            }
            // Its sources say the same once more, each.
            Err(error) => Err(Problem::new(Code::InvalidRequest, error.body_text())
                .help("`/openapi.json` says what this request takes")),
        }
    }
}

/// Why a body did not come whole.
pub(super) fn body_problem(error: &(dyn std::error::Error + 'static)) -> Problem {
    let mut next = Some(error);
    while let Some(cause) = next {
        if cause.is::<TimeoutError>() {
            return Problem::new(Code::SlowBody, "the body of the request did not come in time")
                .help("nothing was done; send it again");
        }
        next = cause.source();
    }
    Problem::from_error(Code::InvalidRequest, error)
}
