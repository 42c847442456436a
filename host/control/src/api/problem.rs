//! What is said when something was not done (RFC 9457).

use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// `urn:dormouse:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// What kind of problem it is, for people.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong, for people: it names the thing.
    pub detail: String,
    /// What kind of problem it is, for programs.
    pub code: Code,
    /// What lies behind it, the nearest cause first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
    /// What to do next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Which field of the request is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Why a firing started nothing, if that is it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What a package asks for that nobody agreed to, a line for each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asks: Vec<String>,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident = $word:literal, $status:ident, $title:literal;)*) => {
        /// What kind of problem it is. The words are part of the interface.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "kebab-case")]
        #[non_exhaustive]
        pub enum Code {$(
            $(#[$doc])*
            $code,
        )*}

        impl Code {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$code),*];

            /// Its word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$code => $word,)* }
            }

            /// The HTTP status that goes with it.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$code => StatusCode::$status,)* }
            }

            const fn title(self) -> &'static str {
                match self { $(Self::$code => $title,)* }
            }
        }
    };
}

codes! {
    /// The request cannot be read.
    InvalidRequest = "invalid-request", BAD_REQUEST, "The request cannot be read";
    /// No token, or a wrong one.
    Unauthorized = "unauthorized", UNAUTHORIZED, "The request has no valid token";
    /// Whoever asks may not.
    Forbidden = "forbidden", FORBIDDEN, "This is not allowed";
    /// There is no such thing.
    NotFound = "not-found", NOT_FOUND, "There is no such thing";
    /// No package of that name is installed.
    NotInstalled = "not-installed", NOT_FOUND, "The package is not installed";
    /// Nothing is here for that method.
    MethodNotAllowed = "method-not-allowed", METHOD_NOT_ALLOWED, "Nothing is here for this method";
    /// The body did not come in time: nothing was done.
    SlowBody = "slow-body", REQUEST_TIMEOUT, "The body did not come in time";
    /// Several things have that name.
    Ambiguous = "ambiguous", CONFLICT, "Several things are called so";
    /// A package asks for what nobody agreed to.
    ConsentNeeded = "consent-needed", CONFLICT, "The package asks for what was not agreed to";
    /// It is installed already.
    AlreadyInstalled = "already-installed", CONFLICT, "The package is installed already";
    /// It does not fit what there is.
    Conflict = "conflict", CONFLICT, "It does not fit what there is";
    /// The firing starts nothing.
    Refused = "refused", CONFLICT, "The firing starts nothing";
    /// The host answers questions and does nothing.
    ReadOnly = "read-only", CONFLICT, "This host only answers questions";
    /// The app is not there.
    AppNotRunning = "app-not-running", CONFLICT, "The app is not running";
    /// The package has no app that lives: only tasks.
    AppHasNoLifecycle = "app-has-no-lifecycle", CONFLICT, "The package has no app that can be launched";
    /// The app ended before it was done with what was asked.
    AppEnded = "app-ended", CONFLICT, "The app ended";
    /// The app's package does not name that kind of activation.
    ActivationNotDeclared = "activation-not-declared", CONFLICT, "The app does not take this activation";
    /// The activation was withdrawn before it ran.
    Withdrawn = "withdrawn", GONE, "The activation was withdrawn";
    /// The request is too large.
    TooLarge = "too-large", PAYLOAD_TOO_LARGE, "The request is too large";
    /// The body is of another type.
    UnsupportedMediaType = "unsupported-media-type", UNSUPPORTED_MEDIA_TYPE, "The body is of another type";
    /// The registration is not valid.
    InvalidRegistration = "invalid-registration", UNPROCESSABLE_ENTITY, "The registration is not valid";
    /// The package cannot be used.
    Package = "package", UNPROCESSABLE_ENTITY, "The package cannot be used";
    /// A component cannot be run here.
    Component = "component", UNPROCESSABLE_ENTITY, "A component cannot be run here";
    /// A grant cannot be given.
    Grant = "grant", UNPROCESSABLE_ENTITY, "A grant cannot be given";
    /// A fault of the host.
    Internal = "internal", INTERNAL_SERVER_ERROR, "The host failed";
    /// What is stored makes no sense.
    StoreCorrupt = "store-corrupt", INTERNAL_SERVER_ERROR, "The store is corrupt";
    /// The host took too long. It may have been done: whoever repeats it unasked, as 408 allows, does it twice.
    Timeout = "timeout", GATEWAY_TIMEOUT, "It took too long";
    /// Somebody else that the host asked did not do it.
    Upstream = "upstream", BAD_GATEWAY, "The other side did not do it";
    /// As much goes on as may.
    Busy = "busy", SERVICE_UNAVAILABLE, "As much goes on as may";
    /// As many apps are there as may be.
    TooManyApps = "too-many-apps", SERVICE_UNAVAILABLE, "As many apps are there as may be";
    /// The host is stopping.
    Stopping = "stopping", SERVICE_UNAVAILABLE, "The host is stopping";
    /// The host does not work as it should.
    Unhealthy = "unhealthy", SERVICE_UNAVAILABLE, "The host does not work as it should";
    /// The store does not answer.
    StoreUnavailable = "store-unavailable", SERVICE_UNAVAILABLE, "The store does not answer";
    /// There is no room.
    StoreFull = "store-full", INSUFFICIENT_STORAGE, "There is no room left";
}

impl Problem {
    /// A problem of this kind; `detail` names the thing.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:dormouse:problem:{}", code.as_str()),
            title: code.title().to_owned(),
            status: code.status().as_u16(),
            detail: detail.into(),
            code,
            causes: Vec::new(),
            help: None,
            field: None,
            reason: None,
            asks: Vec::new(),
        }
    }

    /// `error` is what is wrong, and its sources are the causes.
    #[must_use]
    pub fn from_error(code: Code, error: &dyn std::error::Error) -> Self {
        let problem = Self::new(code, error.to_string());
        match error.source() {
            Some(source) => problem.because(source),
            None => problem,
        }
    }

    /// Appends `error` and its sources to the causes.
    #[must_use]
    pub fn because(mut self, error: &dyn std::error::Error) -> Self {
        let mut next = Some(error);
        while let Some(error) = next {
            self.causes.push(error.to_string());
            next = error.source();
        }
        self
    }

    /// What to do next.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Which field of the request is wrong.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_names_its_code_and_what_lies_behind() {
        let error = dormouse::HostError::Store(dormouse_core::StoreError::Full("no room".to_owned()));
        let problem = Problem::from_error(Code::StoreFull, &error).help("free some space");
        let json = serde_json::to_value(&problem).unwrap();
        assert_eq!(json["code"], "store-full");
        assert_eq!(json["type"], "urn:dormouse:problem:store-full");
        assert_eq!(json["status"], 507);
        assert_eq!(json["causes"][0], "the store is full: no room; free some space and try again");
        assert_eq!(serde_json::from_value::<Problem>(json).unwrap(), problem);
    }

    #[test]
    fn each_code_is_written_as_its_word() {
        for code in Code::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
            assert!(code.status().is_client_error() || code.status().is_server_error());
        }
    }
}
