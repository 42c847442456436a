//! Apps: what is installed, and how it comes to be.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use dormouse::{Installation, PackageInfo};
use dormouse_core::app::GrantRecord;
use dormouse_core::app::activation::ActivationKind;
use dormouse_core::app::lifecycle::AppState;
use dormouse_core::{AccessStatus, AppId, Condition, RegistrationId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::{AccessWord, ActivationWord, AppStateWord, ConditionWord};

/// An installed package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AppView {
    /// The app.
    #[schema(value_type = String)]
    pub app: AppId,
    /// Its version.
    pub version: String,
    /// The SHA-256 of its contents.
    pub digest: String,
    /// What the operator decided about its access to the background.
    #[schema(value_type = AccessWord)]
    pub access: AccessStatus,
    /// What it was granted.
    pub granted: GrantedView,
    /// Its life, if it has one of its own; none if it has tasks only.
    pub life: Option<AppLifeView>,
    /// How many registrations it has.
    pub registrations: usize,
    /// Whether it is installed here: its components were found and compiled.
    pub loaded: bool,
}

/// That an app has a life of its own, in short. `/state` of the app says more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AppLifeView {
    /// Where in it the app is.
    #[schema(value_type = AppStateWord)]
    pub state: AppState,
    /// What it is activated for.
    #[schema(value_type = Vec<ActivationWord>)]
    pub activations: Vec<ActivationKind>,
}

/// Capabilities as they were granted, by what the guest calls them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GrantedView {
    /// Directories, by guest path.
    pub directories: BTreeMap<String, DirectoryView>,
    /// Hosts with ports, as `api.example.org:443`.
    pub network: Vec<String>,
    /// Addresses to listen on.
    #[schema(value_type = Vec<String>)]
    pub listen: Vec<SocketAddr>,
    /// The names of environment variables. Their values are not shown: they may be secrets.
    pub env: Vec<String>,
}

/// A directory on the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DirectoryView {
    /// Where it is.
    pub path: String,
    /// Whether the guest may change it.
    pub read_write: bool,
}

impl From<&GrantRecord> for GrantedView {
    fn from(granted: &GrantRecord) -> Self {
        let directories = granted.directories.iter().map(|(guest, directory)| {
            let path = directory.path.to_string_lossy().into_owned();
            (guest.clone(), DirectoryView { path, read_write: directory.read_write })
        });
        Self {
            directories: directories.collect(),
            network: granted.network.clone(),
            listen: granted.listen.clone(),
            env: granted.env.keys().cloned().collect(),
        }
    }
}

impl AppView {
    /// A package, and where in its life its app is.
    pub(crate) fn new(package: &PackageInfo, state: AppState) -> Self {
        let activations: Vec<ActivationKind> = package.activations.iter().copied().collect();
        Self {
            app: package.app.clone(),
            version: package.version.clone(),
            digest: package.digest.clone(),
            access: package.access,
            granted: (&package.granted).into(),
            life: (!activations.is_empty()).then_some(AppLifeView { state, activations }),
            registrations: package.registrations,
            loaded: package.loaded,
        }
    }
}

/// A package that was handed in and waits to be installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UploadView {
    /// What to call it in an installation, within ten minutes.
    pub upload: uuid::Uuid,
    /// Its length.
    pub len_bytes: u64,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
}

/// A wish to install a package, or to replace it by another version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InstallRequest {
    /// The package: what its upload was answered with.
    pub upload: uuid::Uuid,
    /// What its SHA-256 must be, in hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// What somebody agreed to.
    #[serde(default)]
    pub consent: ConsentRequest,
    /// Where the directories are that it asks for, by guest path: absolute paths on the host's machine.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub directories: BTreeMap<String, String>,
    /// The values of the environment variables that it asks for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
    /// Replace a version by an older one.
    #[serde(default)]
    pub allow_downgrade: bool,
}

/// What somebody agreed to of what a package asks for, or, in an update, newly asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ConsentRequest {
    /// Nothing: what asks for something is refused, and tells what.
    #[default]
    Nothing,
    /// Everything.
    All,
    /// What was shown to somebody: lines of `asks`. What asks for more by now is refused again.
    To(Vec<String>),
}

/// What an installation or an update did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InstallationView {
    /// The app.
    #[schema(value_type = String)]
    pub app: AppId,
    /// Its version.
    pub version: String,
    /// The version before, if this was an update.
    pub from: Option<String>,
    /// The same contents were installed already: nothing changed.
    pub unchanged: bool,
    /// What its app is now activated for, and was not before.
    #[schema(value_type = Vec<ActivationWord>)]
    pub newly_taken: Vec<ActivationKind>,
    /// What it asks for and was not given: directories without a place, variables without a value.
    pub not_granted: Vec<String>,
    /// Registrations that the manifest makes, as they are now.
    #[schema(value_type = Vec<uuid::Uuid>)]
    pub registered: Vec<RegistrationId>,
    /// Registrations that the new version has no use for: they are gone.
    pub dropped: Vec<DroppedView>,
    /// The registration of the update task, if there is one.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub update_task: Option<RegistrationId>,
    /// Conditions of one registration that can never hold together.
    pub contradictions: Vec<ContradictionView>,
}

/// A registration that an update removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DroppedView {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    pub id: RegistrationId,
    /// Its name.
    pub name: String,
    /// Why the new version cannot have it.
    pub reason: String,
}

/// Two conditions that can never hold together, so that nothing ever starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ContradictionView {
    /// The name of the registration that has both.
    pub registration: String,
    /// The two.
    #[schema(value_type = Vec<ConditionWord>)]
    pub conditions: [Condition; 2],
}

impl From<&Installation> for InstallationView {
    fn from(done: &Installation) -> Self {
        let dropped = done.dropped.iter().map(|gone| DroppedView {
            id: gone.id,
            name: gone.name.clone(),
            reason: gone.reason.clone(),
        });
        let contradictions = done.contradictions.iter().map(|(registration, one, other)| ContradictionView {
            registration: registration.clone(),
            conditions: [one.clone(), other.clone()],
        });
        Self {
            app: done.app.clone(),
            version: done.version.clone(),
            from: done.from.clone(),
            unchanged: done.unchanged,
            newly_taken: done.newly_taken.iter().copied().collect(),
            not_granted: done.not_granted.clone(),
            registered: done.registered.clone(),
            dropped: dropped.collect(),
            update_task: done.update_task,
            contradictions: contradictions.collect(),
        }
    }
}

/// Whether an app may run in the background.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccessView {
    /// The app.
    #[schema(value_type = String)]
    pub app: AppId,
    /// What was decided, or what holds where nobody did.
    #[schema(value_type = AccessWord)]
    pub access: AccessStatus,
    /// Whether it is installed.
    pub installed: bool,
    /// Why its firings start nothing; none if they may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
}

/// A decision about an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessRequest {
    /// What is decided.
    #[schema(value_type = AccessWord)]
    pub access: AccessStatus,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consent_is_a_word_or_what_was_shown() {
        for (json, consent) in [
            (r#""nothing""#, ConsentRequest::Nothing),
            (r#""all""#, ConsentRequest::All),
            (r#"{"to":["env TOKEN"]}"#, ConsentRequest::To(vec!["env TOKEN".to_owned()])),
        ] {
            assert_eq!(serde_json::from_str::<ConsentRequest>(json).unwrap(), consent);
            assert_eq!(serde_json::to_string(&consent).unwrap(), json);
        }
    }

    #[test]
    fn what_a_request_has_and_nobody_knows_is_refused() {
        let json = r#"{"upload":"00000000-0000-0000-0000-000000000000","forse":true}"#;
        let error = serde_json::from_str::<InstallRequest>(json).unwrap_err().to_string();
        assert!(error.contains("unknown field `forse`"), "{error}");
    }
}
