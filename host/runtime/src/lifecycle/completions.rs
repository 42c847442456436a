//! An app hears of its tasks (UWP-111 to UWP-114, UWP-119): of each that came to its end, once, by a durable cursor; and of
//! progress while somebody sees it.
//!
//! There is nothing to attach. From the return of its first `launched` or `activated` on an instance is told what is in the
//! journal behind the cursor, one page after the other, and not while it is suspended. The cursor moves when the handler has
//! returned; when it never returned; and when the app trapped meanwhile for the second time: what may have ended an app is not
//! told to the next one for ever.

use std::collections::BTreeMap;
use std::sync::Arc;

use dormouse_core::app::event::AppEventKind;
use dormouse_core::app::lifecycle::{AppState, End, Handler, HandlerName};
use dormouse_core::{AppId, Completion, Cursor, Instant, RunId, StoreError};
use futures::channel::mpsc;
use tokio::sync::{broadcast, watch};

use super::calls::{Command, NamedCompletion};
use super::inner::Inner;
use super::life::Life;
use super::port::TaskEvent;
use crate::drive::persist;
use crate::shared::{NOBODY, Shared};
use crate::subscribe::Progress;

/// Completions told in one call.
const PAGE: usize = 64;

/// What the names of those who read for apps begin with. Nobody else's do.
pub(crate) const SUBSCRIBER_PREFIX: &str = "app:";

fn subscriber(app: &AppId) -> String {
    format!("{SUBSCRIBER_PREFIX}{app}")
}

/// From now on what becomes of the app's tasks is kept for it, if it was not before.
pub(crate) fn attach(shared: &Arc<Shared>, app: &AppId) {
    let (mine, app) = (shared.clone(), app.clone());
    drop(persist::to_the_end(shared, async move {
        let begin = || async { position(&mine, &app).await.map(drop) };
        persist::retrying(&mine, NOBODY, "begin to keep completions for an app", begin).await;
    }));
}

/// Nothing is kept for it any more.
///
/// # Errors
///
/// The store's.
pub(crate) async fn detach(shared: &Shared, app: &AppId) -> Result<(), StoreError> {
    shared.store.remove_subscriber(&subscriber(app)).await.map(drop)
}

/// How far it has read. One that never read begins at the end.
async fn position(shared: &Shared, app: &AppId) -> Result<Cursor, StoreError> {
    let (store, name) = (&shared.store, subscriber(app));
    if let Some(cursor) = store.cursor(&name).await? {
        return Ok(cursor);
    }
    let head = store.head().await?;
    store.commit_cursor(&name, head).await?;
    Ok(head)
}

/// Tells an instance of its tasks, to its end.
pub(super) fn begin(life: Arc<Life>, commands: mpsc::UnboundedSender<Command>) {
    let shared = life.session.shared.clone();
    let control = shared.control.clone();
    control.spawn(async move {
        let teller = Teller {
            // Before the cursor is read: what comes in between is news.
            journal: shared.wake.journal.subscribe(),
            progress: shared.wake.progress.subscribe(),
            newest: BTreeMap::new(),
            life,
            commands,
        };
        teller.tell().await;
    });
}

struct Teller {
    life: Arc<Life>,
    commands: mpsc::UnboundedSender<Command>,
    journal: watch::Receiver<()>,
    progress: broadcast::Receiver<Progress>,
    /// What runs told last and the app has not heard of.
    newest: BTreeMap<RunId, Progress>,
}

impl Teller {
    /// None if the store gave up, or the host stops: what was not told is told at the next launch.
    async fn tell(mut self) -> Option<()> {
        const WHAT: &str = "tell an app of its tasks";
        let (shared, session) = (self.life.session.shared.clone(), self.life.session.clone());
        let app = &session.app;
        // Behind the one of the instance before: what that has told and not committed yet is not told again.
        let _turn = session.tells.lock().await;
        let mut read = persist::retrying(&shared, NOBODY, WHAT, || position(&shared, app)).await?;
        let (mut is_behind, mut unkept) = (true, 0);
        loop {
            // Enabled before the look: its end, or that it is seen, is not missed.
            let mut news = std::pin::pin!(session.news.notified());
            news.as_mut().enable();
            if !self.hears().await {
                return Some(());
            }
            if is_behind {
                self.journal.mark_unchanged();
                let look = || shared.store.completions(read, PAGE);
                let page = persist::retrying(&shared, NOBODY, WHAT, look).await?;
                let is_whole = page.len() >= PAGE;
                let (page, is_cut) = self.as_it_trapped(page);
                is_behind = is_whole || is_cut;
                unkept += page.len();
                if let Some(last) = page.last().map(|completion| completion.cursor) {
                    let Some(told) = self.completed(page).await else { return Some(()) };
                    read = last;
                    // Not for each completion of somebody else's: each app that there is would write, for nothing.
                    if told || unkept >= PAGE {
                        let name = subscriber(app);
                        let keep = || shared.store.commit_cursor(&name, last);
                        persist::retrying(&shared, NOBODY, WHAT, keep).await?;
                        unkept = 0;
                    }
                    continue;
                }
            }
            if !self.progressed().await {
                return Some(());
            }
            tokio::select! {
                biased;
                // An error is that there is no host any more.
                changed = self.journal.changed() => match changed {
                    Ok(()) => is_behind = true,
                    Err(_) => return Some(()),
                },
                progress = self.progress.recv() => self.note(progress.ok()),
                () = news => {}
            }
        }
    }

    /// Waits until the app may be told something; false if it has ended.
    async fn hears(&self) -> bool {
        let session = &self.life.session;
        loop {
            let mut news = std::pin::pin!(session.news.notified());
            news.as_mut().enable();
            {
                let inner = session.inner();
                if self.is_over(&inner) {
                    return false;
                }
                let resumes = inner
                    .machine
                    .calling()
                    .is_some_and(|handler| matches!(handler, Handler::Resuming { .. }));
                if inner.machine.state() != AppState::Suspended && !resumes {
                    return true;
                }
            }
            news.await;
        }
    }

    fn is_over(&self, inner: &Inner) -> bool {
        inner.ends != self.life.ends || inner.is_abandoned()
    }

    /// Of a page whose first of its own it trapped at no more than it was told then: what came since it may hear alone. And
    /// whether any was left out.
    fn as_it_trapped(&self, mut page: Vec<Completion>) -> (Vec<Completion>, bool) {
        let session = &self.life.session;
        let own = page.iter().find(|completion| completion.run.app == session.app);
        let first = own.map(|completion| completion.cursor);
        let trapped_at = session.inner().trapped_at.filter(|(at, _)| Some(*at) == first);
        let Some((_, last)) = trapped_at else { return (page, false) };
        let len = page.len();
        page.retain(|completion| completion.cursor <= last);
        let is_cut = page.len() < len;
        (page, is_cut)
    }

    /// Tells of what is the app's in `page`, and answers whether anything is. None if it is to be told again.
    async fn completed(&self, page: Vec<Completion>) -> Option<bool> {
        let session = &self.life.session;
        let of_app = page.into_iter().filter(|completion| completion.run.app == session.app);
        let told: Vec<NamedCompletion> = {
            let state = session.shared.state();
            let name = |completion: &Completion| {
                let known = state.registrations.get(completion.run.registration);
                known.map(|known| known.registration.name.clone()).unwrap_or_default()
            };
            of_app.map(|completion| NamedCompletion { name: name(&completion), completion }).collect()
        };
        let cursor = |one: &NamedCompletion| one.completion.cursor;
        let Some((first, last)) = told.first().map(cursor).zip(told.last().map(cursor)) else {
            return Some(false);
        };
        match self.say(TaskEvent::Completed, Command::Completed(told)).await {
            Said::Heard => Some(true),
            // It may have been a task in it, before the handler was even begun: then this is told again. If it traps at
            // the same once more, it is this.
            Said::Trapped => {
                let before = session.inner().trapped_at.replace((first, last));
                before.is_some_and(|(at, _)| at == first).then_some(true)
            }
            Said::Unheard => None,
        }
    }

    /// Tells of the newest progress, if somebody sees the app. False if it has ended.
    async fn progressed(&mut self) -> bool {
        while let Ok(progress) = self.progress.try_recv() {
            self.note(Some(progress));
        }
        if self.life.session.state() != AppState::Foreground {
            // What it missed is old when it is seen again.
            self.newest.clear();
        }
        while let Some((_, progress)) = self.newest.pop_first() {
            if self.say(TaskEvent::Progressed, Command::Progressed(progress)).await != Said::Heard {
                return false;
            }
        }
        true
    }

    fn note(&mut self, progress: Option<Progress>) {
        // None: some were missed, and newer ones follow. What it does not see it is not told later either.
        let Some(progress) = progress else { return };
        let session = &self.life.session;
        if session.state() != AppState::Foreground {
            return;
        }
        let known = session.shared.state().registrations.get(progress.registration).cloned();
        if known.is_some_and(|known| known.registration.app == session.app) {
            self.newest.insert(progress.run, progress);
        }
    }

    /// Calls a handler, and waits until it has returned, or the app has ended.
    async fn say(&self, event: TaskEvent, command: Command) -> Said {
        let life = &self.life;
        let begun = life.feed(|inner, now| {
            let deadline = now.at + inner.machine.policy().notice;
            *inner.telling(event) = Some(Telling { at: now.at, deadline });
        });
        if begun.is_none() {
            return Said::Unheard;
        }
        life.emit(|| AppEventKind::Called { handler: HandlerName::TaskEvents, call: 0 });
        let _ = self.commands.unbounded_send(command);
        let session = &life.session;
        loop {
            let mut news = std::pin::pin!(session.news.notified());
            news.as_mut().enable();
            {
                let mut inner = session.inner();
                if inner.is_abandoned() {
                    return Said::Unheard;
                }
                if inner.ends != life.ends {
                    return match inner.ends_by {
                        Some(End::Hung { handler: HandlerName::TaskEvents }) => Said::Heard,
                        Some(End::Crashed) => Said::Trapped,
                        _ => Said::Unheard,
                    };
                }
                if inner.telling(event).is_none() {
                    return Said::Heard;
                }
            }
            news.await;
        }
    }
}

/// What became of a call of one of the two handlers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Said {
    /// It returned, or had all the time that it may have.
    Heard,
    /// The app trapped, there or elsewhere.
    Trapped,
    /// The app ended otherwise.
    Unheard,
}

/// A call of one of the two handlers.
#[derive(Clone, Copy)]
pub(super) struct Telling {
    at: Instant,
    /// When it must have returned.
    pub(super) deadline: Instant,
}

impl Inner {
    /// The call of a handler that is under way.
    fn telling(&mut self, event: TaskEvent) -> &mut Option<Telling> {
        let [completed, progressed] = &mut self.telling;
        match event {
            TaskEvent::Completed => completed,
            TaskEvent::Progressed => progressed,
        }
    }
}

impl Life {
    /// A handler returned.
    pub(super) fn task_event_over(&self, event: TaskEvent) {
        let took = self.feed(|inner, now| {
            let telling = inner.telling(event).take()?;
            Some(now.at.since(telling.at))
        });
        let Some(took) = took.flatten() else { return };
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        self.emit(|| AppEventKind::Returned { handler: HandlerName::TaskEvents, call: 0, took_ms });
        self.session.news.notify_waiters();
    }
}
