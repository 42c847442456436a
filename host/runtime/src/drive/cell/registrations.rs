//! A run belongs to an app.

use std::sync::Arc;

use dormouse_core::AppId;

use super::RunCell;
use crate::drive::of_app::OfApp;
use crate::shared::Shared;

impl OfApp for RunCell {
    fn of_app(&self) -> (&Arc<Shared>, &AppId) {
        (&self.shared, &self.known.registration.app)
    }
}
