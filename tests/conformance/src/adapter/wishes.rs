//! What the protocol asks for, as a host of ours is asked.

use dormouse_control::api::{IfExists, Problem, RegisterRequest, RetryView};
use dormouse_core::trigger::Recurrence;
use dormouse_core::{
    AppId, CronTrigger, Misfire, SignalTrigger, SystemEvent, SystemTrigger, TimeTrigger, Trigger,
};
use std::time::Duration;

use crate::protocol::{self, Registration, Reply};

/// Why something was refused, as the protocol has it: the reason of a firing, else the kind of problem.
pub(super) fn refused(problem: &Problem) -> Reply {
    let reason = problem.reason.as_deref().unwrap_or_else(|| problem.code.as_str());
    let causes: Vec<&str> =
        std::iter::once(problem.detail.as_str()).chain(problem.causes.iter().map(String::as_str)).collect();
    Reply::refused(reason, causes.join(": "))
}

/// What is wrong with a registration before a host is asked.
pub(super) fn invalid(why: impl std::fmt::Display) -> Reply {
    Reply::refused("invalid-registration", why)
}

/// The name of an app.
pub(super) fn app(name: &str) -> Result<AppId, Reply> {
    AppId::new(name).map_err(Reply::failed)
}

/// A registration, as the control API is asked for it. One without a trigger cannot be asked for, so `trigger` stands in.
pub(super) fn registration(wish: &Registration, trigger: Trigger) -> Result<RegisterRequest, Reply> {
    let mut conditions = Vec::new();
    for condition in &wish.conditions {
        conditions.push(condition.parse().map_err(invalid)?);
    }
    let as_json = |value: Result<serde_json::Value, _>| value.map_err(Reply::failed);
    let overlap = match wish.overlap {
        Some(overlap) => {
            Some(serde_json::from_value(as_json(serde_json::to_value(overlap))?).map_err(invalid)?)
        }
        None => None,
    };
    let limits = match &wish.limits {
        Some(limits) => serde_json::from_value(as_json(serde_json::to_value(limits))?).map_err(invalid)?,
        None => Default::default(),
    };
    #[expect(
        clippy::cast_precision_loss,
        reason = "a case that waits for longer than 2^53 ms has other worries"
    )]
    let retry = wish.retry.map(|retry| RetryView {
        max_attempts: retry.max_attempts,
        initial_ms: retry.initial_ms as f64,
        max_ms: retry.max_ms as f64,
        factor: 2.0,
        jitter: 0.0,
    });
    Ok(RegisterRequest {
        app: app(&wish.app)?,
        name: wish.name.clone(),
        group: wish.group.clone(),
        entry_point: Some(wish.entry_point.clone()),
        trigger,
        conditions,
        cancel_on_condition_loss: wish.cancel_on_condition_loss,
        overlap,
        limits,
        retry,
        env: wish.env.clone(),
        args: wish.args.clone(),
        if_exists: match wish.if_exists {
            protocol::IfExists::AllowDuplicate => IfExists::Duplicate,
            protocol::IfExists::ReplaceIfDifferent => IfExists::Replace,
            protocol::IfExists::Keep => IfExists::Keep,
            protocol::IfExists::Error => IfExists::Error,
        },
    })
}

/// What wakes a registration.
pub(super) fn trigger(wish: &protocol::Trigger) -> Result<Trigger, Reply> {
    use protocol::Trigger as Wish;
    let misfire = |wish: protocol::Misfire| match wish {
        protocol::Misfire::Coalesce => Misfire::Coalesce,
        protocol::Misfire::Skip => Misfire::Skip,
        protocol::Misfire::All => Misfire::All,
    };
    let time = |every_ms, one_shot, missed| TimeTrigger {
        one_shot,
        misfire: misfire(missed),
        ..TimeTrigger::periodic(Duration::from_millis(every_ms))
    };
    Ok(match wish {
        Wish::Application {} => Trigger::Application,
        Wish::Time { every_ms, one_shot, misfire } => Trigger::Time(time(*every_ms, *one_shot, *misfire)),
        Wish::Maintenance { every_ms, one_shot } => {
            Trigger::Maintenance(time(*every_ms, *one_shot, protocol::Misfire::Coalesce))
        }
        Wish::Cron { expression, time_zone, misfire: missed } => Trigger::Cron(CronTrigger {
            misfire: misfire(*missed),
            ..CronTrigger::new(expression).in_time_zone(time_zone)
        }),
        Wish::System { event, one_shot } => {
            let event: SystemEvent = event.parse().map_err(invalid)?;
            Trigger::System(SystemTrigger { event, one_shot: *one_shot })
        }
        Wish::Signal { topic, one_shot, recurrence } => Trigger::Signal(SignalTrigger {
            one_shot: *one_shot,
            recurrence: match recurrence {
                protocol::Recurrence::Always => Recurrence::Always,
                protocol::Recurrence::Once => Recurrence::Once,
            },
            ..SignalTrigger::new(topic)
        }),
        Wish::Message { topic } => Trigger::Message(dormouse_core::MessageTrigger::new(topic)),
    })
}
