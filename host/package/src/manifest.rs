//! `dormouse.toml`: what a package says of itself.
//!
//! ```
//! # let text = r##"
//! [package]
//! name = "org.example.feeds"          # the app's name, too; reverse DNS is advised
//! version = "1.4.0"                   # as semver.org has it
//! description = "Reads feeds."        # optional
//! update-task = "migrate"             # optional: the entry point that runs after an update (UWP-051)
//!
//! [app]                               # optional: a component that lives longer than one run
//! component = "feeds.wasm"
//! activations = ["file", "protocol"]  # what it takes besides a launch
//! prelaunch = true                    # may be launched ahead of its user, unless it says otherwise itself
//! foreground-memory = "256MiB"        # while somebody sees it
//! background-memory = "128MiB"        # and while nobody does
//!
//! [entry-points.refresh]              # may be left out where there is an app
//! component = "refresh.wasm"          # a path in the package
//! triggers = ["application", "cron", "time", "filesystem"] # the kinds that may wake it (UWP-009)
//!
//! [entry-points.migrate]
//! component = "tasks/migrate.wasm"
//! triggers = []                       # an update task needs none
//!
//! [capabilities]                      # what it asks for; what it gets is the operator's decision
//! network = ["api.example.org:443"]   # host:port
//! listen = ["127.0.0.1:8080"]         # addresses that the host listens on for it
//! env = ["API_TOKEN"]
//! class = "long"                      # the largest class of limits, see below
//!
//! [capabilities.directories]
//! "/pictures" = "read-only"           # by the path that the guest sees; or "read-write"
//!
//! [limits]                            # of all runs of the package, where their registration names none
//! memory = "32MiB"
//! handles = 100
//!
//! [app-limits]                        # of what the app keeps in its folders and settings, all its runs together
//! folder-bytes = "256MiB"
//! settings = 500
//!
//! [quota]                             # CPU time of all its runs together; when it is spent, they are paused
//! cpu = "2s"
//! window = "15m"
//!
//! [[registrations]]                   # made at the installation
//! name = "hourly"
//! entry-point = "refresh"
//! trigger = { cron = "0 * * * *", time-zone = "Europe/Berlin" }
//! conditions = ["internet-available"]
//! cancel-on-condition-loss = true
//! overlap = { queue = 10 }            # "coalesce", "keep-latest", "refuse", { queue = N } or { parallel = N }
//! group = "org.example.group"
//! retry = 3                           # times after the first attempt; or a table, see below
//! limits = { cpu = "5s", wall = "30s", memory = "64MiB" } # and others, see below
//! env = { LANG = "C" }
//! args = ["--quick"]
//!
//! [[registrations]]
//! name = "new pictures"
//! entry-point = "refresh"
//! trigger = { directory = "/pictures", recursive = true }
//!
//! [[registrations]]
//! name = "save"                       # without an entry point: runs in the app's own instance
//! trigger = { every = "15m" }
//! # "##;
//! use dormouse_package::Manifest;
//!
//! let manifest = Manifest::parse(text.as_bytes())?;
//! assert_eq!(manifest.name.as_str(), "org.example.feeds");
//! assert_eq!(manifest.registrations.len(), 3);
//! # Ok::<(), dormouse_package::ManifestError>(())
//! ```
//!
//! A registration has one trigger, named by its key, with its options beside it:
//!
//! | trigger | fires | options |
//! | --- | --- | --- |
//! | `application = true` | when the app or the operator asks | |
//! | `every = "15m"` | every so often; kind `time` | `one-shot`, `misfire`, `jitter` |
//! | `cron = "0 * * * *"` | by the calendar | `time-zone` (UTC), `misfire`, `jitter` |
//! | `maintenance = "1h"` | as `every`, on external power | `one-shot`, `misfire`, `jitter` |
//! | `system = "internet-available"` | when something happens to the machine | `one-shot` |
//! | `directory = "/pictures"` | on changes in a directory; kind `filesystem` | `recursive`, `settle` |
//! | `listen = "127.0.0.1:8080"` | on what arrives at an address; kind `socket` | `keep-alive` |
//! | `signal = "topic"` | on a fact; the newest counts | `one-shot`, `recurrence` |
//! | `message = "topic"` | on a message; each counts | |
//!
//! `retry` may be `{ times = 3, initial = "1s", max = "15m", factor = 2.0, jitter = 0.5 }`, of which all but `times` may
//! be left out. Spans of time are written `200ms`, `15m` or `1h30m`, sizes `64MiB`.
//!
//! `limits` has the keys of [`LimitsRequest::KEYS`], and `class`: `default`, `device-use`, `long`, `maintenance` or
//! `unlimited`. Its spans, sizes and numbers are those of one run. No registration has a class of limits, or a `wall` or
//! `cpu`, above the larger of `capabilities.class` and what its trigger picks; the package's own are not above
//! `capabilities.class`.
//!
//! `app-limits` has the keys of [`AppLimitsRequest::KEYS`]. What is more than the host gives any app needs consent, and is
//! never more than the host's maximum. A `quota` is never looser than the host's. Of both, what the operator decides comes
//! first.
//!
//! What is unknown is refused, wherever it stands. What is wrong is told with line, column and key.

mod app;
mod capabilities;
mod document;
mod entry_point;
mod error;
mod lifecycle;
mod limits;
mod raw;
mod registration;
mod trigger;
mod values;

use std::collections::BTreeMap;
use std::io::Read;

use dormouse_core::{AppId, AppLimitsRequest, Class, Condition, LimitsRequest, QuotaPolicy, TaskBuilder};

use crate::capabilities::Capabilities;
use crate::digest::Contents;
use crate::text::excerpt;
use document::{Document, KeyPath};
use registration::{Declared, registration};
use values::{at_most, line};

pub use entry_point::EntryPoint;
pub use error::{ManifestError, Problem};
pub use lifecycle::ManifestApp;

/// What the manifest is called, at the top of a package.
pub const MANIFEST_NAME: &str = "dormouse.toml";
/// The longest manifest, in bytes.
pub const MANIFEST_LEN_MAX: usize = 256 * 1024;
/// The most entry points of a package.
pub const ENTRY_POINTS_MAX: usize = 64;
/// The most registrations that a manifest makes.
pub const REGISTRATIONS_MAX: usize = 256;
/// The longest description, in bytes.
pub const DESCRIPTION_LEN_MAX: usize = 1024;
/// The longest version, in bytes.
pub const VERSION_LEN_MAX: usize = 64;

/// A manifest in which everything is valid that can be told without a machine.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The package's name, and that of the app that it becomes.
    pub name: AppId,
    /// Its version.
    pub version: semver::Version,
    /// What it is for.
    pub description: Option<String>,
    /// The entry point that runs after an update (UWP-051).
    pub update_task: Option<String>,
    app: Option<ManifestApp>,
    /// Its entry points, by name.
    pub entry_points: BTreeMap<String, EntryPoint>,
    /// What it asks for.
    pub capabilities: Capabilities,
    /// What its runs may use where their registration does not say.
    pub limits: LimitsRequest,
    /// What it asks to keep.
    pub app_limits: AppLimitsRequest,
    /// The quota of CPU time that it sets itself.
    pub quota: Option<QuotaPolicy>,
    /// What is registered at the installation, in the manifest's order.
    pub registrations: Vec<TaskBuilder>,
    /// Conditions of registrations that never hold together: worth a warning.
    pub contradictions: Vec<Contradiction>,
}

/// Two conditions of one registration that never hold together: legal, but it never runs (UWP-064).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// The registration's name.
    pub registration: String,
    /// One condition.
    pub one: Condition,
    /// The other.
    pub other: Condition,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    ///
    /// [`ManifestError`] says what is wrong, and where.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        Self::understand(bytes, None)
    }

    /// As [`Manifest::parse`], reading no more than a manifest may have.
    ///
    /// # Errors
    ///
    /// [`ManifestError`]; also if `from` cannot be read.
    pub fn read(from: impl Read) -> Result<Self, ManifestError> {
        let mut bytes = Vec::new();
        from.take(MANIFEST_LEN_MAX as u64 + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| ManifestError::whole(Problem::Unreadable { detail: error.to_string() }))?;
        Self::parse(&bytes)
    }

    /// As [`Manifest::parse`], and its components must be in `contents`.
    pub(crate) fn parse_in_package(bytes: &[u8], contents: &Contents) -> Result<Self, ManifestError> {
        Self::understand(bytes, Some(contents))
    }

    /// Its component that lives longer than one run, if it has one.
    #[must_use]
    pub const fn app(&self) -> Option<&ManifestApp> {
        self.app.as_ref()
    }

    /// Its entry points as a registration sees them.
    #[must_use]
    pub fn declared(&self) -> Vec<dormouse_core::registration::EntryPoint> {
        let core = |(name, entry_point): (&String, &EntryPoint)| dormouse_core::registration::EntryPoint {
            name: name.clone(),
            triggers: Some(entry_point.triggers.clone()),
        };
        self.entry_points.iter().map(core).collect()
    }

    fn understand(bytes: &[u8], contents: Option<&Contents>) -> Result<Self, ManifestError> {
        if bytes.len() > MANIFEST_LEN_MAX {
            return Err(ManifestError::whole(Problem::TooLong));
        }
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
            let column =
                String::from_utf8_lossy(before.rsplit(|byte| *byte == b'\n').next().unwrap_or_default());
            ManifestError::at(line, column.chars().count() + 1, String::new(), Problem::NotUtf8)
        })?;
        let document = Document::parse(text)?;
        let raw: raw::Raw = document.read()?;

        let package = KeyPath::root("package");
        let at = |key: &str, problem| document.error(&package.key(key), problem);
        let name = AppId::new(&raw.package.name).map_err(|error| at("name", error.into()))?;
        let version = version(&raw.package.version).map_err(|problem| at("version", problem))?;
        let description = raw.package.description.as_deref().map(|text| line(text, DESCRIPTION_LEN_MAX));
        let description = description.transpose().map_err(|problem| at("description", problem))?;
        let update_task = raw.package.update_task;

        let app = raw.app.as_ref().map(|app| lifecycle::app(app, contents, &document)).transpose()?;
        if raw.entry_points.is_empty() && app.is_none() {
            return Err(document.error(&KeyPath::root("entry-points"), Problem::NoEntryPoint));
        }
        let entry_points =
            entry_point::entry_points(&raw.entry_points, update_task.as_deref(), contents, &document)?;
        let capabilities = capabilities::capabilities(&raw.capabilities, &document)?;
        let most = capabilities.class.unwrap_or(Class::Default);
        let limits = limits::limits(&raw.limits, most, &document, &KeyPath::root("limits"))?;
        let app_limits = app::app_limits(&raw.app_limits, &document)?;
        let quota = raw.quota.as_ref().map(|quota| app::quota(quota, &document)).transpose()?;
        let mut manifest = Self {
            name,
            version,
            description,
            update_task,
            app,
            entry_points,
            capabilities,
            limits,
            app_limits,
            quota,
            registrations: Vec::new(),
            contradictions: Vec::new(),
        };
        manifest.register(&raw.registrations, &document)?;
        Ok(manifest)
    }

    fn register(&mut self, raw: &[raw::Registration], document: &Document<'_>) -> Result<(), ManifestError> {
        let all = KeyPath::root("registrations");
        at_most(REGISTRATIONS_MAX, raw.len()).map_err(|problem| document.error(&all, problem))?;
        let declared = Declared {
            app: &self.name,
            entry_points: &self.declared(),
            has_app: self.app.is_some(),
            capabilities: &self.capabilities,
            directories: &self.capabilities.directories.keys().cloned().collect::<Vec<_>>(),
            listen: &self.capabilities.listen.iter().copied().collect::<Vec<_>>(),
        };
        let (mut names, mut application) = (BTreeMap::new(), None);
        for (index, raw) in raw.iter().enumerate() {
            let path = all.index(index);
            let understood = registration(raw, document, &path, &declared)?;
            // A name is a label of the host's, but an update finds by it what it replaces (UWP-027).
            if let Some(first) = names.insert((understood.group, &raw.name), index) {
                return Err(document.error(&path.key("name"), Problem::RegistrationTwice { first }));
            }
            if understood.is_application
                && let Some(first) = application.replace(index)
            {
                let problem = Problem::SecondApplicationTrigger { first };
                return Err(document.error(&path.key("trigger").key("application"), problem));
            }
            self.registrations.push(understood.task);
            self.contradictions.extend(understood.contradictions);
        }
        Ok(())
    }
}

fn version(text: &str) -> Result<semver::Version, Problem> {
    let refused = |detail: String| Problem::Version { text: excerpt(text), detail };
    if text.len() > VERSION_LEN_MAX {
        return Err(refused(format!("longer than {VERSION_LEN_MAX} bytes")));
    }
    semver::Version::parse(text).map_err(|error| refused(error.to_string()))
}

#[cfg(test)]
mod tests;
