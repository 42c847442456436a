//! Asks for extended executions (UWP-140 to UWP-142). Orders name the handler and what is asked for there, one after the
//! other: `entered-background:unspecified,saving-data`. For each it says `extension REASON granted`, or
//! `extension REASON denied error=E` with `exists`, `suspending` or `denied-by-policy`.
//!
//! A spawned future waits for the end of one that was granted, and says `revoked reason=R` with `resumed`,
//! `system-policy`, or `none` if it was closed. Whoever closes it says `closes`: with `close-on-revoked` that future, with
//! `close-after:MS` another one, with `close` the next handler that brings orders. `work:MS` works on in the handler that
//! asked, says `worked MS` and closes. `poll` says `polled reason=R` where orders come; `drop` drops it there, having said
//! `drops`, if `unwatched` kept the first future away. `describe:N` describes what it asks for with N characters of three
//! bytes each.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use dormouse_guest::app::control::{
    ExtendedExecution, ExtensionError, ExtensionReason, RevokedReason, extend,
};
use dormouse_guest::app::sleep;
use test_programs::app::{Orders, Program};
use test_programs::heard::Heard;
use test_programs::{app_program, say};

#[derive(Default)]
struct Extends {
    orders: Orders,
    extension: RefCell<Option<ExtendedExecution>>,
}

impl Extends {
    async fn asks(&self, name: &str) {
        let reason = match name {
            "unspecified" => ExtensionReason::Unspecified,
            "saving-data" => ExtensionReason::SavingData,
            other => panic!("no such reason: {other}"),
        };
        let description = match self.orders.number("describe") {
            Some(characters) => "\u{20ac}".repeat(characters),
            None => "a test of extended executions".to_owned(),
        };
        let extension = match extend(reason, &description) {
            Ok(extension) => extension,
            Err(e) => {
                let error = match e {
                    ExtensionError::Exists => "exists",
                    ExtensionError::Suspending => "suspending",
                    ExtensionError::DeniedByPolicy => "denied-by-policy",
                    _ => "unknown",
                };
                return say(format_args!("extension {name} denied error={error}"));
            }
        };
        say(format_args!("extension {name} granted"));
        if !self.orders.has("unwatched") {
            dormouse_guest::spawn(watch(extension.clone(), self.orders.has("close-on-revoked")));
        }
        if let Some(ms) = self.orders.number("close-after") {
            let extension = extension.clone();
            dormouse_guest::spawn(async move {
                sleep(Duration::from_millis(ms)).await;
                close(&extension);
            });
        }
        self.extension.replace(Some(extension.clone()));
        if let Some(ms) = self.orders.number("work") {
            sleep(Duration::from_millis(ms)).await;
            say(format_args!("worked {ms}"));
            close(&extension);
        }
    }

    fn obeys(&self) {
        let Some(extension) = self.extension.borrow().clone() else { return };
        if self.orders.has("poll") {
            say(format_args!("polled reason={}", reason(extension.revoked_reason())));
        }
        if self.orders.has("close") {
            close(&extension);
        }
        if self.orders.has("drop") {
            say("drops");
            drop((self.extension.take(), extension));
        }
    }
}

async fn watch(extension: ExtendedExecution, closes: bool) {
    let revoked = extension.revoked().await;
    assert_eq!(extension.revoked_reason(), revoked);
    say(format_args!("revoked reason={}", reason(revoked)));
    if closes && revoked.is_some() {
        close(&extension);
    }
}

fn close(extension: &ExtendedExecution) {
    say("closes");
    extension.close();
}

fn reason(revoked: Option<RevokedReason>) -> &'static str {
    revoked.map_or("none", RevokedReason::as_str)
}

impl Program for Extends {
    async fn hears(self: Rc<Self>, heard: Rc<Heard>) {
        if self.orders.hear(&heard) {
            self.obeys();
        }
        if let Some(reasons) = self.orders.value(heard.handler()) {
            for reason in reasons.split(',') {
                self.asks(reason).await;
            }
        }
    }
}

app_program!(Extends);

fn main() {}
