//! Settings of apps.

use std::collections::BTreeMap;
use std::convert::Infallible;

use super::state::State;
use crate::app_limits::AppLimits;
use crate::ids::AppId;
use crate::settings::{SettingChange, SettingsError, SettingsSum, incremented};

/// The settings of one app, with how much they are.
#[derive(Debug, Default)]
pub(super) struct Kept {
    values: BTreeMap<String, Vec<u8>>,
    sum: SettingsSum,
}

impl State {
    pub(super) fn settings(&self, app: &AppId, names: &[String]) -> Vec<Option<Vec<u8>>> {
        let kept = self.settings.get(app);
        names.iter().map(|name| kept?.values.get(name).cloned()).collect()
    }

    pub(super) fn setting_names(&self, app: &AppId, skip: u64, limit: usize) -> Vec<String> {
        let names = self.settings.get(app).into_iter().flat_map(|kept| kept.values.keys());
        names.skip(usize::try_from(skip).unwrap_or(usize::MAX)).take(limit).cloned().collect()
    }

    pub(super) fn settings_sum(&self, app: &AppId) -> SettingsSum {
        self.settings.get(app).map(|kept| kept.sum).unwrap_or_default()
    }

    pub(super) fn change_settings(
        &mut self,
        app: &AppId,
        changes: &[SettingChange],
        limits: &AppLimits,
    ) -> Result<(), SettingsError> {
        let kept = self.settings.entry(app.clone()).or_default();
        let len_of = |name: &str| Ok::<_, Infallible>(kept.values.get(name).map(|value| value.len() as u64));
        let Ok(sum) = kept.sum.after(changes, limits, len_of);
        kept.sum = sum?;
        for SettingChange { name, value } in changes.iter().cloned() {
            match value {
                Some(value) => kept.values.insert(name, value),
                None => kept.values.remove(&name),
            };
        }
        Ok(())
    }

    pub(super) fn increment_setting(
        &mut self,
        app: &AppId,
        name: &str,
        delta: u64,
        limits: &AppLimits,
    ) -> Result<u64, SettingsError> {
        let before = self.settings.get(app).and_then(|kept| kept.values.get(name));
        let number = incremented(before.map(Vec::as_slice), delta)?;
        let change = SettingChange { name: name.to_owned(), value: Some(number.to_string().into_bytes()) };
        self.change_settings(app, &[change], limits)?;
        Ok(number)
    }
}
