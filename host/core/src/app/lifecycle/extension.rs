//! Extended execution: a promise not to be suspended for a while (UWP-140 to UWP-142).

use serde::{Deserialize, Serialize};

use super::{AppMachine, AppState, Handler, Output};
use crate::time::Instant;

/// What an extended execution is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExtensionReason {
    /// To go on in the background.
    Unspecified,
    /// To save data.
    SavingData,
}

/// Why an extended execution was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RevokedReason {
    /// The app is in the foreground again.
    Resumed,
    /// A policy of the host.
    SystemPolicy,
}

/// Why there is no extended execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum ExtensionError {
    /// There is one already.
    #[error("the app has an extended execution already; close that one first")]
    Exists,
    /// Only one for saving data is granted now.
    #[error("the app is about to be suspended: ask for `saving-data`, or earlier")]
    Suspending,
    /// A policy.
    #[error("a policy of the host stands against it")]
    #[serde(rename = "denied-by-policy")]
    Denied,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Extension {
    pub(super) reason: ExtensionReason,
    /// When it is revoked unless it is closed before; none while somebody sees the app.
    pub(super) until: Option<Instant>,
    /// Why it was revoked, and when it is over.
    pub(super) revoked: Option<(RevokedReason, Instant)>,
}

impl Extension {
    /// When something has to be done about it.
    pub(super) fn timeout(&self) -> Option<Instant> {
        self.revoked.map_or(self.until, |(_, over)| Some(over))
    }
}

impl AppMachine {
    /// The guest asks not to be suspended.
    ///
    /// # Errors
    ///
    /// [`ExtensionError`]: it has one already, is about to be suspended, or may not; it had its time in the background since
    /// somebody saw it last or activated it, or nobody has; it had one for this suspension.
    pub fn request_extension(&mut self, reason: ExtensionReason, now: Instant) -> Result<(), ExtensionError> {
        if self.extension.is_some() {
            return Err(ExtensionError::Exists);
        }
        let suspends = self.state == AppState::Suspending;
        if suspends && reason != ExtensionReason::SavingData {
            return Err(ExtensionError::Suspending);
        }
        if self.is_ending() && !suspends {
            return Err(ExtensionError::Denied);
        }
        // However often one is closed and another asked for, they last no longer than one.
        let until = match self.state {
            AppState::Foreground => None,
            AppState::Background => {
                let until = self.attended.map(|at| at + self.policy.extension);
                Some(until.filter(|until| now < *until).ok_or(ExtensionError::Denied)?)
            }
            AppState::Suspending => {
                let call = self.call.as_mut().filter(|call| !call.extended);
                call.ok_or(ExtensionError::Denied)?.extended = true;
                Some(now + self.policy.saving)
            }
            AppState::NotRunning | AppState::Suspended => return Err(ExtensionError::Denied),
        };
        self.extension = Some(Extension { reason, until, revoked: None });
        Ok(())
    }

    /// The guest closed, or dropped, its extended execution.
    pub fn close_extension(&mut self, now: Instant) -> Vec<Output> {
        let mut out = Vec::new();
        if self.extension.take().is_some() {
            if let Some(call) = self.call.as_mut().filter(|call| call.handler == Handler::Suspending) {
                // Its time may be over without it: whoever closes it has a moment to return.
                call.deadline = call.deadline.max(now + self.policy.revoked);
            }
            self.without_extension(now, &mut out);
        }
        out
    }

    /// A policy revokes it: the guest is told, and has a moment left. In the background it gets no other, until somebody
    /// sees the app, or activates it.
    pub fn revoke_extension(&mut self, now: Instant) -> Vec<Output> {
        let mut out = Vec::new();
        if let Some(extension) = self.extension.as_mut().filter(|extension| extension.revoked.is_none()) {
            extension.revoked = Some((RevokedReason::SystemPolicy, now + self.policy.revoked));
            self.attended = None;
            out.push(Output::Revoke(RevokedReason::SystemPolicy));
        }
        out
    }

    /// Its extended execution is over at once, as something came that it does not hold up.
    pub(super) fn drop_extension(&mut self, reason: RevokedReason, out: &mut Vec<Output>) {
        if let Some(extension) = self.extension.take() {
            if extension.revoked.is_none() {
                out.push(Output::Revoke(reason));
            }
            out.push(Output::ExtensionOver);
        }
    }

    /// It has none any more: what that held goes on.
    pub(super) fn without_extension(&mut self, now: Instant, out: &mut Vec<Output>) {
        if self.state == AppState::Suspending && self.call.is_some_and(|call| call.is_over()) {
            self.suspended(now, out);
        }
        self.advance(now, out);
    }
}
