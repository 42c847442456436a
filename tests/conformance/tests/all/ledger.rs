//! The ledger: every limit has a test that fails when nothing enforces it, and the test is there.
//!
//! What there is to limit is asked of the types themselves: with a field that is added to one of them this does not compile
//! until [`fields`] names it, and fails until a line below names its test. A test runs a guest against the limit, which
//! contains it, and again with the limit lifted: then nothing else does.

mod engine;

use std::collections::BTreeSet;
use std::process::Command;

use dormouse::{AppPolicy, Class, CompileLimits, EngineConfig, Limits};
use dormouse_core::AppLimits;

/// A limit, and the test of its enforcement.
const TESTS: &[(&str, &str)] = &[
    ("Limits::wall", "limits_run::wall"),
    ("Limits::cpu", "limits_run::cpu"),
    ("Limits::cpu_per_minute", "limits_run::cpu_per_minute"),
    ("Limits::grace", "limits_run::grace"),
    ("Limits::grace_cpu", "limits_run::grace_cpu"),
    ("Limits::idle", "limits_run::idle"),
    ("Limits::io_every", "limits_run::io_every"),
    ("Limits::memory_bytes", "limits_run::memory"),
    ("Limits::output_bytes", "limits_run::output"),
    ("Limits::instances", "limits_run::instances"),
    ("Limits::deferrals", "limits_run::deferrals"),
    ("Limits::hostcall_bytes", "limits_run::hostcall_bytes"),
    ("Limits::random_bytes", "limits_run::random_bytes"),
    ("Limits::handles", "limits_run::handles"),
    ("Limits::http_fields_bytes", "limits_run::http_fields_bytes"),
    ("Limits::progress_every", "limits_run::progress_every"),
    ("Limits::untimed", "limits_run::untimed"),
    ("AppLimits::folder_bytes", "folder::folder_bytes"),
    ("AppLimits::folder_entries", "folder::folder_entries"),
    ("AppLimits::settings_bytes", "settings::settings_limits"),
    ("AppLimits::setting_bytes", "settings::settings_limits"),
    ("AppLimits::settings", "settings::settings_limits"),
    ("AppPolicy::suspend_after", "app::rows::row_07_nobody_returns_and_row_08_it_is_done_with_suspending"),
    ("AppPolicy::launch", "app::bad::uwp_129_a_deadline_is_a_deadline_to_the_second"),
    ("AppPolicy::suspending", "app::bad::uwp_129_a_deadline_is_a_deadline_to_the_second"),
    ("AppPolicy::transition", "app::bad::uwp_129_a_deadline_is_a_deadline_to_the_second"),
    ("AppPolicy::notice", "app::bad::what_is_told_beside_has_a_deadline_as_well"),
    ("AppPolicy::extension", "app::extension::app_extends"),
    ("AppPolicy::saving", "app::extension::uwp_141_only_saving_data_is_granted_while_it_is_being_suspended"),
    ("AppPolicy::revoked", "app::extension::uwp_141_only_saving_data_is_granted_while_it_is_being_suspended"),
    ("AppPolicy::closed", "app::rows::row_18_its_user_closes_it"),
    (
        "AppPolicy::restart",
        "app::ends::uwp_143_an_app_that_asks_to_be_restarted_again_and_again_is_so_after_a_while",
    ),
    ("AppPolicy::foreground_bytes", "app::told::uwp_109_a_growth_above_the_limit_is_refused_and_told"),
    ("AppPolicy::background_bytes", "app::bad_memory::app_bad_allocates"),
    ("AppPolicy::over_limit", "app::bad_memory::app_bad_allocates"),
    ("ACTIVATIONS_MAX", "app::activations::sixteen_activations_wait_for_an_app_and_no_more"),
    ("RUNS_HELD_MAX", "app::bounds::an_app_that_lets_go_of_no_task_is_not_called_for_another_one"),
    ("TOLD_MAX", "app::bounds::of_growths_that_are_refused_to_an_instance_a_hundred_are_told"),
    ("TOLD_MAX", "app::bounds::of_what_is_denied_to_an_instance_a_hundred_are_told"),
    (
        "DESCRIPTION_LEN_MAX",
        "app::bounds::what_an_extended_execution_is_for_is_cut_to_256_bytes_and_not_within_a_character",
    ),
    ("HostBuilder::apps_max", "app::reclaim::who_is_suspended_makes_room_and_who_is_not_does_not"),
    ("EngineConfig::slots", "ledger::engine::slots"),
    ("EngineConfig::memory_bytes_max", "limits_host::memory_bytes_max"),
    ("EngineConfig::wasm_stack_bytes", "limits_host::wasm_stack_bytes"),
    ("EngineConfig::tick", "ledger::engine::tick"),
    (
        "CompileLimits::time",
        "compile::a_component_that_takes_too_long_to_compile_is_refused_with_the_figure_and_its_worker_is_gone",
    ),
    (
        "CompileLimits::memory_bytes",
        "compile::a_component_that_takes_too_much_memory_to_compile_is_refused_with_the_figure",
    ),
    (
        "CompileLimits::len_max",
        "compile::a_component_above_the_limit_of_the_compiler_is_refused_before_it_is_looked_at",
    ),
    ("HostBuilder::limits_max", "limits_levels::no_level_goes_beyond_the_hosts_maximum"),
    ("HostBuilder::limits_default", "limits_levels::the_nearest_level_that_names_a_figure_decides"),
    ("App::limits", "limits_levels::the_nearest_level_that_names_a_figure_decides"),
    ("HostBuilder::slots", "overlap::no_more_runs_at_once_than_there_are_slots_and_none_is_lost"),
    ("HostBuilder::slots_per_app", "overlap::one_apps_flood_leaves_another_its_slot"),
    ("HostBuilder::registrations_per_app", "registration::registration_too_many"),
    ("HostBuilder::keep_output", "output::of_a_run_that_wrote_much_both_ends_are_kept_and_the_gap_is_marked"),
    ("HostBuilder::wasm_stack", "limits_host::wasm_stack"),
    ("HostBuilder::quarantine_after", "quarantine::what_is_in_quarantine_starts_nothing_and_says_so"),
];

/// The fields of a type, taken apart so that one more does not compile; those behind `but` are no limits.
macro_rules! fields {
    ($type:ident of $value:expr, { $($field:ident),* $(,)? } but { $($other:ident),* }) => {{
        let $type { $($field: _,)* $($other: _,)* } = $value;
        [$(concat!(stringify!($type), "::", stringify!($field))),*].map(str::to_owned)
    }};
}

fn fields() -> BTreeSet<String> {
    let limits = fields!(Limits of Class::Default.limits(), {
        wall, cpu, cpu_per_minute, grace, grace_cpu, idle, io_every, memory_bytes, instances, deferrals, output_bytes,
        hostcall_bytes, random_bytes, handles, http_fields_bytes, progress_every, untimed,
    } but {});
    let app = fields!(AppLimits of AppLimits::DEFAULT, {
        folder_bytes, folder_entries, settings_bytes, setting_bytes, settings,
    } but {});
    let compile = fields!(CompileLimits of CompileLimits::default(), { time, memory_bytes, len_max } but {});
    // Where memory comes from is no limit.
    let engine = fields!(EngineConfig of EngineConfig::default(), {
        slots, memory_bytes_max, wasm_stack_bytes, tick,
    } but { pooling });
    let lives = fields!(AppPolicy of AppPolicy::DEFAULT, {
        suspend_after, launch, suspending, transition, notice, extension, saving, revoked, closed, restart, foreground_bytes,
        background_bytes, over_limit,
    } but {});
    limits.into_iter().chain(app).chain(compile).chain(engine).chain(lives).collect()
}

/// Every test of this program that runs, by its path.
fn tests() -> BTreeSet<String> {
    let listed = |more: &[&str]| -> BTreeSet<String> {
        let program = std::env::current_exe().unwrap();
        let listed = Command::new(program).args(["--list", "--format", "terse"]).args(more).output().unwrap();
        let listed = String::from_utf8(listed.stdout).unwrap();
        listed.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect()
    };
    let (all, ignored) = (listed(&[]), listed(&["--ignored"]));
    all.difference(&ignored).cloned().collect()
}

#[test]
fn every_limit_has_a_test_that_is_there() {
    let tests = tests();
    assert!(tests.contains("ledger::every_limit_has_a_test_that_is_there"), "the list is one of tests");
    let named: BTreeSet<String> = TESTS.iter().map(|(limit, _)| (*limit).to_owned()).collect();
    let without: Vec<_> = fields().difference(&named).cloned().collect();
    assert!(without.is_empty(), "nothing proves that these are enforced: {without:#?}");
    let gone: Vec<_> = TESTS.iter().filter(|(_, test)| !tests.contains(*test)).collect();
    assert!(gone.is_empty(), "there are no such tests: {gone:#?}");
    let types = ["Limits::", "AppLimits::", "AppPolicy::", "EngineConfig::", "CompileLimits::"];
    let of_types = named.iter().filter(|limit| types.iter().any(|name| limit.starts_with(name)));
    let fields = fields();
    let unknown: Vec<_> = of_types.filter(|limit| !fields.contains(*limit)).collect();
    assert!(unknown.is_empty(), "there are no such limits any more: {unknown:#?}");
}
