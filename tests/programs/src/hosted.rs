//! A background task that does what the words of its arguments say, one after the other. It is the same function in a
//! component of its own (`task_hosted`) and in the instance of its app (all `app_*`): that is what makes a task an
//! in-process one, and nothing else (UWP-120).

use std::cell::Cell;
use std::time::Duration;

use dormouse_guest::{
    BackgroundTaskInstance, Cancellation, DeferralError, TaskError, ThrottleCounter, registration, settings,
};

use crate::{compute, grow, say};

thread_local! {
    static UNDER_WAY: Cell<u32> = const { Cell::new(0) };
}

/// Does what the arguments of the application trigger say:
///
/// | word | does |
/// | --- | --- |
/// | `sleep:MS` | sleeps; cancelled meanwhile it says `task cancelled reason=R policy=P` and succeeds |
/// | `waits` | waits for the cancellation and says it as `sleep` does |
/// | `ignores` | waits for nothing, for ever, whatever is said to it |
/// | `spins` | computes for ever |
/// | `burns:N` | computes N times some ten thousand operations |
/// | `grow:N` | takes N MiB for good, as [`grow`] |
/// | `progress:N` | sets its progress |
/// | `interface` | asks the instance all that can be asked and says `task interface is whole` |
/// | `defers:MS` | takes a deferral that a spawned future completes after MS, which says `task deferral completed` |
/// | `forgets` | takes a deferral and loses it |
/// | `keeps` | never lets go of its instance |
/// | `sets:N` | gives a setting its value N times, and says `refused M settings` of those that were not to be had |
/// | `traps` | panics |
/// | `fails` | fails with `as asked` |
/// | `retries:MS` | fails, to be run again after MS |
///
/// Other words are nothing to it. It begins with `task begins beside=N`, N others in this instance being under way, and
/// ends with `task over` unless it says something else above.
///
/// # Errors
///
/// As asked; or a value is no number.
///
/// # Panics
///
/// As asked, or if the instance is not as it should be.
pub async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let _under_way = UnderWay::begin();
    let details = instance.trigger_details();
    let arguments = details.arguments_str()?;
    for word in arguments.split_whitespace() {
        let (name, value) = word.split_once(':').unwrap_or((word, ""));
        match name {
            "sleep" => {
                if let Some(told) = instance.sleep(Duration::from_millis(value.parse()?)).await {
                    cancelled(&told);
                    return Ok(());
                }
            }
            "waits" => {
                let told = instance.canceled().await.expect("no deferral was taken");
                cancelled(&told);
                return Ok(());
            }
            "ignores" => std::future::pending().await,
            "spins" => loop {
                compute();
            },
            "burns" => (0..value.parse()?).for_each(|_: u32| compute()),
            "grow" => grow(value.parse()?),
            "progress" => instance.set_progress(value.parse()?),
            "interface" => interface(&instance)?,
            "defers" => defers(&instance, Duration::from_millis(value.parse()?))?,
            "forgets" => std::mem::forget(instance.get_deferral()?),
            "keeps" => std::mem::forget(instance.clone()),
            "sets" => sets(value.parse()?),
            "traps" => panic!("as asked"),
            "fails" => return Err(TaskError::failed("as asked")),
            "retries" => return Err(TaskError::RetryAfter(Duration::from_millis(value.parse()?))),
            _ => {}
        }
    }
    say("task over");
    Ok(())
}

fn cancelled(told: &Cancellation) {
    say(format_args!("task cancelled reason={} policy={}", told.reason, told.policy));
}

fn defers(instance: &BackgroundTaskInstance, wait: Duration) -> Result<(), DeferralError> {
    let deferral = instance.get_deferral()?;
    let instance = instance.clone();
    dormouse_guest::spawn(async move {
        if let Some(told) = instance.sleep(wait).await {
            cancelled(&told);
        }
        say("task deferral completed");
        deferral.complete();
    });
    Ok(())
}

fn sets(times: u32) {
    let refused = (0..times).filter(|_| settings::set("hosted", "too much").is_err()).count();
    say(format_args!("refused {refused} settings"));
}

fn interface(instance: &BackgroundTaskInstance) -> Result<(), TaskError> {
    let activation = instance.activation();
    assert!(!activation.instance_id.is_empty() && !activation.app.is_empty());
    assert!(activation.attempt >= 1 && activation.coalesced >= 1);
    instance.set_progress(1);
    assert_eq!(instance.progress(), 1);
    assert_eq!(instance.suspended_count(), 0);
    assert_eq!(instance.throttle_count(ThrottleCounter::All), 0);
    assert_eq!(instance.cancellation_requested(), None);
    let left = instance.remaining();
    assert!(!left.wall.is_zero() && !left.cpu.is_zero() && left.memory_bytes > 0, "{left:?}");
    let _ = instance.work_cost();
    instance.accept_changes();
    instance.get_deferral()?.complete();
    let groups = registration::groups();
    let grouped = groups.iter().flat_map(|group| registration::group_tasks(group));
    let me =
        registration::tasks().into_iter().chain(grouped).find(|task| task.id == activation.registration_id);
    assert_eq!(me.map(|task| task.name), Some(activation.name));
    settings::set(&activation.registration_id, "seen")?;
    assert_eq!(settings::get_str(&activation.registration_id)?.as_deref(), Some("seen"));
    std::fs::write("/local/hosted.txt", "seen")?;
    say("task interface is whole");
    Ok(())
}

/// Counts the runs that are under way in this instance.
struct UnderWay;

impl UnderWay {
    fn begin() -> Self {
        let beside = UNDER_WAY.get();
        UNDER_WAY.set(beside + 1);
        say(format_args!("task begins beside={beside}"));
        Self
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        UNDER_WAY.set(UNDER_WAY.get() - 1);
    }
}
