//! Apps: what is kept of one, and the life of one that has a component of its own.
//!
//! | to learn about | read |
//! | --- | --- |
//! | its states, and what it hears on the way from one to the other | [`lifecycle`] |
//! | what it is activated for | [`activation`] |
//! | what is told of it while it happens | [`event`] |
//! | what it was before, also after a crash of its host | [`previous`] |
//! | how long each thing may take | [`policy`] |
//! | what becomes of its background tasks when it ends | [`runs`] |
//! | what it may hold, and which one goes first when memory is short | [`memory`], [`reclaim`] |

pub mod activation;
pub mod event;
pub mod lifecycle;
pub mod memory;
pub mod policy;
pub mod previous;
pub mod reclaim;
pub mod runs;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::access::AccessStatus;
use crate::app::activation::ActivationKind;
use crate::app_limits::AppLimitsRequest;
use crate::ids::AppId;
use crate::quota::{QuotaDecision, QuotaPolicy};

/// An app, as a store keeps it. That the record is there is what makes the app installed; files without a
/// record are remains.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AppRecord {
    /// Whose.
    pub app: AppId,
    /// What the operator decided about it.
    pub access: AccessStatus,
    /// The package that it is installed from; none if the embedding program brings its components along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<PackageRecord>,
    /// What the operator decided about its quota; none if nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<QuotaDecision>,
    /// What the operator decided about how much it may keep.
    #[serde(default, skip_serializing_if = "AppLimitsRequest::is_none")]
    pub app_limits: AppLimitsRequest,
}

impl AppRecord {
    /// An app of which nothing is known but that.
    #[must_use]
    pub const fn new(app: AppId, access: AccessStatus) -> Self {
        Self { app, access, package: None, quota: None, app_limits: AppLimitsRequest::none() }
    }
}

/// Which package an app is installed from, and what it was granted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PackageRecord {
    /// Its version, as its manifest says.
    pub version: String,
    /// The SHA-256 of its contents: the name of its folder.
    pub digest: String,
    /// What is still to be done about it, and is done again from the start by the next host if this one ends in
    /// between; none once all is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unfinished: Option<Unfinished>,
    /// What the operator granted.
    #[serde(default)]
    pub granted: GrantRecord,
    /// The quota of CPU time that its manifest sets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<QuotaPolicy>,
    /// What its manifest asks to keep.
    #[serde(default, skip_serializing_if = "AppLimitsRequest::is_none")]
    pub app_limits: AppLimitsRequest,
    /// What its app is activated for; empty if it has tasks only.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub activations: BTreeSet<ActivationKind>,
}

/// What follows the moment at which a package became the installed one, or was given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "step")]
pub enum Unfinished {
    /// The registrations of its manifest are to be made.
    Installing,
    /// And what runs is told `servicing-update`, `servicing-complete` fires, and the update task runs.
    Updating {
        /// The version that it replaced.
        from: String,
    },
    /// It is being removed: nothing of it starts any more, and what is left of it goes.
    Uninstalling,
}

/// Capabilities as they were granted, by what the guest calls them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GrantRecord {
    /// Directories, by guest path.
    pub directories: BTreeMap<String, DirectoryGrant>,
    /// Hosts with ports, as `api.example.org:443`.
    pub network: Vec<String>,
    /// Addresses to listen on.
    pub listen: Vec<SocketAddr>,
    /// Environment variables.
    pub env: BTreeMap<String, String>,
}

/// A directory on the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryGrant {
    /// Where it is.
    pub path: PathBuf,
    /// Whether the guest may change it.
    pub read_write: bool,
}
