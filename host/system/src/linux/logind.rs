//! systemd-logind: sessions, and who is there.

use zbus::{Connection, OwnedObjectPath};

use super::service::{Heard, Properties, Service, Unreadable};
use crate::answers::Facts;
use crate::report::Source;
use crate::session::{Session, Sessions, is_of_a_person};

/// How many sessions are looked at. Each costs a call after every change of any.
const SESSIONS_MAX: usize = 256;

const SESSION: &str = "org.freedesktop.login1.Session";

pub(crate) struct Logind;

/// Id, user, name, seat, path.
type Listed = (String, u32, String, String, OwnedObjectPath);

impl Service for Logind {
    type Reading = Sessions;

    const NAME: &'static str = "org.freedesktop.login1";
    const SOURCE: Source = Source::Logind;
    const SIGNALS: &'static [&'static str] = &[
        "interface='org.freedesktop.login1.Manager',path='/org/freedesktop/login1'",
        "member='PropertiesChanged',path_namespace='/org/freedesktop/login1/session'",
    ];

    async fn read(bus: &Connection) -> Result<Sessions, Unreadable> {
        let manager = Some("org.freedesktop.login1.Manager");
        let reply = bus
            .call_method(Some(Self::NAME), "/org/freedesktop/login1", manager, "ListSessions", &())
            .await?;
        let listed: Vec<Listed> = reply.body().deserialize()?;
        if listed.len() > SESSIONS_MAX {
            return Err(Unreadable::TooMany { what: "sessions", found: listed.len(), most: SESSIONS_MAX });
        }
        let mut sessions = Sessions::default();
        for (_, _, _, _, path) in listed {
            let properties = match Properties::read(bus, Self::NAME, path.as_str(), SESSION).await {
                Ok(properties) => properties,
                // It ended since it was listed.
                Err(Unreadable::Bus(zbus::Error::FDO(_) | zbus::Error::MethodError(..))) => continue,
                Err(error) => return Err(error),
            };
            if is_of_a_person(&properties.get::<String>("Class")?) {
                sessions.0.insert(path.to_string(), session(&properties)?);
            }
        }
        Ok(sessions)
    }

    fn put(facts: &mut Facts, heard: Heard<Sessions>) {
        facts.sessions = heard.said();
    }
}

fn session(properties: &Properties) -> Result<Session, Unreadable> {
    let closing = properties.get::<String>("State")? == "closing";
    Ok(Session {
        connected: properties.get::<bool>("Active")? && !closing,
        idle: properties.get("IdleHint")?,
        locked: properties.get("LockedHint")?,
    })
}
