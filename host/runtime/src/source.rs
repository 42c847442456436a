//! What triggers listen to outside the host: folders and sockets.
//!
//! A registration's source is opened before anything is kept of it, so that one which cannot be is refused
//! and leaves what was there as it is, and put to use when the registration is durable.

pub(crate) mod filesystem;
pub(crate) mod socket;

use std::sync::Arc;

use dormouse_core::{Registration, RegistrationError, RegistrationId, Trigger};

use crate::host::HostError;
use crate::shared::Shared;
use filesystem::Watch;
use socket::{Bound, Closing};

/// What a trigger listens to, not in use yet. Dropping it closes it.
pub(crate) enum Opened {
    /// The trigger has no source.
    Nothing,
    /// What is there serves the trigger as well.
    Same,
    Folder(Watch),
    Listener(Bound),
}

/// Opens what `registration` listens to, as its app was granted it.
///
/// # Errors
///
/// [`RegistrationError::DirectoryNotGranted`], [`RegistrationError::ListenNotGranted`];
/// [`HostError::Watch`], [`HostError::Listen`]: the system refuses it.
pub(crate) fn open(shared: &Arc<Shared>, registration: &Registration) -> Result<Opened, HostError> {
    let app = shared.state().apps.get(&registration.app).cloned();
    let not_installed = || RegistrationError::AppNotInstalled { app: registration.app.clone() };
    match &registration.trigger {
        Trigger::Filesystem(trigger) => {
            let app = app.ok_or_else(not_installed)?;
            let directory = || trigger.directory.clone();
            let folder = app.grants.directory(&trigger.directory).ok_or_else(|| {
                RegistrationError::DirectoryNotGranted {
                    directory: directory(),
                    granted: app.directories.clone(),
                }
            })?;
            let watch = Watch::begin(registration.id, trigger, folder)
                .map_err(|source| HostError::Watch { directory: directory(), source })?;
            Ok(Opened::Folder(watch))
        }
        Trigger::Socket(trigger) => {
            let app = app.ok_or_else(not_installed)?;
            let bound = shared.sockets.bind(shared, registration.id, trigger.listen, &app.grants)?;
            Ok(bound.map_or(Opened::Same, Opened::Listener))
        }
        _ => Ok(Opened::Nothing),
    }
}

/// Puts to use what was opened, in the place of what `id` had before.
pub(crate) fn adopt(shared: &Arc<Shared>, id: RegistrationId, opened: Opened) -> Closing {
    match opened {
        Opened::Same => Closing::nothing(),
        Opened::Nothing => close(shared, id),
        Opened::Folder(watch) => {
            let closing = close(shared, id);
            watch.settle(shared);
            closing
        }
        Opened::Listener(bound) => {
            let closing = close(shared, id);
            shared.sockets.accept(shared, id, bound);
            closing
        }
    }
}

/// Closes what `id` has.
pub(crate) fn close(shared: &Shared, id: RegistrationId) -> Closing {
    shared.watchers.remove(id);
    shared.sockets.remove(id)
}

/// Closes everything.
pub(crate) fn close_all(shared: &Shared) {
    shared.watchers.clear();
    shared.sockets.clear();
}
