//! What the program does that is the app: it says what it hears, asks for extended executions as its orders say, and its
//! tasks do as their arguments say.

use std::time::Duration;

use dormouse_core::app::activation::AppActivation;
use dormouse_core::app::lifecycle::{ExtensionReason, Handler};

use super::{Oracle, Told};

impl Oracle {
    pub(super) fn hear(&mut self, told: Told) {
        let outputs = match told {
            Told::Call(call) => {
                self.hear_call(&call.handler);
                self.machine.returned(call.id, self.now)
            }
            Told::Activate(task) => {
                let Some(known) = self.tasks.get_mut(task).filter(|_| self.entered.contains(&task)) else {
                    return;
                };
                let arguments = known.arguments;
                self.heard.push(format!("background-activated name=\"tick\" arguments={arguments:?}"));
                match arguments.split_once(':') {
                    Some((_, millis)) => {
                        known.until = Some(self.now + Duration::from_millis(millis.parse().unwrap()));
                        Vec::new()
                    }
                    None if arguments == "traps" => self.machine.crashed(self.now),
                    None => {
                        self.over.push_back(task);
                        Vec::new()
                    }
                }
            }
        };
        self.decide(outputs);
    }

    fn hear_call(&mut self, handler: &Handler) {
        let came = match handler {
            Handler::Launched { ticket, previous, prelaunch } => {
                let AppActivation::Launch { arguments } = self.asking[ticket].activation.clone() else {
                    panic!("{handler:?} is for a launch")
                };
                let came = format!(" previous={previous} prelaunch={prelaunch} arguments={arguments:?}");
                self.obey(arguments);
                came
            }
            Handler::Activated { ticket, previous } => {
                let came = match self.asking[ticket].activation.clone() {
                    AppActivation::Timer { name } => format!("kind=timer name={name:?}"),
                    AppActivation::Custom { name, body } => {
                        let body = String::from_utf8(body).unwrap();
                        let came = format!("kind=custom name={name:?} body={body:?}");
                        self.obey(body);
                        came
                    }
                    other => panic!("{other:?} was never asked for"),
                };
                format!(" previous={previous} {came}")
            }
            Handler::Resuming { away } => format!(" away-ms={}", away.as_millis()),
            Handler::MemoryLimitChanging { old, new } => format!(" old={old} new={new}"),
            _ => String::new(),
        };
        self.heard.push(format!("{}{came}", handler.name()));
        self.extend(handler.name());
    }

    /// Orders came.
    fn obey(&mut self, orders: String) {
        if orders.is_empty() {
            return;
        }
        if orders == "close" && std::mem::take(&mut self.extended) {
            self.became.push("extension over".to_owned());
            let outputs = self.machine.close_extension(self.now);
            self.decide(outputs);
        }
        self.orders = orders;
    }

    /// Asks for an extended execution, if the orders say so of this handler.
    fn extend(&mut self, handler: &str) {
        let reason = |word: &str| {
            let reason = word.strip_prefix(handler)?.strip_prefix(':')?;
            let saves = reason == "saving-data";
            Some(if saves { ExtensionReason::SavingData } else { ExtensionReason::Unspecified })
        };
        let Some(reason) = self.orders.split_whitespace().find_map(reason) else { return };
        match self.machine.request_extension(reason, self.now) {
            Ok(()) => {
                self.extended = true;
                self.became.push(format!("granted {reason:?}"));
            }
            Err(error) => self.became.push(format!("denied {reason:?}: {error}")),
        }
    }
}
