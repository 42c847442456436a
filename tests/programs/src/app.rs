//! What app programs have in common: they say each handler that they hear, their background tasks are [`hosted::run`],
//! and arguments tell them what else to do.

use std::cell::RefCell;
use std::rc::Rc;

use dormouse_guest::TaskError;

use crate::heard::Heard;
use crate::{grow, hosted};

/// An app program: what it does beside saying what it hears. [`app_program!`](crate::app_program) makes it an app.
pub trait Program: Default + 'static {
    /// A handler is called, and has been said. If it is that of a background task, that follows.
    fn hears(self: Rc<Self>, heard: Rc<Heard>) -> impl Future<Output = ()>;
}

/// What [`app_program!`](crate::app_program) makes of a handler.
///
/// # Errors
///
/// As the run, if it is the handler of a background task.
pub async fn told<P: Program>(program: Rc<P>, heard: Heard) -> Result<(), TaskError> {
    heard.say();
    let heard = Rc::new(heard);
    program.hears(Rc::clone(&heard)).await;
    match heard.run() {
        Some(run) => hosted::run(run.clone()).await,
        None => Ok(()),
    }
}

/// Makes a [`Program`](crate::app::Program) an app, with every handler.
#[macro_export]
macro_rules! app_program {
    ($program:ty) => {
        #[::dormouse_guest::app]
        impl ::dormouse_guest::app::App for $program {
            async fn launched(self: ::std::rc::Rc<Self>, args: ::dormouse_guest::app::LaunchArgs) {
                let _ = $crate::app::told(self, $crate::heard::Heard::Launched(args)).await;
            }

            async fn activated(self: ::std::rc::Rc<Self>, args: ::dormouse_guest::app::ActivatedArgs) {
                let _ = $crate::app::told(self, $crate::heard::Heard::Activated(args)).await;
            }

            async fn background_activated(
                self: ::std::rc::Rc<Self>,
                instance: ::dormouse_guest::BackgroundTaskInstance,
            ) -> ::std::result::Result<(), ::dormouse_guest::TaskError> {
                $crate::app::told(self, $crate::heard::Heard::BackgroundActivated(instance)).await
            }

            async fn group_activated(
                self: ::std::rc::Rc<Self>,
                group: ::std::string::String,
                instance: ::dormouse_guest::BackgroundTaskInstance,
            ) -> ::std::result::Result<(), ::dormouse_guest::TaskError> {
                $crate::app::told(self, $crate::heard::Heard::GroupActivated(group, instance)).await
            }

            async fn entered_background(
                self: ::std::rc::Rc<Self>,
                transition: ::dormouse_guest::app::Transition,
            ) {
                let _ = $crate::app::told(self, $crate::heard::Heard::EnteredBackground(transition)).await;
            }

            async fn leaving_background(
                self: ::std::rc::Rc<Self>,
                transition: ::dormouse_guest::app::Transition,
            ) {
                let _ = $crate::app::told(self, $crate::heard::Heard::LeavingBackground(transition)).await;
            }

            async fn suspending(self: ::std::rc::Rc<Self>, transition: ::dormouse_guest::app::Transition) {
                let _ = $crate::app::told(self, $crate::heard::Heard::Suspending(transition)).await;
            }

            async fn resuming(self: ::std::rc::Rc<Self>, args: ::dormouse_guest::app::ResumingArgs) {
                let _ = $crate::app::told(self, $crate::heard::Heard::Resuming(args)).await;
            }

            async fn memory_usage_changed(
                self: ::std::rc::Rc<Self>,
                usage: ::dormouse_guest::app::MemoryUsage,
            ) {
                let _ = $crate::app::told(self, $crate::heard::Heard::MemoryUsageChanged(usage)).await;
            }

            async fn memory_limit_changing(
                self: ::std::rc::Rc<Self>,
                limit: ::dormouse_guest::app::MemoryLimit,
            ) {
                let _ = $crate::app::told(self, $crate::heard::Heard::MemoryLimitChanging(limit)).await;
            }

            async fn completed(
                self: ::std::rc::Rc<Self>,
                completions: ::std::vec::Vec<::dormouse_guest::app::TaskCompletion>,
            ) {
                let _ = $crate::app::told(self, $crate::heard::Heard::Completed(completions)).await;
            }

            async fn progressed(self: ::std::rc::Rc<Self>, progress: ::dormouse_guest::app::TaskProgress) {
                let _ = $crate::app::told(self, $crate::heard::Heard::Progressed(progress)).await;
            }
        }
    };
}

/// What a program was last told to do: words with spaces between them, some with a value after a colon. See
/// [`Heard::orders`].
#[derive(Default)]
pub struct Orders(RefCell<String>);

impl Orders {
    /// Takes in the orders that come with `heard`, if any; whether there are. `grow:N` is obeyed at once, by [`grow`].
    pub fn hear(&self, heard: &Heard) -> bool {
        let Some(orders) = heard.orders() else { return false };
        self.0.replace(orders);
        if let Some(mib) = self.number("grow") {
            grow(mib);
        }
        true
    }

    /// Whether they name the handler of `heard`, which may have brought them. Or, of a background task, its own arguments
    /// do.
    #[must_use]
    pub fn name(&self, heard: &Heard) -> bool {
        self.hear(heard);
        let handler = heard.handler();
        self.has(handler) || heard.run_orders().split_whitespace().any(|word| word == handler)
    }

    /// Whether `word` is among them.
    #[must_use]
    pub fn has(&self, word: &str) -> bool {
        self.0.borrow().split_whitespace().any(|w| w == word)
    }

    /// What follows `name` and a colon.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<String> {
        let orders = self.0.borrow();
        let mut values = orders.split_whitespace().filter_map(|w| w.strip_prefix(name)?.strip_prefix(':'));
        values.next().map(str::to_owned)
    }

    /// As [`value`](Self::value), of a number.
    ///
    /// # Panics
    ///
    /// It is none.
    #[must_use]
    pub fn number<N: std::str::FromStr>(&self, name: &str) -> Option<N> {
        let value = self.value(name)?;
        Some(value.parse().unwrap_or_else(|_| panic!("{name}:{value} is no number")))
    }
}
