//! One case, step by step.

mod look;
mod time;

use serde::Deserialize;
use serde_json::Value;

use super::judge::{judge, told};
use super::seen::Seen;
use super::{Options, Verdict};
use crate::case::{Case, Installed, Step};
use crate::hex;
use crate::link::{Link, LinkError, understood};
use crate::order::{Disorder, Order};
use crate::programs::NoProgram;
use crate::protocol::{Capability, CommandEnded, Done, Event, Fired, Hello, Op, Program, Reply, Signaled};
use time::Time;

/// Why a case ends before its last step.
#[derive(Debug, thiserror::Error)]
enum End {
    #[error("{0}")]
    Failed(String),
    #[error("the adapter cannot do that: {0}")]
    Unsupported(String),
    #[error(transparent)]
    Link(#[from] LinkError),
    /// Events that an adapter numbers wrong are its fault, all others the host's.
    #[error("the adapter tells events out of order: {0}")]
    Lies(Disorder),
    /// What time it is, is the adapter's to know.
    #[error(transparent)]
    Time(#[from] time::NoTime),
    #[error(transparent)]
    Program(#[from] NoProgram),
}

impl From<Disorder> for End {
    fn from(disorder: Disorder) -> Self {
        match disorder {
            Disorder::Sequence { .. } | Disorder::Time { .. } => Self::Lies(disorder),
            of_the_host => Self::Failed(of_the_host.to_string()),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Registered {
    registration: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Heard {
    fired: Vec<Signaled>,
}

/// Plays `case` on an adapter that said `hello`. The line is good for another case unless the verdict is that it broke.
pub(super) fn play(case: &Case, hello: &Hello, link: &mut Link, options: &Options) -> Verdict {
    let missing: Vec<&str> = case
        .needs
        .iter()
        .filter(|need| !hello.capabilities.contains(need))
        .map(|need| need.as_str())
        .collect();
    if !missing.is_empty() {
        return Verdict::Skipped(format!("needs {}", missing.join(", ")));
    }
    let can = |capability| hello.capabilities.contains(&capability);
    let simulated = can(Capability::SimClock);
    let order = if can(Capability::RunEvents) { Order::default() } else { Order::of_ends() };
    let time = Time::of(case, simulated, options.timeout);
    let mut play = Play { case, link, options, seen: Seen { simulated, ..Seen::default() }, order, time };
    let ended = play.all();
    let mut lines = match ended {
        Ok(()) => judge(case, &play.seen),
        Err(End::Failed(line)) => vec![line],
        Err(End::Unsupported(why)) => {
            return match play.close() {
                Ok(()) => Verdict::Skipped(why),
                Err(end) => Verdict::Broken(chain(&end)),
            };
        }
        Err(end @ (End::Link(_) | End::Lies(_) | End::Time(_) | End::Program(_))) => {
            return Verdict::Broken(chain(&end));
        }
    };
    if let Err(end) = play.close() {
        return Verdict::Broken(chain(&end));
    }
    if lines.is_empty() {
        return Verdict::Passed;
    }
    lines.push("what was seen:".to_owned());
    lines.extend(play.seen.log());
    Verdict::Failed(lines)
}

/// An error with what lies behind it.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

struct Play<'a> {
    case: &'a Case,
    link: &'a mut Link,
    options: &'a Options,
    seen: Seen,
    order: Order,
    time: Time,
}

impl Play<'_> {
    fn all(&mut self) -> Result<(), End> {
        self.done(Op::Open { case: self.case.id.clone(), host: self.case.host.clone() })?;
        for Installed { app, .. } in self.case.apps().into_iter().filter(|installed| !installed.later) {
            let program = self.program(&app.program)?;
            self.done(Op::Install { app, program })?;
        }
        for named in self.case.registration.iter().filter(|named| !named.later) {
            self.register(&named.handle, None, None)?;
        }
        for (index, step) in self.case.steps.iter().enumerate() {
            self.step(step).map_err(|end| match end {
                End::Failed(why) => End::Failed(format!("step {} ({}): {why}", index + 1, step.word())),
                other => other,
            })?;
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), End> {
        // What happens while a host is taken away is no part of the case.
        match self.link.ask(Op::Close, self.options.timeout, &mut Vec::new())? {
            // An adapter that can do nothing yet has nothing to close.
            Reply::Unsupported(_) => Ok(()),
            reply => Ok(understood::<Done>("close", reply).map(drop)?),
        }
    }

    fn ask(&mut self, op: Op) -> Result<Reply, End> {
        let patience = self.time.patience(&op)?;
        let mut events: Vec<Event> = Vec::new();
        let reply = self.link.ask(op, patience, &mut events);
        for event in events {
            let seen = self.order.see(&event);
            self.seen.push(event);
            seen?;
        }
        match reply? {
            Reply::Unsupported(why) => Err(End::Unsupported(why)),
            reply => Ok(reply),
        }
    }

    /// Asks for what must be done, and answers what there is to say of it.
    fn must(&mut self, op: Op) -> Result<Value, End> {
        match self.ask(op)? {
            Reply::Ok(value) => Ok(value),
            Reply::Refused { reason, text } => Err(End::Failed(format!("it was refused: {reason}: {text}"))),
            other => Err(End::Failed(format!("it was answered {other:?}"))),
        }
    }

    fn must_answer<T: serde::de::DeserializeOwned>(&mut self, op: Op) -> Result<T, End> {
        let word = op.word();
        let value = self.must(op)?;
        Ok(understood(word, Reply::Ok(value))?)
    }

    /// Asks for what must be done, and of which there is nothing to say.
    fn done(&mut self, op: Op) -> Result<(), End> {
        self.must_answer::<Done>(op).map(drop)
    }

    /// Asks for what must be refused with that reason.
    fn must_not(&mut self, op: Op, wanted: &str) -> Result<(), End> {
        match self.ask(op)? {
            Reply::Refused { reason, .. } if reason == wanted => Ok(()),
            Reply::Refused { reason, text } => {
                Err(End::Failed(format!("it was refused as {reason:?} and not as {wanted:?}: {text}")))
            }
            other => Err(End::Failed(format!("it was not refused as {wanted:?}: {other:?}"))),
        }
    }

    fn program(&self, name: &str) -> Result<Program, End> {
        let path = self.options.programs.path(name)?;
        Ok(Program { name: name.to_owned(), path: path.to_string_lossy().into_owned() })
    }

    fn id(&self, handle: &str) -> Result<String, End> {
        let id = self.seen.ids.get(handle).cloned();
        id.ok_or_else(|| End::Failed(format!("{handle:?} was not registered")))
    }

    fn register(&mut self, handle: &str, refused: Option<&str>, same_as: Option<&str>) -> Result<(), End> {
        let Some(named) = self.case.named(handle) else { return Ok(()) };
        let op = Op::Register { registration: named.registration.clone() };
        if let Some(reason) = refused {
            return self.must_not(op, reason);
        }
        let Registered { registration } = self.must_answer(op)?;
        let known =
            self.seen.ids.iter().find(|(_, id)| **id == registration).map(|(handle, _)| handle.clone());
        match (same_as, known) {
            (Some(wanted), Some(known)) if wanted == known => {}
            (None, None) => {}
            (Some(wanted), _) => {
                return Err(End::Failed(format!("it is another registration than {wanted:?}")));
            }
            (None, Some(known)) if known == handle => {}
            (None, Some(known)) => return Err(End::Failed(format!("it has the id of {known:?} (UWP-002)"))),
        }
        self.seen.ids.insert(handle.to_owned(), registration);
        Ok(())
    }

    fn newest_run(&self, handle: &str) -> Result<String, End> {
        let run = self.seen.newest_run(handle);
        run.ok_or_else(|| End::Failed(format!("no run of {handle:?} has started; wait for it first")))
    }

    fn step(&mut self, step: &Step) -> Result<(), End> {
        match step {
            Step::Install { app, refused } => {
                let installed = self.case.apps().into_iter().find(|installed| installed.app.name == *app);
                let Some(Installed { app, .. }) = installed else { return Ok(()) };
                let program = self.program(&app.program)?;
                self.done_or_refused(Op::Install { app, program }, refused.as_deref())
            }
            Step::Register { of, refused, same_as } => {
                self.register(of, refused.as_deref(), same_as.as_deref())
            }
            Step::Validate { of, refused } => {
                let Some(named) = self.case.named(of) else { return Ok(()) };
                self.done_or_refused(
                    Op::Validate { registration: named.registration.clone() },
                    refused.as_deref(),
                )
            }
            Step::Unregister { of, cancel, refused } => {
                let op = Op::Unregister { registration: self.id(of)?, cancel: *cancel };
                self.done_or_refused(op, refused.as_deref())
            }
            Step::Fire { of, arguments, arguments_hex, key, result, refused } => {
                let arguments = arguments.as_ref().map(|text| hex::encode(text.as_bytes()));
                let arguments = arguments.or_else(|| arguments_hex.clone());
                let op = Op::Fire { registration: self.id(of)?, arguments, key: key.clone() };
                match refused {
                    Some(reason) => self.must_not(op, reason),
                    None => self.fire(op, result.as_deref().unwrap_or("accepted")),
                }
            }
            Step::Signal { topic, body, content_type, results, heard } => {
                let (topic, content_type) = (topic.clone(), content_type.clone());
                let op = Op::Signal { topic, content_type, body: hex::encode(body.as_bytes()) };
                let Heard { fired } = self.must_answer(op)?;
                self.heard(&fired, results, *heard)
            }
            Step::Condition { condition, holds } => {
                self.done(Op::Condition { condition: condition.clone(), holds: holds.clone() })
            }
            Step::WorkCost { cost } => self.done(Op::WorkCost { cost: *cost }),
            Step::SystemEvent { event } => self.done(Op::SystemEvent { event: event.clone() }),
            Step::Access { app, access } => self.done(Op::Access { app: app.clone(), access: *access }),
            Step::Cancel { of, refused } => {
                let op = Op::Cancel { run: self.newest_run(of)?, kill: false };
                self.done_or_refused(op, refused.as_deref())
            }
            Step::Kill { of } => {
                let run = self.newest_run(of)?;
                self.done(Op::Cancel { run, kill: true })
            }
            Step::Wait { event, times, within_ms } => self.wait(event, *times, *within_ms),
            Step::Advance { ms } => self.let_pass(Op::Advance { ms: *ms }).map(drop),
            Step::Settle {} => self.done(Op::Settle),
            Step::Seen { event, times } => {
                let seen = self.seen.count(event);
                if seen == *times {
                    Ok(())
                } else {
                    Err(End::Failed(format!("{} was seen {seen} times, not {times}", told(event))))
                }
            }
            Step::List { app, registrations } => self.list(app, registrations),
            Step::History { of, runs } => self.history(of, runs),
            Step::Stop {} => {
                self.done(Op::Stop)?;
                self.order.stopped();
                Ok(())
            }
            Step::Crash {} => {
                self.done(Op::Crash)?;
                self.order.crashed();
                Ok(())
            }
            Step::Start {} => self.done(Op::Start),
            Step::Command { program, args, env, stdin, limits, expect } => {
                let op = Op::Command {
                    program: self.program(program)?,
                    args: args.clone(),
                    env: env.clone(),
                    stdin: stdin.clone(),
                    limits: limits.clone(),
                };
                let ended: CommandEnded = self.must_answer(op)?;
                let ended = serde_json::to_value(ended).unwrap_or_default();
                expect.mismatch(Some(&ended), self.seen.simulated).map_or(Ok(()), |why| Err(End::Failed(why)))
            }
        }
    }

    fn done_or_refused(&mut self, op: Op, refused: Option<&str>) -> Result<(), End> {
        match refused {
            Some(reason) => self.must_not(op, reason),
            None => self.done(op),
        }
    }

    fn fire(&mut self, op: Op, wanted: &str) -> Result<(), End> {
        let Fired { result, .. } = self.must_answer(op)?;
        if result == wanted {
            Ok(())
        } else {
            Err(End::Failed(format!("it came to {result:?}, not {wanted:?}")))
        }
    }
}
