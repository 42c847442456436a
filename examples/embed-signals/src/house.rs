//! The house: what happens there comes in as lines of standard input.

use std::io::BufRead;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dormouse::core::condition::ConditionName;
use dormouse::core::provider::{ChangeNotice, SignalSink};
use dormouse::{Condition, ConditionProvider, Holds, Message, SignalSource};
use tokio::sync::Notify;

/// What the bell's signals are called.
pub(crate) const TOPIC: &str = "doorbell";

/// The longest line that is listened to, in bytes.
const LINE_LEN_MAX: usize = 1024;

/// The condition that this house knows of.
pub(crate) fn somebody_home() -> Condition {
    let name: ConditionName = "somebody-home".parse().expect("a valid name");
    Condition::Custom(name)
}

/// Rings, and knows whether somebody is at home.
pub(crate) struct House(Arc<Inside>);

struct Inside {
    condition: Condition,
    somebody_home: AtomicBool,
    notices: Mutex<Vec<ChangeNotice>>,
    bell: Mutex<Option<SignalSink>>,
    left: Notify,
}

impl House {
    /// Nobody is at home.
    pub(crate) fn new() -> Self {
        Self(Arc::new(Inside {
            condition: somebody_home(),
            somebody_home: AtomicBool::new(false),
            notices: Mutex::default(),
            bell: Mutex::default(),
            left: Notify::new(),
        }))
    }

    /// Begins to listen. A thread of its own: reading from a terminal cannot be interrupted.
    pub(crate) fn open(&self) {
        let inside = self.0.clone();
        std::thread::spawn(move || {
            for line in std::io::stdin().lock().lines() {
                match line {
                    Ok(line) => inside.hear(&line),
                    Err(_) => break,
                }
            }
            inside.left.notify_one();
        });
    }

    /// Waits for the end of the input.
    pub(crate) async fn left(&self) {
        self.0.left.notified().await;
    }
}

impl Inside {
    fn hear(&self, line: &str) {
        match line.trim().split_once(' ').unwrap_or((line.trim(), "")) {
            ("home", _) => self.somebody_is_home(true),
            ("away", _) => self.somebody_is_home(false),
            ("ring", who) if who.len() <= LINE_LEN_MAX => self.ring(who),
            ("ring", _) => println!("that is too long for a doorbell"),
            _ => println!("ring WHO, home, or away?"),
        }
    }

    fn ring(&self, who: &str) {
        let message = Message {
            topic: TOPIC.to_owned(),
            content_type: "text/plain".to_owned(),
            body: who.as_bytes().to_vec(),
        };
        if let Some(bell) = lock(&self.bell).as_ref() {
            bell(message.into());
        }
    }

    fn somebody_is_home(&self, yes: bool) {
        self.somebody_home.store(yes, Ordering::Release);
        // The host looks again, and finds what waits for it.
        for notice in lock(&self.notices).iter() {
            notice();
        }
    }
}

impl SignalSource for House {
    fn start(&self, sink: SignalSink) -> Result<(), String> {
        *lock(&self.0.bell) = Some(sink);
        Ok(())
    }
}

impl ConditionProvider for House {
    fn holds(&self, condition: &Condition) -> Holds {
        if *condition != self.0.condition {
            return Holds::Unknown;
        }
        if self.0.somebody_home.load(Ordering::Acquire) { Holds::Met } else { Holds::Unmet }
    }

    fn subscribe(&self, notice: ChangeNotice) {
        lock(&self.0.notices).push(notice);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
