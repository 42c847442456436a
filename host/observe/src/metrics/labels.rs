//! Whose a number is, in labels whose values are bounded.

use std::collections::{HashMap, HashSet};

use dormouse_core::{AppId, Cancellation, Condition, RegistrationId};
use opentelemetry::KeyValue;

use crate::config::Detail;

/// The value for all that came when there were enough.
const OTHER: &str = "other";

/// The value for what nobody knows any more.
const UNKNOWN: &str = "unknown";

/// The labels that say whose a number is.
pub(crate) struct Owners {
    detail: Detail,
    max: usize,
    apps: HashMap<AppId, KeyValue>,
    registrations: HashSet<RegistrationId>,
}

impl Owners {
    /// Tells `max` apps and `max` registrations apart.
    pub(crate) fn new(detail: Detail, max: usize) -> Self {
        Self { detail, max, apps: HashMap::new(), registrations: HashSet::new() }
    }

    /// In how many ways these labels can say whose something is: each registration is of one app; `other` and the
    /// unknown can be of any.
    pub(crate) const fn ways(detail: Detail, max: usize) -> usize {
        let apps = max.saturating_add(2);
        match detail {
            Detail::Host => 1,
            Detail::App => apps,
            Detail::Registration => apps.saturating_add(max),
        }
    }

    /// The labels of what happened to `registration`, which is `app`'s.
    pub(crate) fn of(&mut self, registration: RegistrationId, app: Option<&AppId>) -> Vec<KeyValue> {
        // Room for the labels that a metric has of its own.
        let mut labels = Vec::with_capacity(4);
        if self.detail != Detail::Host {
            labels.push(self.app(app));
        }
        if self.detail == Detail::Registration {
            labels.push(self.registration(registration));
        }
        labels
    }

    /// The labels of what happened to `app` as a whole.
    pub(crate) fn of_app(&mut self, app: &AppId) -> Vec<KeyValue> {
        if self.detail == Detail::Host { Vec::new() } else { vec![self.app(Some(app))] }
    }

    fn app(&mut self, app: Option<&AppId>) -> KeyValue {
        let Some(app) = app else { return KeyValue::new("app", UNKNOWN) };
        if let Some(known) = self.apps.get(app) {
            return known.clone();
        }
        if self.apps.len() >= self.max {
            return KeyValue::new("app", OTHER);
        }
        let label = KeyValue::new("app", std::sync::Arc::<str>::from(app.as_str()));
        self.apps.insert(app.clone(), label.clone());
        self.say_when_full("apps", self.apps.len());
        label
    }

    fn registration(&mut self, registration: RegistrationId) -> KeyValue {
        if !self.registrations.contains(&registration) {
            if self.registrations.len() >= self.max {
                return KeyValue::new("registration", OTHER);
            }
            self.registrations.insert(registration);
            self.say_when_full("registrations", self.registrations.len());
        }
        KeyValue::new("registration", registration.to_string())
    }

    fn say_when_full(&self, what: &str, len: usize) {
        if len == self.max {
            tracing::info!(
                max = self.max,
                "labels of metrics tell no more {what} apart, further ones are `other`"
            );
        }
    }
}

/// The kind of a condition: what it is compared with, and the names of custom ones, are whatever a registration says.
pub(crate) fn condition(condition: &Condition) -> String {
    let written = condition.to_string();
    written.split(':').next().unwrap_or(OTHER).to_owned()
}

/// The rules of the host that cancel, and `other` for those of an embedder.
pub(crate) fn policy(policy: &str) -> &'static str {
    const POLICIES: [&str; 11] = [
        "access",
        Cancellation::APP_CLOSED,
        Cancellation::APP_ENDED,
        "condition",
        "cpu",
        "operator",
        "shutdown",
        "uninstall",
        "unregister",
        "update",
        "wall",
    ];
    POLICIES.into_iter().find(|known| *known == policy).unwrap_or(OTHER)
}
