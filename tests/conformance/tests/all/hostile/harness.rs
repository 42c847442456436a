//! What every attack goes through, and what must hold when it is over.
//!
//! The host is as it is in production: the machine's clock, pools of memory, threads for guests, components compiled
//! by a worker. An attack runs several times. From before the first until after the last a neighbour sits in its own
//! sandbox, looks after its memory every few milliseconds, and must end in time when it is told to; others come and go
//! while each attack goes on. Then the host must run a good task of the attacker's own app, and whatever the attacker
//! took must be back: its sandbox with all pools, files and threads of the process, memory, and the folders.
//!
//! Files, threads and memory are those of the process: a test needs one of its own, as nextest gives it.

mod census;
mod field;

use std::time::Duration;

use dormouse::{CompileLimits, Completion, ComponentError, Grants, LimitsRequest, Outcome, RunOutput};
use dormouse_core::{CancellationReason, TrapKind};

use super::corpus;
use field::Field;

pub(super) const MIB: u64 = 1024 * 1024;

/// How often an attack may leave more memory in use than before, each time it goes on for some rounds.
const BATCHES: u32 = 3;

/// A guest that means harm, and what it is let loose with.
#[derive(Clone)]
pub(crate) struct Attack {
    name: String,
    bytes: Vec<u8>,
    arguments: Vec<u8>,
    limits: LimitsRequest,
    grants: Grants,
    compile: CompileLimits,
    times: u32,
    leaves_files: bool,
}

/// How a contained attack ends. Nothing else will do.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    /// It was refused what it wanted, saw so itself, and returned.
    Succeeded,
    /// As above, and it answered an error that says this.
    Failed(&'static str),
    /// It trapped, and the message says this.
    Trapped(TrapKind, &'static str),
    /// Its time was up by this policy, `cpu`, `wall` or `idle`; it did not listen, and lost its sandbox.
    Killed(&'static str),
    /// As above, and it listened.
    Stopped(&'static str),
    /// Nothing was left in it that could end it.
    Abandoned,
}

/// What there is to see of an attack that is over.
pub(crate) struct Seen {
    /// How each time ended.
    pub(crate) completions: Vec<Completion>,
    /// What it was denied, all times together.
    pub(crate) denied: Vec<String>,
    /// What it wrote the last time.
    pub(crate) output: RunOutput,
}

impl Attack {
    /// A whole component.
    pub(crate) fn component(name: &str, bytes: Vec<u8>) -> Self {
        Self {
            name: name.to_owned(),
            bytes,
            arguments: Vec::new(),
            // Nobody meets these by accident: an attack on one of them names it.
            limits: LimitsRequest {
                cpu: Some(Duration::from_secs(60)),
                wall: Some(Duration::from_secs(120)),
                memory_bytes: Some(32 * MIB),
                ..LimitsRequest::default()
            },
            grants: Grants::none(),
            compile: CompileLimits::default(),
            times: 6,
            leaves_files: false,
        }
    }

    /// A text of the corpus, as `cpu/spin`.
    pub(crate) fn text(name: &str) -> Self {
        Self::component(name, corpus::component(name))
    }

    /// A program of `tests/programs`.
    pub(crate) fn program(path: &str) -> Self {
        Self::component(path, crate::component(path))
    }

    /// What it is given.
    pub(crate) fn arguments(mut self, arguments: impl Into<Vec<u8>>) -> Self {
        self.arguments = arguments.into();
        self
    }

    /// What it may use.
    pub(crate) fn limits(mut self, change: impl FnOnce(&mut LimitsRequest)) -> Self {
        change(&mut self.limits);
        self
    }

    /// So little CPU time that a guest that spins is over soon.
    pub(crate) fn little_cpu(self) -> Self {
        self.limits(|limits| limits.cpu = Some(Duration::from_millis(40)))
    }

    /// So little time that a guest that waits is over soon.
    pub(crate) fn little_wall(self) -> Self {
        self.limits(|limits| limits.wall = Some(Duration::from_millis(150)))
    }

    /// What it was granted.
    pub(crate) fn grants(mut self, grants: Grants) -> Self {
        self.grants = grants;
        self
    }

    /// What its compilation may cost.
    pub(crate) fn compile(mut self, limits: CompileLimits) -> Self {
        self.compile = limits;
        self
    }

    /// How often it runs.
    pub(crate) fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// What it leaves in its app's folders is its own.
    pub(crate) fn may_leave_files(mut self) -> Self {
        self.leaves_files = true;
        self
    }

    /// Runs it, each time to this end.
    pub(crate) fn ends(self, end: End) -> Seen {
        let name = self.name.clone();
        self.runs(|completion| end.check(&name, completion))
    }

    /// Runs it; `check` says what each end must be.
    pub(crate) fn runs(self, check: impl Fn(&Completion)) -> Seen {
        field::runtime().block_on(async {
            let field = Field::open(&self).await;
            let id = field
                .install(&self)
                .await
                .unwrap_or_else(|error| panic!("{} was refused: {error}", self.name));
            let mut completions = vec![field.round(id, &self.arguments).await];
            check(&completions[0]);
            // What is made once is made by now, but for what the allocator keeps for each thread: a loss has no end.
            let mut before = field.at_rest();
            for batch in 1..=BATCHES {
                for _ in 1..self.times {
                    let completion = field.round(id, &self.arguments).await;
                    check(&completion);
                    completions.push(completion);
                }
                if batch == BATCHES || !before.has_grown() {
                    break;
                }
                before.grow();
            }
            field.is_as_it_was(&before, &self);
            let last = completions.last().map(|completion| completion.run.run).unwrap();
            let output = field.output(last).await;
            let denied = field.denied();
            field.close().await;
            Seen { completions, denied, output }
        })
    }

    /// Tries to install it, several times in vain; answers why.
    pub(crate) fn refused(self) -> ComponentError {
        field::runtime().block_on(async {
            let field = Field::open(&self).await;
            let mut error = field.refuses(&self).await;
            let before = field.at_rest();
            for _ in 1..self.times.min(3) {
                error = field.refuses(&self).await;
            }
            field.is_as_it_was(&before, &self);
            field.close().await;
            error
        })
    }

    /// Tries to install each of these components, by a name for people, in vain; answers why.
    pub(crate) fn are_refused(
        components: impl IntoIterator<Item = (String, Vec<u8>)>,
    ) -> Vec<(String, ComponentError)> {
        field::runtime().block_on(async {
            let nobody = Self::component("nothing", Vec::new());
            let field = Field::open(&nobody).await;
            field.refuses(&nobody).await;
            let before = field.at_rest();
            let mut errors = Vec::new();
            for (name, bytes) in components {
                let error = field.refuses(&Self::component(&name, bytes)).await;
                errors.push((name, error));
            }
            field.is_as_it_was(&before, &nobody);
            field.close().await;
            errors
        })
    }
}

impl End {
    fn check(self, name: &str, completion: &Completion) {
        let outcome = &completion.run.outcome;
        let is = match (self, outcome) {
            (Self::Succeeded, Outcome::Succeeded) | (Self::Abandoned, Outcome::DeferralAbandoned { .. }) => {
                true
            }
            (Self::Failed(says), Outcome::Failed(failure)) => failure.message.contains(says),
            (Self::Trapped(expected, says), Outcome::Trapped { kind, message }) => {
                *kind == expected && message.contains(says)
            }
            (Self::Killed(policy), Outcome::Canceled { cancellation, forced: true })
            | (Self::Stopped(policy), Outcome::Canceled { cancellation, forced: false }) => {
                let reason = match policy {
                    "idle" => CancellationReason::IdleTask,
                    _ => CancellationReason::ExecutionTimeExceeded,
                };
                (cancellation.reason, cancellation.policy.as_str()) == (reason, policy)
            }
            _ => false,
        };
        assert!(is, "{name}: {self:?} it was to be, and is: {outcome}\n{:#?}", completion.run.receipt);
    }
}
