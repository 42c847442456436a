//! What an app is asked to do: a launch, or an activation for something else.

use dormouse_core::Message;
use dormouse_core::app::activation::{AppActivation, Item};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::fire::{PayloadRefused, body};
use super::lifecycle::AppStateView;

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
}
