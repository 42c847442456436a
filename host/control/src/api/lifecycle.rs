//! The life of an app: where it is, and what it is asked to do.

use dormouse_core::app::activation::{AppActivation, Item};
use dormouse_core::app::lifecycle::{AppState, End, ExtensionReason};
use dormouse_core::app::memory::MemoryLevel;
use dormouse_core::app::policy::AppPolicy;
use dormouse_core::app::previous::{AppStateRecord, Kept, PreviousExecutionState};
use dormouse_core::{AppId, Message, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Moment;
use super::fire::{PayloadRefused, media_type, payload};
use super::words::{AppStateWord, EndWord, ExtensionWord, KeptWord, MemoryLevelWord, PreviousWord};

/// Where in its life an app is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AppStateView {
    /// The app.
    #[schema(value_type = String)]
    pub app: AppId,
    /// Where it is.
    #[schema(value_type = AppStateWord)]
    pub state: AppState,
    /// Which instance of it this is, counted since the host began; 0 before the first.
    pub session: u64,
    /// Since when it is there.
    pub since: Moment,
    /// How many want to see it.
    pub leases: u32,
    /// It was prelaunched, and nobody has launched it since.
    pub prelaunched: bool,
    /// Background tasks in its instance.
    pub runs: u32,
    /// Background tasks that wait for it.
    pub waiting_runs: u32,
    /// What its extended execution is for, if it has one.
    #[schema(value_type = Option<ExtensionWord>)]
    pub extension: Option<ExtensionReason>,
    /// What it holds.
    pub memory_bytes: u64,
    /// What it may hold.
    pub memory_limit_bytes: u64,
    /// How much of that it holds.
    #[schema(value_type = MemoryLevelWord)]
    pub memory_level: MemoryLevel,
    /// The handler that is under way, if one is.
    pub calling: Option<String>,
    /// What is kept of it, if it was ever launched.
    #[schema(value_type = Option<KeptWord>)]
    pub kept: Option<Kept>,
    /// How its last instance ended, as far as this host has seen one end.
    pub last_end: Option<AppEndView>,
    /// What it is told that it was, if it is launched now.
    #[schema(value_type = PreviousWord)]
    pub next_previous: PreviousExecutionState,
}

/// How an instance of an app ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AppEndView {
    /// Why.
    #[schema(value_type = EndWord)]
    pub end: String,
    /// The handler that did not return in time, if that is why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handler: Option<String>,
    /// What is to be said of it, for people; empty if that is all.
    pub message: String,
}

impl AppEndView {
    fn of(end: End, message: &str) -> Self {
        let handler = match end {
            End::Hung { handler } => Some(handler.as_str().to_owned()),
            _ => None,
        };
        Self { end: end.as_str().to_owned(), handler, message: message.to_owned() }
    }
}

impl AppStateView {
    /// Of an app that is not there, as its last host left it.
    pub(crate) fn kept(record: &AppStateRecord, now: Timestamp) -> Self {
        Self {
            app: record.app.clone(),
            state: AppState::NotRunning,
            session: 0,
            since: record.at.into(),
            leases: 0,
            prelaunched: false,
            runs: 0,
            waiting_runs: 0,
            extension: None,
            memory_bytes: 0,
            memory_limit_bytes: 0,
            memory_level: MemoryLevel::Low,
            calling: None,
            kept: record.kept,
            last_end: None,
            next_previous: record.previous(now, AppPolicy::DEFAULT.closed),
        }
    }
}

impl From<&dormouse::AppView> for AppStateView {
    fn from(seen: &dormouse::AppView) -> Self {
        Self {
            app: seen.app.clone(),
            state: seen.state,
            session: seen.session,
            since: seen.since.into(),
            leases: seen.leases,
            prelaunched: seen.prelaunched,
            runs: seen.runs,
            waiting_runs: seen.waiting_runs,
            extension: seen.extension,
            memory_bytes: seen.memory_bytes,
            memory_limit_bytes: seen.memory_limit,
            memory_level: seen.memory_level,
            calling: seen.calling.clone(),
            kept: seen.kept,
            last_end: seen.last_end.as_ref().map(|(end, message)| AppEndView::of(*end, message)),
            next_previous: seen.next_previous,
        }
    }
}

/// A wish to launch an app, or to activate it for something else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LaunchRequest {
    /// What a launch passes along. Without any, an app that is there is only brought to the front.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<String>,
    /// What it is activated for, instead of a launch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activation: Option<ActivationRequest>,
    /// Launch it ahead of the user's own launch, if it agreed to that. It is suspended afterwards.
    pub prelaunch: bool,
    /// Nobody wants to see it.
    pub hidden: bool,
}

/// What an app is activated for, with what comes with it. Its package has to declare the kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
pub enum ActivationRequest {
    /// Files were opened with it.
    File {
        /// Their paths, as the guest sees them.
        paths: Vec<String>,
    },
    /// A link was followed.
    Protocol {
        /// The link.
        uri: String,
    },
    /// Something was shared with it.
    Share {
        /// What.
        items: Vec<ItemRequest>,
    },
    /// A moment came.
    Timer {
        /// What it is called.
        name: String,
    },
    /// A message came.
    Message {
        /// Its topic.
        topic: String,
        /// The media type of its body. By default that of text or of bytes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        content_type: Option<String>,
        /// Its body, as text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<String>,
        /// Its body, as bytes in base64; instead of `body`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body_base64: Option<String>,
    },
    /// It was called on a command line.
    CommandLine {
        /// The arguments after the program's own name.
        arguments: Vec<String>,
        /// Where, as the guest sees it; empty if it does not.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        directory: String,
    },
    /// Something that app and user of this API agree upon.
    Custom {
        /// What it is called.
        name: String,
        /// What comes with it, as text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<String>,
        /// What comes with it, as bytes in base64; instead of `body`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body_base64: Option<String>,
    },
}

/// Bytes with a name: something that is shared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemRequest {
    /// The name.
    pub name: String,
    /// The media type of its body. By default that of text or of bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// The body, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The body, as bytes in base64; instead of `body`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_base64: Option<String>,
}

/// What a [`LaunchRequest`] asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LaunchAsked {
    /// A launch ahead of the user's own.
    Prelaunch,
    /// An activation after which somebody wants to see it.
    Seen(AppActivation),
    /// One after which nobody does.
    Hidden(AppActivation),
}

/// A wish to launch an app that contradicts itself, or cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LaunchRefused {
    /// Two things are asked for, of which there can be one.
    #[error("`{one}` and `{other}` are both given; leave one of them out")]
    Both {
        /// One.
        one: &'static str,
        /// The other.
        other: &'static str,
    },
    /// What comes with it cannot be read.
    #[error(transparent)]
    Payload(#[from] PayloadRefused),
}

impl LaunchRefused {
    /// Which field is wrong.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        match self {
            Self::Both { other, .. } => other,
            Self::Payload(_) => "activation",
        }
    }
}

impl LaunchRequest {
    /// What is asked for.
    ///
    /// # Errors
    ///
    /// [`LaunchRefused`] names the field.
    pub fn asked(self) -> Result<LaunchAsked, LaunchRefused> {
        let Self { arguments, activation, prelaunch, hidden } = self;
        let given = [
            ("arguments", arguments.is_some()),
            ("activation", activation.is_some()),
            ("prelaunch", prelaunch),
        ];
        let mut given = given.into_iter().filter(|(_, given)| *given).map(|(name, _)| name);
        if let (Some(one), Some(other)) = (given.next(), given.next()) {
            return Err(LaunchRefused::Both { one, other });
        }
        if prelaunch {
            // Nobody sees what is prelaunched.
            return Ok(LaunchAsked::Prelaunch);
        }
        let activation = match activation {
            Some(activation) => activation.activation()?,
            None => AppActivation::Launch { arguments: arguments.unwrap_or_default() },
        };
        Ok(if hidden { LaunchAsked::Hidden(activation) } else { LaunchAsked::Seen(activation) })
    }
}

/// The bytes of a body, and their media type.
fn body(
    content_type: Option<String>,
    text: Option<&String>,
    base64: Option<&String>,
) -> Result<(String, Vec<u8>), PayloadRefused> {
    let bytes = payload(["body", "body_base64"], text, base64)?.unwrap_or_default();
    Ok((content_type.unwrap_or_else(|| media_type(text.is_some()).to_owned()), bytes))
}

impl ActivationRequest {
    /// What the app is activated for.
    fn activation(self) -> Result<AppActivation, PayloadRefused> {
        Ok(match self {
            Self::File { paths } => AppActivation::File { paths },
            Self::Protocol { uri } => AppActivation::Protocol { uri },
            Self::Share { items } => {
                let items = items.into_iter().map(ItemRequest::item);
                AppActivation::Share { items: items.collect::<Result<_, _>>()? }
            }
            Self::Timer { name } => AppActivation::Timer { name },
            Self::Message { topic, content_type, body: text, body_base64 } => {
                let (content_type, body) = body(content_type, text.as_ref(), body_base64.as_ref())?;
                AppActivation::Message { message: Message { topic, content_type, body } }
            }
            Self::CommandLine { arguments, directory } => AppActivation::CommandLine { arguments, directory },
            Self::Custom { name, body: text, body_base64 } => {
                let (_, body) = body(None, text.as_ref(), body_base64.as_ref())?;
                AppActivation::Custom { name, body }
            }
        })
    }
}

impl ItemRequest {
    fn item(self) -> Result<Item, PayloadRefused> {
        let (content_type, body) = body(self.content_type, self.body.as_ref(), self.body_base64.as_ref())?;
        Ok(Item { name: self.name, content_type, body })
    }
}

/// What became of a wish to launch an app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LaunchedView {
    /// What.
    pub result: LaunchResult,
    /// Where the app is now.
    pub app: AppStateView,
}

/// What became of a wish to launch an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LaunchResult {
    /// It has heard of it, or was there and is brought to the front.
    Launched,
    /// It is launched ahead of its user.
    Prelaunched,
    /// It is not prelaunched: neither its package nor the app itself agreed to that.
    NotOptedIn,
    /// It is not prelaunched: it is there.
    Running,
    /// It is not prelaunched: the machine is short of memory.
    ShortOfMemory,
    /// It is not prelaunched: as many apps are there as may be.
    NoPlace,
}

impl From<dormouse::Prelaunched> for LaunchResult {
    fn from(done: dormouse::Prelaunched) -> Self {
        use dormouse::Prelaunched as Done;
        match done {
            Done::Yes => Self::Prelaunched,
            Done::NotOptedIn => Self::NotOptedIn,
            Done::Running => Self::Running,
            Done::ShortOfMemory => Self::ShortOfMemory,
            Done::NoPlace => Self::NoPlace,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(json: &str) -> Result<LaunchAsked, LaunchRefused> {
        serde_json::from_str::<LaunchRequest>(json).unwrap().asked()
    }

    #[test]
    fn a_launch_needs_nothing_and_is_seen() {
        assert_eq!(asked("{}"), Ok(LaunchAsked::Seen(AppActivation::launch())));
        assert_eq!(asked(r#"{"hidden":true}"#), Ok(LaunchAsked::Hidden(AppActivation::launch())));
        let launch = AppActivation::Launch { arguments: "x".to_owned() };
        assert_eq!(asked(r#"{"arguments":"x"}"#), Ok(LaunchAsked::Seen(launch)));
        assert_eq!(asked(r#"{"prelaunch":true,"hidden":true}"#), Ok(LaunchAsked::Prelaunch));
    }

    #[test]
    fn what_is_activated_for_two_things_is_refused() {
        for json in [
            r#"{"arguments":"x","activation":{"kind":"timer","name":"n"}}"#,
            r#"{"arguments":"x","prelaunch":true}"#,
            r#"{"activation":{"kind":"timer","name":"n"},"prelaunch":true}"#,
        ] {
            assert!(matches!(asked(json), Err(LaunchRefused::Both { .. })), "{json}");
        }
        let twice = r#"{"activation":{"kind":"custom","name":"n","body":"a","body_base64":""}}"#;
        assert_eq!(asked(twice).unwrap_err().field(), "activation");
        for json in
            [r#"{"activation":{"kind":"launch"}}"#, r#"{"activation":{"kind":"timer"}}"#, r#"{"now":true}"#]
        {
            assert!(serde_json::from_str::<LaunchRequest>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn every_kind_but_a_launch_can_be_asked_for() {
        let custom = |body: &[u8]| AppActivation::Custom { name: "n".to_owned(), body: body.to_vec() };
        let message = Message {
            topic: "t".to_owned(),
            content_type: "application/octet-stream".to_owned(),
            body: vec![255],
        };
        let text = |name: &str| Item {
            name: name.to_owned(),
            content_type: "text/plain; charset=utf-8".to_owned(),
            body: b"a".to_vec(),
        };
        for (json, activation) in [
            (r#"{"kind":"file","paths":["/a"]}"#, AppActivation::File { paths: vec!["/a".to_owned()] }),
            (r#"{"kind":"protocol","uri":"a:b"}"#, AppActivation::Protocol { uri: "a:b".to_owned() }),
            (
                r#"{"kind":"share","items":[{"name":"i","body":"a"}]}"#,
                AppActivation::Share { items: vec![text("i")] },
            ),
            (r#"{"kind":"timer","name":"n"}"#, AppActivation::Timer { name: "n".to_owned() }),
            (r#"{"kind":"message","topic":"t","body_base64":"/w=="}"#, AppActivation::Message { message }),
            (
                r#"{"kind":"command-line","arguments":["a","b"]}"#,
                AppActivation::CommandLine {
                    arguments: vec!["a".to_owned(), "b".to_owned()],
                    directory: String::new(),
                },
            ),
            (r#"{"kind":"custom","name":"n","body":"a"}"#, custom(b"a")),
            (r#"{"kind":"custom","name":"n"}"#, custom(b"")),
        ] {
            let json = format!(r#"{{"activation":{json}}}"#);
            assert_eq!(asked(&json), Ok(LaunchAsked::Seen(activation)), "{json}");
        }
    }

    #[test]
    fn an_end_names_the_handler_that_hung() {
        use dormouse_core::app::lifecycle::HandlerName;
        let end = AppEndView::of(End::Hung { handler: HandlerName::Suspending }, "");
        assert_eq!((end.end.as_str(), end.handler.as_deref()), ("hung", Some("suspending")));
        assert_eq!(AppEndView::of(End::Closed, "").handler, None);
    }
}
