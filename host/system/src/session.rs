//! Who is at the machine.

use std::collections::{BTreeMap, BTreeSet};

/// The sessions of people, by what names them: not greeters, not services.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Sessions(pub(crate) BTreeMap<String, Session>);

/// One of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Session {
    /// It has its seat, or needs none (a login over the network). One that was switched away from has not.
    pub(crate) connected: bool,
    /// Nobody has touched it for a while.
    pub(crate) idle: bool,
    /// It is behind a lock screen.
    pub(crate) locked: bool,
}

impl Sessions {
    /// Whether somebody is there.
    pub(crate) fn present(&self) -> bool {
        self.0.values().any(|session| session.connected && !session.idle && !session.locked)
    }

    /// Those that are connected.
    pub(crate) fn connected(&self) -> BTreeSet<String> {
        self.0.iter().filter(|(_, session)| session.connected).map(|(name, _)| name.clone()).collect()
    }
}

/// Whether sessions of this class of logind's are people's. Greeters, lock screens, `background` and `manager`
/// are not; `user-incomplete` has not logged in yet.
pub(crate) fn is_of_a_person(class: &str) -> bool {
    class == "user" || (class.starts_with("user-") && class != "user-incomplete")
}

#[cfg(test)]
mod tests {
    use super::*;

    const THERE: Session = Session { connected: true, idle: false, locked: false };

    fn of(sessions: &[Session]) -> Sessions {
        Sessions(sessions.iter().enumerate().map(|(id, session)| (id.to_string(), *session)).collect())
    }

    #[test]
    fn somebody_is_present_in_a_session_that_is_connected_unlocked_and_in_use() {
        assert!(!of(&[]).present());
        assert!(of(&[THERE]).present());
        let away = [
            Session { connected: false, ..THERE },
            Session { idle: true, ..THERE },
            Session { locked: true, ..THERE },
        ];
        assert!(!of(&away).present());
        assert!(of(&[away[0], away[1], away[2], THERE]).present(), "one is enough");
    }

    #[test]
    fn a_session_that_was_switched_away_from_is_not_connected() {
        let sessions = of(&[THERE, Session { connected: false, ..THERE }, Session { locked: true, ..THERE }]);
        assert_eq!(sessions.connected(), BTreeSet::from(["0".to_owned(), "2".to_owned()]));
    }

    #[test]
    fn greeters_and_services_are_nobody() {
        for class in ["user", "user-early", "user-light"] {
            assert!(is_of_a_person(class), "{class}");
        }
        for class in ["greeter", "lock-screen", "background", "manager", "user-incomplete", "username", ""] {
            assert!(!is_of_a_person(class), "{class}");
        }
    }
}
