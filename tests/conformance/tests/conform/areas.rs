//! Every case passes on the library.

use std::path::Path;
use std::time::Duration;

use dormouse_conformance::adapter::library::LibraryAdapter;
use dormouse_conformance::case::{Case, cases};
use dormouse_conformance::link::Link;
use dormouse_conformance::programs::Programs;
use dormouse_conformance::report::Format;
use dormouse_conformance::runner::{Options, run};

/// All areas: a folder that is no area of this list would be run by no test.
const AREAS: [&str; 8] = [
    "cancellation",
    "capability",
    "deferral",
    "durability",
    "isolation",
    "lifecycle",
    "limits",
    "registration",
];

fn all() -> Vec<Case> {
    cases(&Path::new(env!("CARGO_MANIFEST_DIR")).join("cases")).unwrap()
}

fn passes(area: &str) {
    let cases: Vec<Case> = all().into_iter().filter(|case| case.area() == area).collect();
    let options = Options { jobs: 2, timeout: Duration::from_secs(120), programs: Programs::default() };
    let report = run(&cases, &|| Ok(Link::thread(LibraryAdapter::default)), &options, &|_| {}).unwrap();
    let tally = report.tally(None);
    assert!(tally.passed > 0 && tally.passed == cases.len(), "{}", Format::Human.write(&report));
}

macro_rules! areas {
    ($($name:ident: $area:literal,)*) => {$(
        #[test]
        fn $name() {
            passes($area);
        }
    )*};
}

areas! {
    every_case_of_cancellation_passes: "cancellation",
    every_case_of_capability_passes: "capability",
    every_case_of_deferral_passes: "deferral",
    every_case_of_durability_passes: "durability",
    every_case_of_isolation_passes: "isolation",
    every_case_of_lifecycle_passes: "lifecycle",
    every_case_of_limits_passes: "limits",
    every_case_of_registration_passes: "registration",
}

#[test]
fn every_area_is_known_and_there_are_enough_cases() {
    let mut areas: Vec<String> = all().iter().map(|case| case.area().to_owned()).collect();
    assert!(areas.len() >= 80, "{}", areas.len());
    areas.dedup();
    assert_eq!(areas, AREAS);
}
