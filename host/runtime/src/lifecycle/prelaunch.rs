//! Launching an app before anybody asks for it (UWP-139).

use std::sync::Arc;

use dormouse_core::app::activation::AppActivation;
use dormouse_core::app::lifecycle::{AppState, Wanted};

use super::apps::Patience;
use super::error::AppError;
use super::handle::Prelaunched;
use super::session::Session;

/// See [`AppHandle::prelaunch`](super::AppHandle::prelaunch).
pub(super) async fn prelaunch(session: &Arc<Session>) -> Result<Prelaunched, AppError> {
    let shared = &session.shared;
    let (app, _) = shared.apps.of_it(shared, &session.app)?;
    session.load().await?;
    let (may, is_there) = {
        let inner = session.inner();
        let may = inner.record().may_prelaunch(app.prelaunch);
        (may, inner.machine.state() != AppState::NotRunning)
    };
    if !may {
        return Ok(Prelaunched::NotOptedIn);
    }
    if is_there {
        return Ok(Prelaunched::Running);
    }
    if shared.memory_is_short() {
        return Ok(Prelaunched::ShortOfMemory);
    }
    let asked = session.activated(&AppActivation::launch(), Wanted::Prelaunch, false, Patience::None).await;
    match asked {
        Ok(asked) => {
            asked.answer.await.unwrap_or(Err(AppError::Stopping))?;
            Ok(Prelaunched::Yes)
        }
        // Nobody asked for it: nothing that is there makes room for it.
        Err(AppError::TooMany { .. }) => Ok(Prelaunched::NoPlace),
        Err(error) => Err(error),
    }
}
