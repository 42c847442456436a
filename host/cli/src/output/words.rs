//! Triggers and spans of time as people write them.

use std::time::Duration;

use dormouse::Trigger;
use jiff::SignedDuration;

/// A span as it is written in flags: `5m`, `1h 30m`.
fn period(span: Duration) -> String {
    SignedDuration::try_from(span).map_or_else(|_| format!("{span:?}"), |span| format!("{span:#}"))
}

/// A trigger in a few words.
pub(crate) fn describe_trigger(trigger: &Trigger) -> String {
    let once = if trigger.one_shot() { ", once" } else { "" };
    match trigger {
        Trigger::Application => "application".to_owned(),
        Trigger::Time(time) if time.one_shot => format!("once, after {}", period(time.every)),
        Trigger::Time(time) => format!("every {}", period(time.every)),
        Trigger::Cron(cron) => format!("cron {} {}", cron.expression, cron.time_zone),
        Trigger::Maintenance(time) => format!("maintenance {}{once}", period(time.every)),
        Trigger::System(system) => format!("system {}{once}", system.event),
        Trigger::Filesystem(watch) if watch.recursive => format!("watch {}, recursive", watch.directory),
        Trigger::Filesystem(watch) => format!("watch {}", watch.directory),
        Trigger::Socket(socket) => format!("listen {}", socket.listen),
        Trigger::Signal(signal) => format!("signal {}{once}", signal.topic),
        Trigger::Message(message) => format!("message {}", message.topic),
        other => other.kind().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use dormouse::{CronTrigger, SystemEvent, SystemTrigger, TimeTrigger};

    use super::*;

    #[test]
    fn a_trigger_reads_as_its_flags_do() {
        for (trigger, text) in [
            (Trigger::Application, "application"),
            (Trigger::Time(TimeTrigger::periodic(Duration::from_secs(300))), "every 5m"),
            (Trigger::Time(TimeTrigger::once(Duration::from_secs(5400))), "once, after 1h 30m"),
            (Trigger::Cron(CronTrigger::new("0 * * * *")), "cron 0 * * * * UTC"),
            (Trigger::System(SystemTrigger::once(SystemEvent::UserAway)), "system user-away, once"),
        ] {
            assert_eq!(describe_trigger(&trigger), text);
        }
    }
}
