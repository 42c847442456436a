//! Who wants to see an app.

use std::fmt;
use std::sync::{Arc, OnceLock};

use dormouse_core::AppId;
use dormouse_core::app::lifecycle::End;

use super::session::Session;

/// What one who wants to see an app is told of the end of what he saw.
pub(super) type Sight = OnceLock<(End, String)>;

/// Somebody sees an app, or wants to. While there is one of these the app is in the foreground, or on its way there;
/// dropping the last one hides it.
///
/// It is good for the instance that it was given for, and for the one that follows a restart. After any other end it is
/// good for nothing: dropping it hides no other instance.
pub struct VisibilityLease {
    session: Arc<Session>,
    id: u64,
    sight: Arc<Sight>,
}

impl fmt::Debug for VisibilityLease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VisibilityLease")
            .field("app", &self.session.app)
            .field("is_valid", &self.is_valid())
            .finish_non_exhaustive()
    }
}

impl VisibilityLease {
    pub(super) fn new(session: Arc<Session>, (id, sight): (u64, Arc<Sight>)) -> Self {
        Self { session, id, sight }
    }

    /// Which app.
    #[must_use]
    pub fn app(&self) -> &AppId {
        &self.session.app
    }

    /// Whether what it shows is still there.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.sight.get().is_none()
    }

    /// Waits until what it shows has ended, and answers why.
    pub async fn lost(&self) -> End {
        let mut seen = self.session.seen.subscribe();
        // An error is that the session is gone, which this holds.
        let _ = seen.wait_for(|_| !self.is_valid()).await;
        self.end().map_or(End::Terminated, |(end, _)| end)
    }

    /// Why what it showed ended, and what is to be said of that; none if it has not.
    pub(super) fn end(&self) -> Option<(End, String)> {
        self.sight.get().cloned()
    }
}

impl Drop for VisibilityLease {
    fn drop(&mut self) {
        self.session.unlease(self.id);
    }
}
