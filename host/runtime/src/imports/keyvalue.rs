//! `wasi:keyvalue`, of which there is one bucket: the settings of the guest's app.
//!
//! A change is durable when the guest is told that it was made. The sandbox is held meanwhile; what was begun is done
//! also if it is taken down. A guest that never asks costs nothing.

use dormouse_core::StoreError;
use dormouse_core::settings::{SettingChange, SettingsError};
use wasmtime::Result;
use wasmtime::component::{Linker, Resource};

use super::Imports;
use crate::bindings::keyvalue::store::{Error, KeyResponse};
use crate::bindings::keyvalue::{Bucket, atomics, batch, store};
use crate::sandbox::{AppSettings, RunState};

/// The one bucket.
const BUCKET: &str = "local-settings";

/// The most names in one answer, and the most settings in one batch.
const BATCH_MAX: usize = 1000;

type Answer<T> = Result<std::result::Result<T, Error>>;

pub(super) fn add_to_linker(linker: &mut Linker<RunState>) -> Result<()> {
    store::add_to_linker::<_, Imports>(linker, RunState::called_as_wasi)?;
    atomics::add_to_linker::<_, Imports>(linker, RunState::called_as_wasi)?;
    batch::add_to_linker::<_, Imports>(linker, RunState::called_as_wasi)
}

/// What the guest is told. A limit is told to the operator as well, and so is what is wrong with the store.
fn answered<T>(
    state: &RunState,
    done: std::result::Result<std::result::Result<T, SettingsError>, StoreError>,
) -> std::result::Result<T, Error> {
    match done {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(refused)) => {
            if let Some(limit) = refused.limit() {
                state.full().tell(limit);
            }
            Err(Error::Other(refused.to_string()))
        }
        Err(error) => {
            tracing::error!(%error, "the settings of an app cannot be reached");
            Err(Error::Other("the settings cannot be reached; try again later".to_owned()))
        }
    }
}

fn too_many(len: usize) -> Error {
    Error::Other(format!("{len} settings in one batch are too many; it may have {BATCH_MAX}"))
}

impl RunState {
    fn settings(&self) -> std::result::Result<AppSettings, Error> {
        self.app().settings().ok_or(Error::NoSuchStore)
    }

    async fn read_settings(
        &mut self,
        names: Vec<String>,
    ) -> std::result::Result<Vec<Option<Vec<u8>>>, Error> {
        let AppSettings { store, app, .. } = self.settings()?;
        let values = store.settings(&app, &names).await;
        answered(self, values.map(Ok))
    }

    async fn read_setting(&mut self, name: String) -> std::result::Result<Option<Vec<u8>>, Error> {
        Ok(self.read_settings(vec![name]).await?.pop().flatten())
    }

    async fn change_settings(&mut self, changes: Vec<SettingChange>) -> std::result::Result<(), Error> {
        if changes.len() > BATCH_MAX {
            return Err(too_many(changes.len()));
        }
        let AppSettings { store, app, limits } = self.settings()?;
        let changed = store.change_settings(&app, &changes, &limits).await;
        answered(self, changed)
    }
}

impl store::Host for RunState {
    async fn open(&mut self, identifier: String) -> Answer<Resource<Bucket>> {
        if identifier != BUCKET {
            return Ok(Err(Error::NoSuchStore));
        }
        // All handles mean the same bucket, so one number stands for each of them.
        Ok(self.settings().map(|_| Resource::new_own(0)))
    }
}

impl store::HostBucket for RunState {
    async fn get(&mut self, _: Resource<Bucket>, key: String) -> Answer<Option<Vec<u8>>> {
        Ok(self.read_setting(key).await)
    }

    async fn set(&mut self, _: Resource<Bucket>, key: String, value: Vec<u8>) -> Answer<()> {
        Ok(self.change_settings(vec![SettingChange { name: key, value: Some(value) }]).await)
    }

    async fn delete(&mut self, _: Resource<Bucket>, key: String) -> Answer<()> {
        Ok(self.change_settings(vec![SettingChange { name: key, value: None }]).await)
    }

    async fn exists(&mut self, _: Resource<Bucket>, key: String) -> Answer<bool> {
        Ok(self.read_setting(key).await.map(|value| value.is_some()))
    }

    async fn list_keys(&mut self, _: Resource<Bucket>, cursor: Option<u64>) -> Answer<KeyResponse> {
        let AppSettings { store, app, .. } = match self.settings() {
            Ok(settings) => settings,
            Err(error) => return Ok(Err(error)),
        };
        // A cursor is a number to WASI, and so it can say no more than how many names came before. If others change them
        // between two pages, names are told twice or not at all; the guest's SDK says so.
        let skip = cursor.unwrap_or(0);
        let names = store.setting_names(&app, skip, BATCH_MAX).await;
        Ok(answered(self, names.map(Ok)).map(|keys| {
            let is_all = keys.len() < BATCH_MAX;
            let cursor = (!is_all).then(|| skip.saturating_add(keys.len() as u64));
            KeyResponse { keys, cursor }
        }))
    }

    async fn drop(&mut self, _: Resource<Bucket>) -> Result<()> {
        Ok(())
    }
}

impl atomics::Host for RunState {
    async fn increment(&mut self, _: Resource<Bucket>, key: String, delta: u64) -> Answer<u64> {
        let AppSettings { store, app, limits } = match self.settings() {
            Ok(settings) => settings,
            Err(error) => return Ok(Err(error)),
        };
        let sum = store.increment_setting(&app, &key, delta, &limits).await;
        Ok(answered(self, sum))
    }
}

impl batch::Host for RunState {
    async fn get_many(
        &mut self,
        _: Resource<Bucket>,
        keys: Vec<String>,
    ) -> Answer<Vec<Option<(String, Vec<u8>)>>> {
        if keys.len() > BATCH_MAX {
            return Ok(Err(too_many(keys.len())));
        }
        let max = self.spec_and_table().0.limits.hostcall_bytes;
        let (mut found, mut bytes) = (Vec::with_capacity(keys.len()), 0);
        // One by one: a name that is asked for a thousand times would be a thousand copies before they could be
        // counted.
        for key in keys {
            let value = match self.read_setting(key.clone()).await {
                Ok(value) => value,
                Err(error) => return Ok(Err(error)),
            };
            bytes += value.as_ref().map_or(0, |value| value.len() as u64);
            if bytes > max {
                let said = format!("the settings have more than {max} bytes together; ask for fewer");
                return Ok(Err(Error::Other(said)));
            }
            found.push(value.map(|value| (key, value)));
        }
        Ok(Ok(found))
    }

    async fn set_many(&mut self, _: Resource<Bucket>, key_values: Vec<(String, Vec<u8>)>) -> Answer<()> {
        let change = |(name, value)| SettingChange { name, value: Some(value) };
        Ok(self.change_settings(key_values.into_iter().map(change).collect()).await)
    }

    async fn delete_many(&mut self, _: Resource<Bucket>, keys: Vec<String>) -> Answer<()> {
        let change = |name| SettingChange { name, value: None };
        Ok(self.change_settings(keys.into_iter().map(change).collect()).await)
    }
}
