//! From what went wrong to what is said of it: which code, and what to do next. The only place that knows.

mod app;

use std::error::Error as _;

use axum::response::{IntoResponse, Response};
use dormouse::package::{PackageError, RepositoryError};
use dormouse::{ComponentError, FireError, HostError, InstallError, SubscribeError};
use dormouse_core::schedule::CronErrorKind;
use dormouse_core::{AppLimitsError, Refusal, RegistrationError, StoreError};
use http::HeaderValue;
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};

use crate::api::{Code, PayloadRefused, Problem, QuotaRefused, RegisterRefused};
use crate::webhook::WebhookError;

/// The media type of problems.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (self.code.status(), body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        match self.code {
            Code::Busy | Code::Stopping | Code::StoreUnavailable => {
                headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
            }
            Code::Unauthorized => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"dormouse\""));
            }
            _ => {}
        }
        response
    }
}

const NEEDS_A_HOST: &str = "start it with `dormouse serve`";

/// There is no such thing.
pub(super) fn no(what: &str, which: impl std::fmt::Display) -> Problem {
    let problem = Problem::new(Code::NotFound, format!("there is no {what} {which}"));
    match what {
        "registration" => problem.help("`dormouse list` lists what is registered"),
        "app" => problem.help("`dormouse apps` says what is installed"),
        "run" => problem.help("`dormouse runs` lists those that are kept"),
        "webhook" => problem.help("`dormouse webhooks` lists them"),
        "undelivered completion" => problem.help("`dormouse webhooks undelivered` lists those there are"),
        "subscriber" => problem.help("`dormouse subscribers` lists them"),
        "activation" => problem.help("it may have ended too long ago to be kept"),
        _ => problem,
    }
}

/// The store did not do it; `error` says in which words.
fn store(store: &StoreError, error: &dyn std::error::Error) -> Problem {
    let (code, help) = match store {
        StoreError::Full(_) => (Code::StoreFull, "free some space; what was accepted before is kept"),
        StoreError::Corrupt(_) => {
            (Code::StoreCorrupt, "restore `dormouse.db` from a backup, or give another --state")
        }
        StoreError::Unavailable(_) => (Code::StoreUnavailable, "ask again; what was done is not done twice"),
        _ => (Code::Internal, "look at the host's log"),
    };
    Problem::from_error(code, error).help(help)
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        store(&error, &error)
    }
}

impl From<HostError> for Problem {
    fn from(error: HostError) -> Self {
        let of = |code| Self::from_error(code, &error);
        match &error {
            HostError::Store(why) => store(why, &error),
            HostError::Registration(error) => registration(error),
            HostError::Limits(_) => of(Code::InvalidRegistration).help("ask for less").field("limits"),
            HostError::AppLimits(why) => {
                let asked = of(Code::InvalidRequest).help("ask for less, or allow more with --app-limit-max");
                match why {
                    AppLimitsError::AboveHost { field, .. } => asked.field(field.replace('-', "_")),
                    _ => asked,
                }
            }
            HostError::Exists { .. } => {
                of(Code::Conflict).help("choose another --name, or what to do with --if-exists").field("name")
            }
            HostError::Watch { .. } => of(Code::InvalidRegistration)
                .help("is it still there? If watches are used up, raise fs.inotify.max_user_watches")
                .field("trigger"),
            HostError::Listen { .. } => of(Code::InvalidRegistration)
                .help("stop what listens there already, or use another address")
                .field("trigger"),
            HostError::Folders { .. } => {
                of(Code::Internal).help("check the owner of the directory `apps` in --state")
            }
            HostError::NoActivation(_) => {
                of(Code::NotFound).help("it may have ended too long ago to be kept")
            }
            HostError::Withdrawn(_) => of(Code::Withdrawn).help("register it again, and fire it"),
            HostError::NotRegistered(_) => {
                of(Code::NotFound).help("`dormouse list` lists what is registered")
            }
            HostError::ReadOnly => of(Code::ReadOnly).help(NEEDS_A_HOST),
            HostError::Stopping => of(Code::Stopping).help("ask again when the host runs"),
            _ => other(&error),
        }
    }
}

impl From<QuotaRefused> for Problem {
    fn from(refused: QuotaRefused) -> Self {
        Self::from_error(Code::InvalidRequest, &refused)
            .help("write the CPU time and the window in milliseconds, like 2000 in 900000")
            .field(refused.field())
    }
}

/// What the table above does not know.
fn other(error: &dyn std::error::Error) -> Problem {
    Problem::from_error(Code::Internal, error).help("look at the host's log")
}

/// What is wrong with a registration. Its own message names the field and says what there is.
fn registration(error: &RegistrationError) -> Problem {
    let code = match error {
        RegistrationError::AppNotInstalled { .. } => Code::NotInstalled,
        RegistrationError::SecondApplicationTrigger { .. }
        | RegistrationError::TooManyRegistrations { .. } => Code::Conflict,
        _ => Code::InvalidRegistration,
    };
    let help = match error {
        RegistrationError::AppNotInstalled { .. } => "`dormouse apps` says what is installed",
        RegistrationError::EntryPointNotDeclared { .. } => "name one of those with --entry-point",
        RegistrationError::TriggerNotDeclared { .. } => "use a trigger of a kind that it declares",
        RegistrationError::Cron(error) => match error.kind() {
            CronErrorKind::UnknownTimeZone => {
                "--tz takes a name of the IANA time zone database, like Europe/Berlin or UTC"
            }
            CronErrorKind::Seconds => "--cron takes five fields; for less than a minute use --every",
            _ => "--cron takes minute, hour, day of month, month and day of week, like '*/15 7-22 * * *'",
        },
        RegistrationError::DirectoryNotGranted { .. } => {
            "grant it with `dormouse update PATH --dir GUEST=PATH`, if the package asks for it"
        }
        RegistrationError::SecondApplicationTrigger { .. }
        | RegistrationError::TooManyRegistrations { .. } => "`dormouse unregister` removes it",
        _ => "see `dormouse register --help`",
    };
    let problem = Problem::new(code, "the registration is not valid").because(error).help(help);
    match field(error) {
        Some(field) => problem.field(field),
        None => problem,
    }
}

/// Which field of a request it is.
const fn field(error: &RegistrationError) -> Option<&'static str> {
    Some(match error {
        RegistrationError::AppNotInstalled { .. } | RegistrationError::TooManyRegistrations { .. } => "app",
        RegistrationError::NoApp { .. } | RegistrationError::EntryPointNotDeclared { .. } => "entry_point",
        RegistrationError::NoTrigger
        | RegistrationError::TriggerNotDeclared { .. }
        | RegistrationError::Period { .. }
        | RegistrationError::Cron(_)
        | RegistrationError::DirectoryNotGranted { .. }
        | RegistrationError::Settle { .. }
        | RegistrationError::ListenNotGranted { .. }
        | RegistrationError::KeepAlive { .. }
        | RegistrationError::Jitter { .. }
        | RegistrationError::SecondApplicationTrigger { .. } => "trigger",
        RegistrationError::Length { field, .. } | RegistrationError::Text { field, .. } => field,
        RegistrationError::TooManyConditions { .. } => "conditions",
        RegistrationError::OverlapZero | RegistrationError::OverlapOfSocket => "overlap",
        RegistrationError::Limits(_) => "limits",
        _ => return None,
    })
}

impl From<RegisterRefused> for Problem {
    fn from(error: RegisterRefused) -> Self {
        let help = "see `dormouse register --help`";
        Self::from_error(Code::InvalidRegistration, &error).field(error.field()).help(help)
    }
}

impl From<PayloadRefused> for Problem {
    fn from(error: PayloadRefused) -> Self {
        Self::from_error(Code::InvalidRequest, &error)
            .field(error.field())
            .help("`/openapi.json` says what this request takes")
    }
}

impl From<FireError> for Problem {
    fn from(error: FireError) -> Self {
        match &error {
            FireError::Payload(_) => Self::from_error(Code::TooLarge, &error)
                .help("put it in a granted directory and pass its name"),
            FireError::NotApplication { id, kind } => {
                let detail = format!(
                    "registration {id} has a trigger of the kind {kind}, and only application triggers take arguments"
                );
                Self::new(Code::InvalidRequest, detail)
                    .field("arg")
                    .help("leave the argument out to fire it by hand")
            }
            FireError::Key { .. } => Self::from_error(Code::InvalidRequest, &error)
                .field("key")
                .help("use a short text that is another one for each firing, like a UUID"),
            FireError::ReadOnly => Self::from_error(Code::ReadOnly, &error).help(NEEDS_A_HOST),
            FireError::Store(why) => store(why, &error),
            _ => other(&error),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let code = match refusal {
            Refusal::NotRegistered => Code::NotFound,
            Refusal::Stopping => Code::Stopping,
            _ => Code::Refused,
        };
        let word = serde_json::to_value(refusal).ok();
        let reason = word.and_then(|word| word.as_str().map(str::to_owned));
        let help = match refusal {
            Refusal::NotRegistered => "`dormouse list` lists what is registered",
            Refusal::Stopping => "ask again when the host runs",
            Refusal::CurrentlyRunning | Refusal::QueueFull => {
                "wait until it has ended, or register it with another --overlap"
            }
            Refusal::Spent | Refusal::SpentThisSession => "register it again to have it fire again",
            Refusal::Quarantined => "mend it, and `dormouse release` it",
            Refusal::AccessUnspecified | Refusal::DeniedByPolicy | Refusal::DeniedByUser => {
                "`dormouse access APP allowed-subject-to-policy` lets it run"
            }
            _ => "`dormouse explain` says more",
        };
        Self { reason, ..Self::new(code, refusal.to_string()).help(help) }
    }
}

impl From<SubscribeError> for Problem {
    fn from(error: SubscribeError) -> Self {
        match &error {
            SubscribeError::Name { .. } | SubscribeError::Reserved { .. } => {
                Self::from_error(Code::InvalidRequest, &error).field("subscriber").help("choose another name")
            }
            SubscribeError::Ahead { .. } => Self::from_error(Code::InvalidRequest, &error).field("cursor"),
            SubscribeError::ReadOnly => Self::from_error(Code::ReadOnly, &error).help(NEEDS_A_HOST),
            SubscribeError::Store(why) => store(why, &error),
            _ => other(&error),
        }
    }
}

impl From<InstallError> for Problem {
    fn from(error: InstallError) -> Self {
        let of = |code| Self::from_error(code, &error);
        match &error {
            InstallError::Repository(RepositoryError::Package(error)) => package(error),
            InstallError::Repository(_) => of(Code::Internal)
                .help("check the owner of the directory `packages` in --state, and the room left"),
            InstallError::ConsentNeeded { difference, .. } => {
                let asks = difference.as_slice().iter().map(ToString::to_string).collect();
                Self { asks, ..of(Code::ConsentNeeded).help("agree to it with --consent").field("consent") }
            }
            InstallError::AlreadyInstalled { .. } => of(Code::AlreadyInstalled).help("use `dormouse update`"),
            InstallError::NotInstalled { .. } => {
                of(Code::NotInstalled).help("`dormouse apps` says what is installed")
            }
            InstallError::OtherApp { .. } => of(Code::Conflict).help("name the app that the package is of"),
            InstallError::Embedded { .. } => of(Code::Conflict).help("give the package another name"),
            InstallError::Downgrade { .. } => {
                of(Code::Conflict).help("allow it with --allow-downgrade").field("allow_downgrade")
            }
            InstallError::Component { source, .. } | InstallError::AppComponent(source) => {
                component(&error, source)
            }
            InstallError::Limits(_) => {
                of(Code::Package).help("have the package ask for less, or allow more with --limit-max")
            }
            InstallError::AppLimits(_) => {
                of(Code::Package).help("have the package ask for less, or allow more with --app-limit-max")
            }
            InstallError::Quota { .. } => of(Code::Package).help(
                "have the package ask for less, or for none; `dormouse quota APP --set` gives an app more",
            ),
            InstallError::Grant(_) => of(Code::Grant)
                .help("name directories that exist and that you may use, with --dir")
                .field("directories"),
            InstallError::NotAskedFor { .. } => {
                of(Code::Grant).help("leave that --dir or --env out, or mend its name")
            }
            InstallError::Follow(_) => of(Code::Internal).help("the next start of the host tries it again"),
            InstallError::LocalFolder { .. } => {
                of(Code::Internal).help("make it removable, and run the command again")
            }
            InstallError::NoPackages | InstallError::ReadOnly => of(Code::ReadOnly).help(NEEDS_A_HOST),
            InstallError::Store(why) => store(why, &error),
            InstallError::Stopping => of(Code::Stopping).help("ask again when the host runs"),
            _ => other(&error),
        }
    }
}

fn component(error: &InstallError, source: &ComponentError) -> Problem {
    match source {
        ComponentError::WorkerMissing { .. } | ComponentError::WorkerUnfit { .. } => {
            Problem::from_error(Code::Internal, error).help(
                "dormouse starts itself once more to compile a component: is /proc mounted, and may this user start processes?",
            )
        }
        _ => Problem::from_error(Code::Component, error)
            .help("build the component anew, for wasm32-wasip2 in release mode, and pack the package again"),
    }
}

/// Why a package cannot be used. Its own messages say what to do.
fn package(error: &PackageError) -> Problem {
    let problem = Problem::new(Code::Package, "the package cannot be used").because(error);
    problem.help(match error {
        PackageError::Open { .. } | PackageError::NotAPackage { .. } => {
            "give the path of a directory with a dormouse.toml, or of a .tar.gz file of one"
        }
        PackageError::Checksum { .. } => "fetch it again from where you trust it",
        PackageError::ChecksumOfDirectory => "leave --sha256 out, or give the .tar.gz file",
        PackageError::Manifest(error) if error.source().is_none() => "mend the manifest at that place",
        _ => "nothing of it was kept; mend it and try again",
    })
}

impl From<PackageError> for Problem {
    fn from(error: PackageError) -> Self {
        package(&error)
    }
}

impl From<WebhookError> for Problem {
    fn from(error: WebhookError) -> Self {
        let of = |code| Self::from_error(code, &error);
        match &error {
            WebhookError::Name(_) => of(Code::InvalidRequest).field("name").help("choose another name"),
            WebhookError::Url(_) => of(Code::InvalidRequest)
                .field("url")
                .help("give the address of a receiver that this host may send to, like https://host/path"),
            WebhookError::Secret => {
                of(Code::InvalidRequest).field("secret").help("leave it out to have one made")
            }
            WebhookError::TooMany => of(Code::Conflict).help("`dormouse webhooks remove` removes one"),
            WebhookError::NotFound(_) => of(Code::NotFound).help("`dormouse webhooks` lists them"),
            WebhookError::NotUndelivered { .. } => {
                of(Code::NotFound).help("`dormouse webhooks undelivered` lists those there are")
            }
            WebhookError::LetGo(_) => of(Code::Conflict).help("discard it: nothing of it is left to send"),
            WebhookError::NotDelivered(_) => {
                of(Code::Upstream).help("look at what receives it, and try again")
            }
            WebhookError::Stopping => of(Code::Stopping).help("ask again when the host runs"),
            WebhookError::Store(why) => store(why, &error),
            _ => other(&error),
        }
    }
}

#[cfg(test)]
mod tests;
