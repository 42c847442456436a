//! Installed packages: from a directory or an archive to an app whose tasks run, and back.
//!
//! The store says what is installed; files without a record are remains, and are swept when the host starts. So
//! each step below may be the last one of its process:
//!
//! ```text
//!  install   stage ─ commit files ─ compile ─┬─ save record ─┬─ registrations ─ record finished
//!  update    stage ─ commit files ─ compile ─┤ (the moment)  ├─ cancel runs ─ registrations ─ servicing-complete
//!                                            │               │   ─ update task ─ record finished ─ remove old files
//!  killed here:        the old package is there   the new one is, and the next host does the rest again
//!
//!  uninstall  mark record (the moment) ─ cancel runs ─ remove local folder ─ files ─ record with registrations
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use cap_std::fs::Dir;
use dormouse_core::app::GrantRecord;
use dormouse_core::app::activation::ActivationKind;
use dormouse_core::limits::LimitsError;
use dormouse_core::{
    AccessStatus, AppId, AppLimitsError, Condition, QuotaPolicy, RegistrationId, StoreError,
};
use dormouse_package::{Difference, Digest, Repository, RepositoryError};
use tokio::sync::Mutex;

use crate::component::{Compiler, ComponentCache, ComponentError};
use crate::host::HostError;
use crate::sandbox::grants::GrantError;
use crate::shared::ReadOnly;

mod follow;
mod grant;
mod install;
mod load;
mod uninstall;

pub(crate) use load::{found, load_all};

/// Where a host keeps packages, and how it compiles them.
#[derive(Debug)]
pub struct PackageConfig {
    /// The directory of the packages: the host's alone.
    pub directory: Dir,
    /// Who compiles their components.
    pub compiler: Compiler,
    /// Where compiled components are kept; nowhere if none, and each start compiles them again.
    pub cache: Option<ComponentCache>,
}

/// The packages of a host.
pub(crate) struct Packages {
    repository: Arc<Repository>,
    compiler: Compiler,
    cache: Option<ComponentCache>,
    /// One change at a time.
    changing: Mutex<()>,
}

impl Packages {
    pub(crate) fn open(config: PackageConfig) -> Result<Self, RepositoryError> {
        let PackageConfig { directory, compiler, cache } = config;
        let repository = Arc::new(Repository::open(directory)?);
        Ok(Self { repository, compiler, cache, changing: Mutex::new(()) })
    }
}

/// What goes with an installation or an update.
#[derive(Clone, Debug, Default)]
pub struct InstallOptions {
    /// What somebody agreed to.
    pub consent: Consent,
    /// Where the directories are that it asks for, by guest path. One that is not here is not granted; an update
    /// keeps those of the version before.
    pub directories: BTreeMap<String, PathBuf>,
    /// The values of the environment variables that it asks for. As with directories.
    pub env: BTreeMap<String, String>,
    /// Replace a version by an older one.
    pub allow_downgrade: bool,
    /// Take the package in only if it is of this app.
    pub only: Option<AppId>,
}

/// What somebody agreed to of what a package asks for, or, in an update, newly asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Consent {
    /// Nothing: what asks for something is refused, and tells what.
    #[default]
    Nothing,
    /// What was shown to somebody, as [`InstallError::ConsentNeeded`] told it. A package that asks for more by now is
    /// refused again.
    To(Difference),
    /// Everything.
    ToAll,
}

impl Consent {
    fn covers(&self, difference: &Difference) -> bool {
        match self {
            Self::Nothing => difference.needing_consent().next().is_none(),
            Self::To(shown) => difference.needing_consent().all(|asked| shown.as_slice().contains(asked)),
            Self::ToAll => true,
        }
    }
}

/// What an installation or an update did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Installation {
    /// The app.
    pub app: AppId,
    /// Its version.
    pub version: String,
    /// The version before, if this was an update.
    pub from: Option<String>,
    /// The same contents were installed already: nothing changed.
    pub unchanged: bool,
    /// What its app is now activated for, and was not before.
    pub newly_taken: BTreeSet<ActivationKind>,
    /// What it asks for and was not given: directories without a place, variables without a value.
    pub not_granted: Vec<String>,
    /// Registrations that the manifest makes, as they are now.
    pub registered: Vec<RegistrationId>,
    /// Registrations that the new version has no use for, and why: they are gone.
    pub dropped: Vec<Dropped>,
    /// The run of the update task, if there is one: its registration.
    pub update_task: Option<RegistrationId>,
    /// Conditions of one registration that can never hold together (UWP-064).
    pub contradictions: Vec<(String, Condition, Condition)>,
}

/// A registration that an update removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// Its id.
    pub id: RegistrationId,
    /// Its name.
    pub name: String,
    /// Why the new version cannot have it.
    pub reason: String,
}

/// An installed package.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PackageInfo {
    /// The app.
    pub app: AppId,
    /// Its version.
    pub version: String,
    /// The SHA-256 of its contents.
    pub digest: String,
    /// What the operator decided about its access to the background.
    pub access: AccessStatus,
    /// What it was granted.
    pub granted: GrantRecord,
    /// What its app is activated for; empty if it has tasks only.
    pub activations: BTreeSet<ActivationKind>,
    /// How many registrations it has.
    pub registrations: usize,
    /// Whether it is installed here: its components were found and compiled. On a host that only answers questions,
    /// which compiles nothing: whether its files are there.
    pub loaded: bool,
}

/// Why a package was not installed, updated or removed. Unless it says so, nothing changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstallError {
    /// The host was built without a place for packages.
    #[error("this host keeps no packages: build it with `HostBuilder::packages`")]
    NoPackages,
    /// The package, or the place where packages are kept.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// It asks for what nobody agreed to.
    #[error("package `{app}` {version} asks for what was not agreed to")]
    ConsentNeeded {
        /// The app.
        app: AppId,
        /// Its version.
        version: String,
        /// What it asks for.
        difference: Difference,
    },
    /// It is installed already.
    #[error("app `{app}` is installed already, version {version}; update it instead")]
    AlreadyInstalled {
        /// The app.
        app: AppId,
        /// The version that is installed.
        version: String,
    },
    /// The embedding program brought an app of this name along.
    #[error("app `{app}` belongs to the program that embeds this host; give the package another name")]
    Embedded {
        /// The app.
        app: AppId,
    },
    /// There is nothing to update or remove.
    #[error("no package `{app}` is installed; install it")]
    NotInstalled {
        /// The app.
        app: AppId,
    },
    /// The package is another app's than was meant.
    #[error("the package is of app `{found}`, and not of `{meant}`; name that app, or give another package")]
    OtherApp {
        /// The app that was meant.
        meant: AppId,
        /// Whose it is.
        found: AppId,
    },
    /// The version is older than the one that is installed.
    #[error("app `{app}` has version {installed}, and {offered} is older; allow a downgrade to replace it")]
    Downgrade {
        /// The app.
        app: AppId,
        /// The version that is installed.
        installed: String,
        /// The version of the package.
        offered: String,
    },
    /// A component cannot be run here.
    #[error("the component of entry point {entry_point:?} cannot be used")]
    Component {
        /// The entry point.
        entry_point: String,
        /// Why.
        #[source]
        source: ComponentError,
    },
    /// The component of its `[app]` cannot be run here.
    #[error("the component of [app] cannot be used")]
    AppComponent(#[source] ComponentError),
    /// What the package asks for as limits of its runs.
    #[error("the package's limits are not within the host's maximum")]
    Limits(#[from] LimitsError),
    /// What the package asks to keep.
    #[error("what the package asks to keep is not within the host's maximum")]
    AppLimits(#[from] AppLimitsError),
    /// The quota that the package sets itself.
    #[error("the package sets itself a CPU quota of {asked}, looser than the host's {host}")]
    Quota {
        /// What its manifest says.
        asked: QuotaPolicy,
        /// What the host gives all apps.
        host: QuotaPolicy,
    },
    /// A grant cannot be given.
    #[error("a grant cannot be given")]
    Grant(#[from] GrantError),
    /// Something was given that the package does not ask for.
    #[error("the package does not ask for {what}; it asks for {asked}")]
    NotAskedFor {
        /// What was given.
        what: String,
        /// What it asks for of that kind.
        asked: String,
    },
    /// A registration of the manifest, or the app itself, could not be made. The package is installed all the same,
    /// and the next start tries again.
    #[error(
        "the package is installed, and something that follows failed; it is tried again at the next start"
    )]
    Follow(#[source] HostError),
    /// The local folder of an app that is being removed.
    #[error("the local folder of app `{app}` cannot be removed; make it removable and ask again")]
    LocalFolder {
        /// The app.
        app: AppId,
        /// Why.
        source: std::io::Error,
    },
    /// The store did not answer.
    #[error("the store did not do it")]
    Store(#[from] StoreError),
    /// The host only answers questions.
    #[error("this host was started to look only, and changes no package; ask one that may")]
    ReadOnly,
    /// Reading or compiling was cut off: the host stops.
    #[error("the host is stopping")]
    Stopping,
}

impl From<ReadOnly> for InstallError {
    fn from(_: ReadOnly) -> Self {
        Self::ReadOnly
    }
}

/// The digest as records keep it; what is not one is no package of ours.
fn digest(record: &dormouse_core::app::PackageRecord) -> Option<Digest> {
    record.digest.parse().ok()
}
