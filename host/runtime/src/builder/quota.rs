//! Whose rules a host keeps, and what its apps may use.

use dormouse_core::quota::Reserve;
use dormouse_core::{Profile, QuotaPolicy};

use super::HostBuilder;

impl HostBuilder {
    /// Whose rules hold where nothing else is said: timers, quota, reserve and access, by the table of
    /// [`profile`](dormouse_core::profile). What is set one by one after this holds. Default: [`Profile::Default`].
    #[must_use]
    pub fn profile(mut self, profile: Profile) -> Self {
        let figures = profile.figures();
        self.app_policy = figures.app;
        self.timers = figures.timers;
        self.quota_default = figures.quota;
        self.quota_reserve = figures.reserve;
        self.access_default = figures.access;
        self
    }

    /// CPU time for all runs of an app together, in each window (UWP-105), for each app that has no quota of its own
    /// and about which no operator decided. When it is spent its runs are paused until the refill (UWP-104). What was
    /// used outlives the host. Default: none.
    #[must_use]
    pub const fn quota_default(mut self, quota: Option<QuotaPolicy>) -> Self {
        self.quota_default = quota;
        self
    }

    /// What each run of some kinds of trigger may use although its app's quota is spent (UWP-106). Default: nothing.
    #[must_use]
    pub fn quota_reserve(mut self, reserve: Reserve) -> Self {
        self.quota_reserve = reserve;
        self
    }
}
