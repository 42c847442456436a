//! Whatever is asked of an app in whatever order, its host does what the machine of its life says, and nothing else.
//!
//! The [`Oracle`] is that machine, fresh, with a guest that returns at once. It can be stepped along with a host because
//! time stands still on a rig while anything can run: behind each command everything that follows of it has followed.

mod oracle;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use dormouse::testing::Rig;
use dormouse::{
    ActivationId, AppError, AppPolicy, Launch, Overlap, RegistrationId, TaskBuilder, Trigger, VisibilityLease,
};
use dormouse_core::app::activation::AppActivation;
use dormouse_core::app::lifecycle::{AppState, HandlerName};
use dormouse_core::{AppEventKind, Clock};
use proptest::prelude::*;
use test_artifacts as programs;
use tokio::task::JoinHandle;

use super::{Life, Mark, word};
use crate::abort;
use oracle::{Expects, Oracle};

/// Something that somebody asks of an app.
#[derive(Clone, Copy, Debug)]
enum Command {
    /// With these arguments, which are orders to the program.
    Launch(&'static str),
    Activate {
        seen: bool,
    },
    Prelaunch,
    Show,
    /// Of all who want to see it, nobody does any more.
    Hide,
    Suspend,
    Resume,
    Terminate,
    Close,
    /// Orders for the program, without seeing it.
    Order(&'static str),
    /// A task in it, with these arguments.
    Fire(&'static str),
    /// The oldest task in it, by force.
    Kill,
    /// So many milliseconds pass.
    Pass(u64),
}

/// Runs of its task at once.
const RUNS_MAX: u32 = 8;

/// What is a launch of its own right, and keeps suspensions up.
const SAVES: &str = "suspending:saving-data unwatched";

/// Longer than anything that an app may wait for by itself.
const ALL: u64 = 700_000;

fn command() -> impl Strategy<Value = Command> {
    use Command as C;
    let launches = prop::sample::select(&["", "", "again", SAVES][..]);
    let orders = ["activated:unspecified unwatched", "activated:saving-data unwatched", "close", "close"];
    // No span is one of a policy's and a millisecond, as that of the task is: no two things are due at one moment.
    let tasks = prop::sample::select(&["", "sleep:3001", "sleep:3001", "traps"][..]);
    let spans = prop::sample::select(&[0, 500, 3_000, 9_000, 10_000, 12_000, 17_000, 601_000][..]);
    prop_oneof![
        4 => launches.prop_map(C::Launch),
        2 => any::<bool>().prop_map(|seen| C::Activate { seen }),
        1 => Just(C::Prelaunch),
        2 => Just(C::Show),
        4 => Just(C::Hide),
        2 => Just(C::Suspend),
        2 => Just(C::Resume),
        1 => Just(C::Terminate),
        1 => Just(C::Close),
        3 => prop::sample::select(orders.to_vec()).prop_map(C::Order),
        3 => tasks.prop_map(C::Fire),
        1 => Just(C::Kill),
        8 => spans.prop_map(C::Pass),
    ]
}

/// What else is looked at than what rows of the table are about; and notices of tasks are beside them.
fn said(kind: &AppEventKind) -> Option<String> {
    match kind {
        AppEventKind::Called { handler: HandlerName::TaskEvents, .. } => None,
        AppEventKind::ExtensionGranted { reason, .. } => Some(format!("granted {reason:?}")),
        AppEventKind::ExtensionDenied { reason, error } => Some(format!("denied {reason:?}: {error}")),
        kind => word(kind),
    }
}

/// Somebody who only waits for an answer.
struct Asks {
    command: Command,
    expects: Expects,
    answer: JoinHandle<Result<(), AppError>>,
}

/// A host with the app, and those who asked something of it.
struct Driven<'a> {
    life: Life<'a>,
    task: RegistrationId,
    leases: Arc<Mutex<Vec<VisibilityLease>>>,
    /// Those who will have a lease, or do not want one any more.
    seeing: Vec<JoinHandle<()>>,
    asking: Vec<Asks>,
    fired: Vec<ActivationId>,
}

impl<'a> Driven<'a> {
    async fn on(rig: &'a Rig) -> Self {
        let life = Life::installed(rig, programs::APP_EXTENDS, |app| app.prelaunch(true));
        let overlap = Overlap::Parallel { max: RUNS_MAX };
        let task = TaskBuilder::new("tick").trigger(Trigger::Application).overlap(overlap);
        Self {
            life,
            task: rig.register(task).await,
            leases: Arc::default(),
            seeing: Vec::new(),
            asking: Vec::new(),
            fired: Vec::new(),
        }
    }

    fn sees(&mut self, asked: impl Future<Output = Result<VisibilityLease, AppError>> + Send + 'static) {
        let leases = self.leases.clone();
        self.seeing.push(tokio::spawn(async move {
            match asked.await {
                Ok(lease) => leases.lock().unwrap().push(lease),
                Err(AppError::NotRunning { .. } | AppError::Ended { .. }) => {}
                Err(error) => panic!("nothing here leads to this: {error:?}"),
            }
        }));
    }

    fn asks<R>(
        &mut self,
        command: Command,
        expects: Expects,
        asked: impl Future<Output = Result<R, AppError>> + Send + 'static,
    ) {
        let answer = tokio::spawn(async move { asked.await.map(drop) });
        self.asking.push(Asks { command, expects, answer });
    }

    /// Has it done on the host and by the oracle.
    async fn take(&mut self, command: Command, oracle: &mut Oracle) {
        let (rig, handle) = (self.life.rig, self.life.handle.clone());
        match command {
            Command::Launch(arguments) => {
                let launch = Launch { arguments: arguments.to_owned() };
                self.sees(async move { handle.launch(launch).await });
                oracle.activate(AppActivation::Launch { arguments: arguments.to_owned() }, true);
            }
            Command::Activate { seen } => {
                let activation = AppActivation::Timer { name: "tea".to_owned() };
                let expects = oracle.activate(activation.clone(), seen);
                if seen {
                    self.sees(async move { handle.activate(activation).await });
                } else {
                    self.asks(command, expects, async move { handle.activate_hidden(activation).await });
                }
            }
            Command::Order(orders) => {
                let body = orders.as_bytes().to_vec();
                let activation = AppActivation::Custom { name: "orders".to_owned(), body };
                let expects = oracle.activate(activation.clone(), false);
                self.asks(command, expects, async move { handle.activate_hidden(activation).await });
            }
            Command::Prelaunch => {
                self.asks(command, oracle.prelaunch(), async move { handle.prelaunch().await })
            }
            Command::Show => {
                self.sees(async move { handle.show().await });
                oracle.show();
            }
            Command::Hide => {
                self.seeing.iter().for_each(JoinHandle::abort);
                let leases = std::mem::take(&mut *self.leases.lock().unwrap());
                drop(leases);
                oracle.hide();
            }
            Command::Suspend => self.asks(command, oracle.suspend(), async move { handle.suspend().await }),
            Command::Resume => self.asks(command, oracle.resume(), async move { handle.resume().await }),
            Command::Terminate => {
                self.asks(command, oracle.terminate(), async move { handle.terminate().await })
            }
            Command::Close => self.asks(command, oracle.close(), async move { handle.close().await }),
            Command::Fire(arguments) => {
                if oracle.tasks() < RUNS_MAX {
                    self.fired.push(rig.request(self.task, arguments).await);
                    oracle.fire(arguments);
                }
            }
            Command::Kill => {
                if let Some(task) = oracle.kill() {
                    assert!(rig.host.kill(self.life.run_of(self.fired[task]), abort()));
                }
            }
            Command::Pass(millis) => {
                let span = Duration::from_millis(millis);
                rig.advance(span).await;
                oracle.pass(span);
            }
        }
        rig.settle().await;
    }

    /// Whoever was answered by now was answered as the oracle says.
    async fn judge(&mut self, oracle: &Oracle, after: &[Command]) {
        let asking = std::mem::take(&mut self.asking);
        let (answered, waiting): (Vec<_>, Vec<_>) =
            asking.into_iter().partition(|asks| asks.answer.is_finished());
        self.asking = waiting;
        for Asks { command, expects, answer } in answered {
            let answer = answer.await.unwrap();
            let is_right = oracle.answers(expects, &answer);
            assert!(is_right, "{command:?}, {expects:?}, is answered {answer:?}, after {after:?}");
        }
    }

    fn became(&self, mark: Mark) -> Vec<String> {
        let events = self.life.rig.events.app_events().split_off(mark.events);
        events.iter().filter_map(|event| said(&event.kind)).collect()
    }

    fn heard(&self, mark: Mark) -> Vec<String> {
        let notices = ["completed", "progressed"];
        let of_task = |heard: &String| notices.iter().any(|notice| heard.starts_with(notice));
        self.life.heard(mark).into_iter().filter(|heard| !of_task(heard)).collect()
    }

    /// Both are the same, and have done the same since `mark`.
    fn compare(&self, mark: Mark, oracle: &mut Oracle, after: &[Command]) {
        let (became, heard) = oracle.said();
        assert_eq!(self.became(mark), became, "what it became, after {after:?}");
        assert_eq!(self.heard(mark), heard, "what it heard, after {after:?}");
        let (view, machine) = (self.life.handle.view(), oracle.machine());
        let is = (view.state, view.leases, view.runs, view.waiting_runs, view.extension, view.prelaunched);
        let (leases, waiting) = (oracle.leases(), machine.waiting_runs());
        let (extension, ahead) = (machine.extension(), machine.is_prelaunched());
        assert_eq!(
            is,
            (machine.state(), leases, machine.runs(), waiting, extension, ahead),
            "how it is, after {after:?}"
        );
        if view.state == AppState::NotRunning {
            assert_eq!(view.next_previous, oracle.previous(), "what is kept of it, after {after:?}");
        }
    }
}

/// Has the commands taken. False if the machine was so busy that a guest took real time, which then passed: what is to
/// follow of that is not for the oracle to know.
async fn holds(rig: &Rig, commands: &[Command]) -> bool {
    let mut driven = Driven::on(rig).await;
    let mut oracle = Oracle::new(AppPolicy::UWP, rig.clock.now(), rig.now());
    let spent = rig.clock.thread_cpu();
    let rest = [Command::Pass(ALL)];
    let all: Vec<Command> = commands.iter().chain(&rest).copied().collect();
    for (place, command) in all.iter().enumerate() {
        let mark = driven.life.mark();
        driven.take(*command, &mut oracle).await;
        if rig.clock.thread_cpu() != spent {
            return false;
        }
        let after = all.get(..=place).unwrap_or_default();
        driven.compare(mark, &mut oracle, after);
        driven.judge(&oracle, after).await;
    }
    let unseen = driven.seeing.iter().filter(|seeing| !seeing.is_finished()).count();
    assert_eq!((unseen, driven.asking.len()), (0, 0), "whoever asks is answered, after {commands:?}");
    for seeing in driven.seeing {
        // Who was hidden before he was answered was cut off.
        let panicked = seeing.await.is_err_and(|error| error.is_panic());
        assert!(!panicked, "after {commands:?}");
    }
    true
}

proptest! {
    // Of long sequences more are given up on a busy machine than of short ones: were it many, only those would be left.
    #![proptest_config(ProptestConfig {
        cases: 96,
        max_global_rejects: 96,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_is_asked_of_an_app_its_host_does_as_the_machine_says(
        commands in prop::collection::vec(command(), 1..32),
    ) {
        let host = |builder: dormouse::HostBuilder| {
            builder.app_policy(AppPolicy::UWP).slots(RUNS_MAX).slots_per_app(RUNS_MAX)
        };
        prop_assume!(Rig::run_with(host, async |rig| holds(rig, &commands).await));
    }
}
