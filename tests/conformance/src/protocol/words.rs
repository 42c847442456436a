//! Words that are members of requests and events: `SPEC.md` has what they mean.

/// What a firing comes to that is not refused.
pub const RESULTS: &[&str] = &["accepted", "coalesced", "duplicate"];

/// Why a firing starts nothing.
pub const FIRING_REFUSALS: &[&str] = &[
    "currently-running",
    "queue-full",
    "spent",
    "spent-this-session",
    "access-unspecified",
    "denied-by-policy",
    "denied-by-user",
    "disabled-by-policy",
    "requested-by-task",
    "quarantined",
    "not-registered",
    "stopping",
];

/// Why anything else is not done.
pub const REFUSALS: &[&str] =
    &["invalid-registration", "not-installed", "conflict", "not-found", "ended", "component"];

/// The classes of reasons of a cancellation.
pub const CANCELLATIONS: &[&str] = &[
    "abort",
    "terminating",
    "logging-off",
    "servicing-update",
    "idle-task",
    "uninstall",
    "condition-loss",
    "system-policy",
    "quiet-hours-entered",
    "execution-time-exceeded",
    "resource-revocation",
    "energy-saver",
];

/// Which rules cancel, of those that cases look at.
pub const POLICIES: &[&str] = &["wall", "cpu", "idle", "operator", "unregister", "shutdown"];

/// What a trap was.
pub const TRAPS: &[&str] = &[
    "unreachable",
    "stack-overflow",
    "memory-out-of-bounds",
    "table",
    "arithmetic",
    "limit",
    "start",
    "other",
];
