//! Apps that take memory where they should not: what they may hold at that moment decides, and nothing else is taken from
//! anybody (UWP-107 to UWP-109).

use std::time::Duration;

use dormouse_core::app::lifecycle::{AppState, End};
use dormouse_core::app::memory::MemoryLevel;
use test_artifacts as programs;

use super::bad::{HANDLERS, Neighbours, call};
use super::{MIB, live};
use crate::SECOND;

/// What becomes of 200 MiB more, in the handler that takes them: 256 MiB are allowed to an app that is seen, 128 to one
/// that is not.
fn are_had_in(handler: &str) -> bool {
    match handler {
        // It is told of the smaller limit before that is one.
        "launched" | "leaving-background" | "entered-background" | "memory-limit-changing" => true,
        "completed" | "progressed" => true,
        "activated" | "suspending" | "resuming" => false,
        // It is large already.
        "memory-usage-changed" => false,
        other => panic!("{other} is none of them"),
    }
}

#[test]
fn row_16_whatever_handler_takes_too_much_is_refused_it_or_ends_the_app_in_the_background() {
    for handler in HANDLERS {
        live(programs::APP_BAD_ALLOCATES, async |life| {
            let neighbours = Neighbours::of(&life).await;
            call(&life, handler, &format!("{handler} by:200")).await.unwrap();
            let answer = if are_had_in(handler) { "grew" } else { "refused" };
            assert!(life.lines().contains(&format!("{answer} 200 MiB")), "{handler}: {:?}", life.lines());
            // Nobody sees it by now, for longer than it may hold too much.
            life.rig.advance(SECOND * 20).await;
            let is_large = are_had_in(handler) || handler == "memory-usage-changed";
            let (ends, state) = if is_large {
                (vec!["over-limit"], AppState::NotRunning)
            } else {
                (vec![], AppState::Suspended)
            };
            assert_eq!((life.ends(), life.state()), (ends.into_iter().map(str::to_owned).collect(), state));
            if let Some((end, said)) = life.handle.view().last_end {
                assert_eq!(end, End::OverLimit, "{handler}");
                assert!(said.contains(&(128 * MIB).to_string()), "{said}");
            }
            neighbours.go_on(handler).await;
        });
    }
}

#[test]
fn uwp_109_what_takes_all_there_is_when_it_is_told_that_there_will_be_less_has_5_seconds() {
    live(programs::APP_BAD_ALLOCATES, async |life| {
        let neighbours = Neighbours::of(&life).await;
        drop(life.launch("memory-limit-changing").await);
        life.rig.settle().await;
        let took = |line: &String| line.strip_prefix("took ")?.strip_suffix(" MiB")?.parse::<u64>().ok();
        let took = life.lines().iter().find_map(took).unwrap();
        assert!((200..256).contains(&took), "{took} MiB: what it could hold until then");
        assert_eq!(life.handle.view().memory_level, MemoryLevel::OverLimit);
        life.rig.advance(Duration::from_millis(4_900)).await;
        assert_eq!(life.state(), AppState::Background);
        life.rig.advance(Duration::from_millis(200)).await;
        assert_eq!(life.ends(), ["over-limit"]);
        neighbours.go_on("memory-limit-changing").await;
    });
}

#[test]
fn uwp_108_whoever_is_back_in_time_finds_an_app_that_is_told_it_holds_less_of_what_it_may() {
    live(programs::APP_HEARS_EVERYTHING, async |life| {
        life.hidden("grow:140").await;
        life.rig.advance(SECOND * 4).await;
        let mark = life.mark();
        let _lease = life.handle.show().await.unwrap();
        life.rig.settle().await;
        let told = format!("memory-usage-changed change=decreased level=medium limit={}", 256 * MIB);
        assert!(life.heard(mark).contains(&told), "{:?}", life.heard(mark));
        life.rig.advance(SECOND * 60).await;
        assert!(life.ends().is_empty());
    });
}

#[test]
pub(crate) fn app_bad_allocates() {
    live(programs::APP_BAD_ALLOCATES, async |life| {
        life.hidden("suspending by:200").await;
        life.rig.advance(SECOND * 10).await;
        assert!(life.lines().contains(&"refused 200 MiB".to_owned()), "UWP-107: {:?}", life.lines());
        assert_eq!(life.state(), AppState::Suspended, "it is refused, and goes on");
    });
    live(programs::APP_BAD_ALLOCATES, async |life| {
        let lease = life.launch("launched by:200").await;
        assert!(life.lines().contains(&"grew 200 MiB".to_owned()));
        drop(lease);
        life.rig.settle().await;
        assert_eq!(life.state(), AppState::Background);
        life.rig.advance(Duration::from_millis(4_900)).await;
        assert!(life.ends().is_empty());
        life.rig.advance(Duration::from_millis(200)).await;
        assert_eq!(life.ends(), ["over-limit"], "row 16, 5 s above its limit in the background");
    });
}
