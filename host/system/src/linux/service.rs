//! A service on the bus: its facts are read whole after each of its signals, and unknown while it is away.
//!
//! Signals are hints. What is read is the truth, so that none that was lost, doubled or late can make a difference.

use std::collections::HashMap;
use std::convert::Infallible;

use futures::StreamExt;
use tokio::sync::Notify;
use zbus::{Connection, MessageStream, OwnedVariant, Variant};

use super::Follower;
use super::backoff::Backoff;
use crate::answers::Facts;
use crate::report::{Found, Source};

/// Somebody on the bus who knows facts.
pub(crate) trait Service {
    /// What it knows.
    type Reading: Send;

    /// Its well-known name.
    const NAME: &'static str;
    /// What it is called in reports.
    const SOURCE: Source;
    /// Match rules, without type and sender, of the signals after which its facts may have changed.
    const SIGNALS: &'static [&'static str];

    /// Asks it for all it knows.
    fn read(bus: &Connection) -> impl Future<Output = Result<Self::Reading, Unreadable>> + Send;

    /// Writes down what it knows.
    fn put(facts: &mut Facts, heard: Heard<Self::Reading>);
}

/// What became of asking a service.
pub(crate) enum Heard<T> {
    /// It knows this.
    Said(T),
    /// It is there, and what it knows cannot be had.
    Nothing,
    /// It is not there.
    Nobody,
}

impl<T> Heard<T> {
    /// What is known by that.
    pub(crate) fn said(self) -> Option<T> {
        match self {
            Self::Said(reading) => Some(reading),
            Self::Nothing | Self::Nobody => None,
        }
    }
}

/// Why a service's facts are not known although it is there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("it does not answer as it should: {0}")]
    Bus(#[from] zbus::Error),
    #[error("its property {interface}.{property} is missing or of another type")]
    Property { interface: &'static str, property: &'static str },
    #[error("it has {found} {what}, and no more than {most} are read")]
    TooMany { what: &'static str, found: usize, most: usize },
}

/// Follows `S` until the connection is lost; says why it was.
pub(crate) async fn follow<S: Service>(follower: &Follower, bus: &Connection) -> String {
    let hint = Notify::new();
    // Listening goes on while an answer is waited for: signals that nobody takes hold up the connection.
    tokio::select! {
        why = listen::<S>(bus, &hint) => why,
        never = keep::<S>(follower, bus, &hint) => match never {},
    }
}

/// Makes a hint of each signal of `S`, and of its coming and going.
async fn listen<S: Service>(bus: &Connection, hint: &Notify) -> String {
    let coming_and_going = format!(
        "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',\
         member='NameOwnerChanged',arg0='{}'",
        S::NAME
    );
    let changes = S::SIGNALS.iter().map(|rule| format!("type='signal',sender='{}',{rule}", S::NAME));
    let mut signals = futures::stream::SelectAll::new();
    for rule in std::iter::once(coming_and_going).chain(changes) {
        match MessageStream::for_match_rule(rule.as_str(), bus, None).await {
            Ok(stream) => signals.push(stream),
            Err(error) => return error.to_string(),
        }
    }
    // Whatever was before there were ears for it.
    hint.notify_one();
    loop {
        match signals.next().await {
            Some(Ok(_)) => hint.notify_one(),
            Some(Err(error)) => return error.to_string(),
            None => return "it was closed".to_owned(),
        }
    }
}

/// Reads `S` after each hint, and again after a while when that failed.
async fn keep<S: Service>(follower: &Follower, bus: &Connection, hint: &Notify) -> Infallible {
    let mut backoff = Backoff::new();
    hint.notified().await;
    loop {
        match look::<S>(bus).await {
            Ok(reading) => {
                let (heard, found) = match reading {
                    Some(reading) => (Heard::Said(reading), Found::present(S::NAME)),
                    None => {
                        let why = format!("nobody has the name {} on the bus", S::NAME);
                        (Heard::Nobody, Found::absent(why))
                    }
                };
                follower.board.update(|facts| S::put(facts, heard));
                follower.board.found(S::SOURCE, found);
                backoff = Backoff::new();
                hint.notified().await;
            }
            Err(error) => {
                follower.board.update(|facts| S::put(facts, Heard::Nothing));
                follower.board.found(S::SOURCE, Found::absent(error));
                tokio::select! {
                    () = hint.notified() => {}
                    () = follower.sleep(backoff.next()) => {}
                }
            }
        }
    }
}

/// What `S` knows, if it is there. It is not started for this.
async fn look<S: Service>(bus: &Connection) -> Result<Option<S::Reading>, Unreadable> {
    let name = "org.freedesktop.DBus";
    let reply =
        bus.call_method(Some(name), "/org/freedesktop/DBus", Some(name), "NameHasOwner", &S::NAME).await?;
    let there: bool = reply.body().deserialize()?;
    if there { S::read(bus).await.map(Some) } else { Ok(None) }
}

/// The properties of one interface of one object.
pub(crate) struct Properties {
    interface: &'static str,
    values: HashMap<String, OwnedVariant>,
}

impl Properties {
    /// Asks the service `name` for those of the object at `path`.
    pub(crate) async fn read(
        bus: &Connection,
        name: &'static str,
        path: &str,
        interface: &'static str,
    ) -> Result<Self, Unreadable> {
        let properties = Some("org.freedesktop.DBus.Properties");
        let reply = bus.call_method(Some(name), path, properties, "GetAll", &interface).await?;
        Ok(Self { interface, values: reply.body().deserialize()? })
    }

    /// The value of `property`.
    pub(crate) fn get<T>(&self, property: &'static str) -> Result<T, Unreadable>
    where
        T: for<'v> TryFrom<&'v Variant<'static>>,
    {
        let value = self.values.get(property).and_then(|value| T::try_from(value).ok());
        value.ok_or(Unreadable::Property { interface: self.interface, property })
    }
}
