//! Apps that outlive their runs.

use dormouse_core::app::policy::AppPolicy;

use super::{HostBuilder, StartError};
use crate::engine::{Allocator, Engine};

/// Instances of apps at once, unless told otherwise: more than a person looks at, and little beside the memory that they
/// may have.
const APPS_MAX: u32 = 64;

impl HostBuilder {
    /// How long each part of an app's life may last, and what apps may hold where they ask for nothing themselves. Default:
    /// that of the [`profile`](HostBuilder::profile), [`AppPolicy::DEFAULT`].
    #[must_use]
    pub const fn app_policy(mut self, policy: AppPolicy) -> Self {
        self.app_policy = policy;
        self
    }

    /// Instances of apps at once, beside the runs with sandboxes of their own. When there are so many, one that is
    /// suspended is ended for another. Default: 64; on an engine that was given with [`HostBuilder::engine`] and has pools,
    /// what its slots leave beside [`HostBuilder::slots`].
    #[must_use]
    pub const fn apps_max(mut self, apps: u32) -> Self {
        self.apps_max = Some(apps);
        self
    }

    /// How many instances of apps an engine of our own has slots for.
    pub(super) fn apps_of_own(&self) -> u32 {
        self.apps_max.unwrap_or(APPS_MAX)
    }

    /// How many instances of apps there may be beside `slots` runs.
    ///
    /// # Errors
    ///
    /// The engine's pools do not hold so many: one that is exhausted would be an error where a place that is taken is only a
    /// wait.
    pub(super) fn apps_on(&self, engine: &Engine, slots: u32) -> Result<u32, StartError> {
        let Allocator::Pool { slots: pool, .. } = *engine.allocator() else { return Ok(self.apps_of_own()) };
        let left = pool.checked_sub(slots).ok_or(StartError::PoolTooSmall { slots, pool })?;
        match self.apps_max {
            Some(apps) if apps > left => Err(StartError::PoolTooSmallForApps { slots, apps, pool }),
            Some(apps) => Ok(apps),
            None => Ok(left),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{EngineConfig, Pooling};
    use crate::host::Host;

    fn pool(slots: u32) -> Engine {
        let engine = Engine::new(&EngineConfig { slots, ..EngineConfig::default() }).expect("an engine");
        assert!(matches!(engine.allocator(), Allocator::Pool { .. }), "small pools can be made");
        engine
    }

    #[test]
    fn apps_have_what_a_given_pool_leaves() {
        let engine = pool(8);
        assert_eq!(Host::builder().apps_on(&engine, 6).ok(), Some(2));
        assert_eq!(Host::builder().apps_on(&engine, 8).ok(), Some(0));
        assert_eq!(Host::builder().apps_max(1).apps_on(&engine, 6).ok(), Some(1));
        let error = Host::builder().apps_max(3).apps_on(&engine, 6).expect_err("one too many");
        let text = "`slots` is 6 and `apps_max` is 3, and the engine's pools hold 8; make the engine with more, or ask for fewer";
        assert_eq!(error.to_string(), text);
        let error = Host::builder().apps_on(&engine, 9).expect_err("more runs than slots");
        assert!(matches!(error, StartError::PoolTooSmall { slots: 9, pool: 8 }), "{error}");
    }

    #[test]
    fn without_pools_apps_have_their_own_number() {
        let config = EngineConfig { pooling: Pooling::OnDemand, ..EngineConfig::default() };
        let engine = Engine::new(&config).expect("an engine");
        assert_eq!(Host::builder().apps_on(&engine, 1_000).ok(), Some(APPS_MAX));
        assert_eq!(Host::builder().apps_max(1_000).apps_on(&engine, 1_000).ok(), Some(1_000));
    }
}
