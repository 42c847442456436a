//! Which of the activations that wait is tried next.

use crate::activation::Activation;
use crate::ids::AppId;

/// Sorts one bounded page of pending activations into the order in which they are tried: apps that run
/// least come first, and within an app the oldest firing. One app's flood cannot starve the others.
pub fn order(page: &mut [Activation], running_of: impl Fn(&AppId) -> u32) {
    page.sort_by_cached_key(|a| (running_of(&a.app), a.fired_at, a.id));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activation::Firing;
    use crate::ids::{ActivationId, RegistrationId};
    use crate::time::Timestamp;
    use crate::trigger::TriggerDetails;
    use uuid::Uuid;

    fn fired(n: u128, app: &str, at: i64) -> Activation {
        Firing {
            id: ActivationId::from_uuid(Uuid::from_u128(n)),
            registration: RegistrationId::from_uuid(Uuid::from_u128(0)),
            app: AppId::new(app).expect("a valid name"),
            key: n.to_string(),
            details: TriggerDetails::None,
            stands_for: 1,
            scheduled_for: None,
            fired_at: Timestamp::from_millis(at),
        }
        .into_activation()
    }

    #[test]
    fn the_app_that_runs_least_comes_first_then_the_oldest() {
        let mut page = [fired(1, "busy", 1), fired(2, "idle", 9), fired(3, "idle", 5), fired(4, "busy", 0)];
        order(&mut page, |app| u32::from(app.as_str() == "busy"));
        let ids: Vec<_> = page.iter().map(|a| a.id.as_uuid().as_u128()).collect();
        assert_eq!(ids, [3, 2, 4, 1]);
    }
}
