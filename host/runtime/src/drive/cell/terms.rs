//! What a run starts with.

use std::sync::Arc;

use dormouse_core::{Activation, Class, Limits, Registration, TriggerDetails};

use crate::app::InstalledApp;
use crate::shared::{Allowance, Config, Shared};
use crate::source::filesystem::Told as ToldChanges;
use crate::source::socket::Held;

/// What it may use, as that is when it starts.
pub(crate) struct Terms {
    pub(super) limits: Limits,
    pub(super) class: Class,
    pub(super) allowance: Arc<Allowance>,
}

impl Terms {
    /// A run of `registration` has its own figures, then its app's, then the host's. What was granted under a larger
    /// maximum is cut to the present one.
    ///
    /// Without an app there is no guest, and so nobody to charge.
    pub(crate) fn new(
        config: &Config,
        registration: &Registration,
        app: Option<&(Arc<InstalledApp>, Arc<Allowance>)>,
    ) -> Self {
        let asked = match app {
            Some((app, _)) => registration.limits().or(&app.limits),
            None => registration.limits().clone(),
        };
        let (asked, kind) = (asked.or(&config.limits_default), registration.trigger.kind());
        Self {
            limits: asked.within(kind, &config.limits_max),
            class: asked.class_within(kind, &config.limits_max),
            allowance: app.map(|(_, allowance)| allowance.clone()).unwrap_or_default(),
        }
    }
}

/// What comes with its activation from elsewhere in the host.
pub(crate) struct Brought {
    /// What it is told of storage changes, where that is not what its activation carries.
    pub(super) changes: Option<ToldChanges>,
    /// The socket that it was woken for.
    pub(super) socket: Option<Held>,
}

impl Brought {
    pub(crate) fn with(shared: &Shared, activation: &Activation) -> Self {
        let socket = match &activation.details {
            TriggerDetails::Socket(socket) => Some(shared.sockets.take(socket, &activation.key)),
            _ => None,
        };
        Self { changes: shared.unaccepted.told(activation), socket }
    }
}
