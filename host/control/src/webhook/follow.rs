//! Following the journal for one webhook.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use dormouse::{Host, Notice, Subscription};
use dormouse_core::{Clock, Completion, Cursor, Instant, Undelivered};
use tokio_util::sync::CancellationToken;

use super::WebhookConfig;
use super::endpoint::Endpoint;
use super::message::Message;
use super::send::{Again, Failed, Sender};
use super::tally::Failing;

/// Completions that are passed over before the cursor is moved behind them.
const PASSED_MAX: usize = 256;

/// How long the cursor stays before completions that were passed over, and before one that it could not be moved behind.
const COMMIT_WITHIN: Duration = Duration::from_secs(1);

/// Until a store that did not answer is asked again.
const STORE_AWAY: Duration = Duration::from_secs(1);

/// What all webhooks share.
pub(super) struct Shared {
    pub(super) host: Host,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) config: WebhookConfig,
    pub(super) sender: Sender,
}

/// How one is told to end.
#[derive(Clone, Debug)]
pub(super) struct Stop {
    /// After the attempt that is under way.
    pub(super) soon: CancellationToken,
    /// Now. The other follows from it.
    pub(super) now: CancellationToken,
}

impl Stop {
    /// One that ends when `all` do.
    pub(super) fn of(all: &CancellationToken) -> Self {
        let now = all.child_token();
        Self { soon: now.child_token(), now }
    }
}

pub(super) struct Follower {
    pub(super) shared: Arc<Shared>,
    pub(super) endpoint: Arc<Endpoint>,
    pub(super) stop: Stop,
}

/// Completions that are dealt with, and that the cursor is not behind yet.
struct Passed {
    count: usize,
    newest: Cursor,
    commit_at: Instant,
}

/// How often a message was tried before it was given up, and what was wrong the last time.
struct GivenUp {
    attempts: u32,
    error: String,
}

/// Breaks when it is to stop.
type Flow<T = ()> = ControlFlow<(), T>;

impl Follower {
    pub(super) async fn run(self) {
        let Flow::Continue(mut journal) = self.open().await else { return };
        let mut passed: Option<Passed> = None;
        loop {
            let commit_at = passed.as_ref().map_or(Instant::MAX, |passed| passed.commit_at);
            let notice = tokio::select! {
                biased;
                () = self.stop.soon.cancelled() => break,
                notice = journal.next() => notice,
                () = self.shared.clock.sleep_until(commit_at), if passed.is_some() => {
                    self.commit(&mut journal, &mut passed).await;
                    continue;
                }
            };
            let flow = match notice {
                Ok(Notice::Completed(completion)) => {
                    self.completed(&mut journal, &mut passed, &completion).await
                }
                Ok(Notice::Missed { from, to }) => self.missed(&mut journal, &mut passed, from, to).await,
                Ok(_) => Flow::Continue(()),
                Err(error) => self.store_away(&error).await,
            };
            if flow.is_break() {
                break;
            }
        }
        self.commit(&mut journal, &mut passed).await;
        self.endpoint.tally.failing(None);
    }

    async fn open(&self) -> Flow<Subscription> {
        loop {
            match self.shared.host.deliveries(self.name()).await {
                Ok(journal) => return Flow::Continue(journal),
                Err(error) => self.store_away(&error).await?,
            }
        }
    }

    async fn completed(
        &self,
        journal: &mut Subscription,
        passed: &mut Option<Passed>,
        completion: &Completion,
    ) -> Flow {
        let cursor = completion.cursor;
        if !self.endpoint.wants(completion) {
            self.pass(passed, cursor);
            if passed.as_ref().is_some_and(|passed| passed.count >= PASSED_MAX) {
                self.commit(journal, passed).await;
            }
            return Flow::Continue(());
        }
        let message = Message::completion(self.name(), completion);
        match self.deliver(&message).await? {
            Ok(()) => {
                self.pass(passed, cursor);
                self.commit(journal, passed).await;
            }
            Err(GivenUp { attempts, error }) => {
                tracing::error!(
                    webhook = self.name(),
                    cursor = cursor.0,
                    activation = %completion.run.activation,
                    attempts,
                    error,
                    "a completion was given up; it is kept as undelivered"
                );
                let at = self.shared.clock.wall();
                let (webhook, activation) = (self.name().to_owned(), completion.run.activation);
                self.keep(&Undelivered { webhook, cursor, activation, attempts, error, at }).await?;
                // The cursor moved with it.
                *passed = None;
            }
        }
        Flow::Continue(())
    }

    async fn missed(
        &self,
        journal: &mut Subscription,
        passed: &mut Option<Passed>,
        from: Cursor,
        to: Cursor,
    ) -> Flow {
        let message = Message::missed(self.name(), from, to, self.shared.clock.wall());
        if let Err(GivenUp { attempts, error }) = self.deliver(&message).await? {
            tracing::error!(
                webhook = self.name(),
                from = from.0,
                to = to.0,
                attempts,
                error,
                "completions were let go of before they were told, and telling that was given up"
            );
        }
        // Of those in between some may be there, and come next: the cursor moves with them.
        let store = self.shared.host.store();
        if let Ok(next) = store.completions(from, 1).await
            && next.first().is_none_or(|next| next.cursor > to)
        {
            self.pass(passed, to);
            self.commit(journal, passed).await;
        }
        Flow::Continue(())
    }

    /// Tries until the receiver has it, or it is given up.
    async fn deliver(&self, message: &Message) -> Flow<Result<(), GivenUp>> {
        let Shared { clock, config, sender, .. } = &*self.shared;
        let tally = &self.endpoint.tally;
        let mut attempts = 0_u32;
        loop {
            let attempt = tokio::select! {
                biased;
                () = self.stop.now.cancelled() => return Flow::Break(()),
                attempt = sender.send(&self.endpoint, message, &**clock) => attempt,
            };
            tally.attempted(attempt.is_ok());
            let Err(Failed { error, again }) = attempt else {
                tally.failing(None);
                return Flow::Continue(Ok(()));
            };
            attempts = attempts.saturating_add(1);
            let wait = match again {
                Again::Never => None,
                Again::After(asked) => {
                    let asked = asked.map(|asked| asked.min(config.retry.max()));
                    config.retry.next(attempts, asked, message.seed)
                }
            };
            let Some(wait) = wait else {
                tally.gave_up();
                tally.failing(None);
                return Flow::Continue(Err(GivenUp { attempts, error }));
            };
            tracing::warn!(webhook = self.name(), attempts, error, ?wait, "a message was not delivered");
            tally.failing(Some(Failing { attempts, error, next_at: clock.wall() + wait }));
            self.wait(wait).await?;
        }
    }

    /// A delivery that is given up is kept, whatever it takes: nothing else would know of it.
    async fn keep(&self, undelivered: &Undelivered) -> Flow {
        while let Err(error) = self.shared.host.store().note_undelivered(undelivered.clone()).await {
            self.store_away(&error).await?;
        }
        Flow::Continue(())
    }

    fn pass(&self, passed: &mut Option<Passed>, cursor: Cursor) {
        let commit_at = self.shared.clock.now() + COMMIT_WITHIN;
        let passed = passed.get_or_insert(Passed { count: 0, newest: cursor, commit_at });
        passed.count += 1;
        passed.newest = cursor;
    }

    /// Moves the cursor behind what is dealt with. If it cannot be moved now, it is later, with what comes then.
    async fn commit(&self, journal: &mut Subscription, passed: &mut Option<Passed>) {
        let Some(dealt_with) = passed else { return };
        match journal.ack(dealt_with.newest).await {
            Ok(()) => *passed = None,
            Err(error) => {
                tracing::warn!(webhook = self.name(), %error, "how far it has delivered was not kept; trying again");
                dealt_with.commit_at = self.shared.clock.now() + COMMIT_WITHIN;
            }
        }
    }

    async fn store_away(&self, error: &(dyn std::error::Error + Send + Sync)) -> Flow {
        tracing::warn!(webhook = self.name(), %error, "the store did not answer a webhook; trying again");
        self.wait(STORE_AWAY).await
    }

    async fn wait(&self, span: Duration) -> Flow {
        let clock = &self.shared.clock;
        tokio::select! {
            biased;
            () = self.stop.soon.cancelled() => Flow::Break(()),
            () = clock.sleep_until(clock.now() + span) => Flow::Continue(()),
        }
    }

    fn name(&self) -> &str {
        &self.endpoint.webhook.name
    }
}
