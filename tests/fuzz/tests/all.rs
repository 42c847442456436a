//! Each target, for a moment, and always with the same inputs.

use dormouse_fuzz::Campaign;
use dormouse_fuzz::targets::{ALL, Needs};

/// Tries the target `name` with about `inputs` inputs. Of what was understood there must be so many kinds, and of
/// refusals so many: else the inputs have not got anywhere.
fn campaign(name: &str, inputs: u64, taken: usize, refused: usize) {
    let needs = Needs { worker: env!("CARGO_BIN_EXE_dormouse-fuzz").into() };
    let target = ALL.into_iter().find(|target| target.name == name).expect("a target of that name");
    let mut made = (target.make)(&needs);
    let report = Campaign::new(name, made.as_mut(), 0).run(|report| report.inputs < inputs);
    let report = report.unwrap_or_else(|found| panic!("{found}"));
    assert!(report.taken() >= taken && report.refused() >= refused, "{report:#?}");
}

macro_rules! campaigns {
    ($($test:ident: $name:literal, $inputs:literal inputs, $taken:literal kinds taken, $refused:literal refused;)*) => {
        $(#[test]
        fn $test() {
            campaign($name, $inputs, $taken, $refused);
        })*

        #[test]
        fn every_target_is_tried() {
            let tried = [$($name),*];
            assert_eq!(ALL.map(|target| target.name), tried);
        }
    };
}

campaigns! {
    a_line_that_is_understood_is_the_same_when_it_is_written: "texts", 4000 inputs, 8 kinds taken, 1 refused;
    a_cron_expression_fires_when_a_second_reader_says_so: "cron", 2000 inputs, 2 kinds taken, 20 refused;
    a_manifest_is_understood_or_its_fault_is_named: "manifest", 1500 inputs, 2 kinds taken, 30 refused;
    an_archive_is_to_us_what_it_is_to_others: "archive", 600 inputs, 2 kinds taken, 15 refused;
    an_answer_is_the_same_in_whichever_pieces_it_comes: "client", 600 inputs, 6 kinds taken, 15 refused;
    a_case_is_the_same_when_it_is_written_anew_and_comes_to_an_end: "case", 400 inputs, 2 kinds taken, 15 refused;
    a_runner_comes_to_a_verdict_and_an_adapter_answers_each_request: "protocol", 300 inputs, 2 kinds taken, 8 refused;
    whatever_is_sent_to_the_socket_is_answered_and_so_is_the_next: "http", 500 inputs, 2 kinds taken, 3 refused;
    every_request_is_answered_as_the_document_says: "requests", 600 inputs, 10 kinds taken, 30 refused;
    a_receiver_can_answer_what_it_likes: "webhook", 300 inputs, 1 kinds taken, 6 refused;
    a_changed_store_is_read_or_corrupt: "rows", 240 inputs, 1 kinds taken, 3 refused;
    a_component_is_compiled_or_refused_and_the_worker_stands: "component", 80 inputs, 1 kinds taken, 5 refused;
    any_module_in_a_task_is_contained: "module", 60 inputs, 1 kinds taken, 0 refused;
}
