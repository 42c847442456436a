//! The texts of all cases, so that the program is whole wherever it is. A test says which are missing here.

macro_rules! cases {
    ($($area:literal: $($name:literal)*;)*) => {
        &[$($((
            concat!($area, "/", $name),
            include_str!(concat!("../cases/", $area, "/", $name, ".toml")),
        ),)*)*]
    };
}

/// Each with its id, in their order.
#[rustfmt::skip]
pub(crate) const CASES: dormouse_conformance::cli::Texts = cases! {
    "cancellation":
        "after-the-end" "checkpoint" "completes-but-runs-on" "condition-loss" "deferral-in-grace"
        "energy-saver" "every-way-tells-the-same" "grace-of-five-seconds" "ignored"
        "ignored-while-busy" "in-a-deferral" "kill" "polling" "race" "resolves-none"
        "returns-but-holds-a-deferral" "sleeping" "sleeping-longer-than-one-call" "spinning"
        "sync-guest" "unregisters-itself" "waiting" "while-computing";
    "capability":
        "clocks-and-random" "command-arguments" "command-exit-code" "command-failure"
        "command-no-files" "command-no-network" "command-standard-input" "directory-read-only"
        "directory-read-write" "environment" "http" "network" "no-environment" "no-other-files"
        "own-folders" "registrations-of-others" "standard-streams";
    "deferral":
        "abandoned" "after-the-end" "completed-before-return" "drop-completes" "forgotten"
        "none-drops-what-pends" "outlives-run" "panic-in-the-deferred" "result-is-the-returned"
        "several" "state-of-its-own" "too-many";
    "durability":
        "crash-costs-no-attempt" "cut-off-runs-again" "folder-survives" "history-survives"
        "keys-survive" "latch-survives" "misfire-all" "misfire-coalesce" "misfire-in-real-time"
        "misfire-skip" "once-in-a-session" "quarantine" "queue-survives" "registrations-survive"
        "registrations-survive-a-crash" "schedule-goes-on" "spent-stays-spent"
        "stop-costs-no-attempt";
    "isolation":
        "command-memory" "command-spin" "command-trap" "divide" "exit" "fresh-instance"
        "neighbour-of-a-spinner" "out-of-bounds" "panic" "parallel" "stack-overflow" "unreachable";
    "lifecycle":
        "access" "access-never-requested" "application-while-running" "arguments" "coalesce"
        "condition-lost-is-ignored" "conditions-latch" "cron" "cron-summer-time" "fails" "identity"
        "keep-latest" "latched-and-unregistered" "low-power-disables" "maintenance"
        "maintenance-loses-power" "message" "no-task" "one-key-one-run" "one-shot" "parallel"
        "progress" "queue" "recurring" "retry" "retry-after" "retry-waits" "returns" "sync-guest"
        "system-event" "timer" "timer-in-real-time" "timer-once" "unknown-condition" "work-cost";
    "limits":
        "cpu" "cpu-in-bulk" "cpu-silent" "default-class" "error-message" "fresh-budget" "idle"
        "long-class" "memory-abort" "memory-refused" "output" "progress" "quota-in-real-time"
        "quota-is-the-apps" "quota-pauses" "random-bytes" "remaining" "slots" "too-much-asked"
        "wall" "wall-clean";
    "registration":
        "app-not-installed" "bad-parameters" "contradiction" "duplicates-in-a-task" "entry-point"
        "from-a-task" "ids" "if-exists" "no-trigger" "one-signal-two-registrations" "replace"
        "requests-in-a-task" "second-application-trigger" "timer-floor" "undeclared-trigger"
        "unregister-cancels" "unregister-unknown" "unregister-waits" "validate";
};
