//! What can be chosen.

use std::time::Duration;

use dormouse_core::RetryPolicy;

/// How webhooks are delivered.
#[derive(Clone, Copy, Debug)]
pub struct WebhookConfig {
    /// Follow the journal. Without, webhooks are only kept, and what was asked for by hand is sent: for a host that is
    /// there for one command.
    pub follow: bool,
    /// Send to this machine and to private networks. Who may make webhooks can then reach what listens there.
    pub private_addresses: bool,
    /// When a delivery that failed is tried again, and when it is given up.
    pub retry: RetryPolicy,
    /// How long making a connection may take, in real time; finding the address is part of it.
    pub connect_timeout: Duration,
    /// How long one attempt may take as a whole, in real time.
    pub request_timeout: Duration,
    /// How long what is under way may take when everything is to stop. What was not answered then comes again.
    pub stop_grace: Duration,
}

impl Default for WebhookConfig {
    /// Followed; private addresses allowed; 12 attempts, the waits between them from 1 s to 10 min, each shortened by up
    /// to half of it; 5 s to connect, 30 s for all; 5 s to stop.
    fn default() -> Self {
        let (first, longest) = (Duration::from_secs(1), Duration::from_secs(10 * 60));
        Self {
            follow: true,
            private_addresses: true,
            // The default is one attempt, were these numbers out of a policy's range; a test says that they are not.
            retry: RetryPolicy::new(12, first, longest, 2.0, 0.5).unwrap_or_default(),
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(30),
            stop_grace: Duration::from_secs(5),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_that_is_away_for_a_quarter_of_an_hour_misses_nothing() {
        let policy = WebhookConfig::default().retry;
        assert_eq!(policy.max_attempts(), 12);
        let waits: Duration = (1..12).map(|failures| policy.next(failures, None, 7).unwrap()).sum();
        assert!(waits >= Duration::from_secs(15 * 60), "{waits:?}");
    }
}
