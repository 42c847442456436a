//! What the machine says, made into what is to be done: with what that is about, as it is known when it is said.

use std::collections::HashSet;

use dormouse_core::app::lifecycle::{End, Output};
use dormouse_core::app::previous::Kept;
use dormouse_core::{Cancellation, TrapKind};

use super::inner::{Because, Inner, Now};
use super::runs::Inside;
use super::todo::{Do, Ending};

impl Inner {
    /// What the machine says is to be done, with what it needs of what is known now.
    pub(super) fn decide(&mut self, outputs: Vec<Output>, because: Because, now: Now) {
        for output in &outputs {
            if let Output::Settled(ticket) | Output::Dropped(ticket) = output
                && let Some(asking) = self.tickets.get_mut(ticket)
            {
                asking.lease = None;
            }
        }
        let refused = match &because {
            Because::NotKept(_, error) => Some(error),
            Because::Nothing | Because::Ends(_) => None,
        };
        let mut ended = false;
        for output in outputs {
            // Known from now on: a guest may ask for the next one before any of this is done.
            match output {
                Output::Revoke(reason) => self.extended.revoke(reason),
                Output::ExtensionOver => self.extended.over(),
                _ => {}
            }
            let next = match output {
                Output::Keep(kept) => {
                    self.kept = match &because {
                        Because::NotKept(before, _) if kept != Kept::Running => *before,
                        _ => (Some(kept), now.wall),
                    };
                    Do::Keep { kept: self.kept, begins: kept == Kept::Running }
                }
                Output::Start { memory_bytes } => Do::Start { memory_bytes, ends: self.ends },
                Output::Became(state) => {
                    self.decided += 1;
                    Do::Became(state)
                }
                Output::Enter { runs } => {
                    let runs = usize::try_from(runs).unwrap_or(usize::MAX).min(self.waiting.len());
                    let entering: Vec<Inside> = self.waiting.drain(..runs).collect();
                    self.entered.extend(entering.iter().map(|run| (run.number, run.clone())));
                    Do::Enter(entering)
                }
                Output::CancelRuns(reason) => {
                    let cancellation = match &because {
                        Because::Ends(end) => end.cancellation(""),
                        Because::Nothing | Because::NotKept(..) => None,
                    };
                    let cancellation = cancellation.unwrap_or_else(|| Cancellation::new(reason, "app", ""));
                    let entered = self.entered.values().cloned().collect();
                    Do::Cancel { cancellation, entered, waiting: self.waiting.drain(..).collect() }
                }
                Output::End(end) => {
                    ended = true;
                    self.ends += 1;
                    Do::End(Box::new(Ending { refused: refused.cloned(), ..self.ending(end) }))
                }
                Output::Dropped(ticket) => Do::Dropped(ticket, refused.cloned()),
                other => Do::Plain(other),
            };
            self.todo.push_back(next);
        }
        // Who wanted to see what has ended is not counted any more.
        if ended && self.leases.is_empty() {
            let outputs = self.machine.hide(now.at);
            self.decide(outputs, Because::Nothing, now);
        }
    }

    fn ending(&mut self, end: End) -> Ending {
        let mut runs: Vec<Inside> = std::mem::take(&mut self.entered).into_values().collect();
        let over = !self.machine.begins_anew(end);
        if over {
            // Nobody is left for whom it could begin anew.
            runs.extend(self.waiting.drain(..));
        }
        let lost = match end {
            // They show what follows.
            End::Restarted => Vec::new(),
            _ => {
                let coming: HashSet<u64> =
                    self.tickets.values().filter(|_| !over).filter_map(|asking| asking.lease).collect();
                self.leases.extract_if(|id, _| !coming.contains(id)).map(|(_, sight)| sight).collect()
            }
        };
        self.telling = [None; 2];
        self.ends_by = Some(end);
        self.extended.over();
        Ending { end, runs, lost, refused: None }
    }

    /// Its guest trapped.
    pub(super) fn crash(&mut self, said: (TrapKind, String), now: Now) {
        self.trap = Some(said);
        let outputs = self.machine.crashed(now.at);
        self.decide(outputs, Because::Nothing, now);
    }
}
