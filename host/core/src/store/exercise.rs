//! The suite that every store passes.
//!
//! In a store's tests, with the feature `test-util`:
//!
//! ```
//! # use dormouse_core::store::MemoryStore;
//! // An expression that makes an empty store, and what must outlive it: a temporary directory, say.
//! dormouse_core::exercise_store!((MemoryStore::new(), ()));
//! # fn main() {}
//! ```
//!
//! Each case becomes a test with its own store. The cases use only what the traits promise, and no runtime.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::store::Store;

mod app_states;
mod apps;
mod claim;
mod dead;
mod enqueue;
mod finish;
pub mod fixture;
mod history;
mod journal;
mod overlap;
mod prune;
mod quotas;
mod reap;
mod registrations;
mod settings;
mod webhooks;

/// A case: panics if the store, which is empty at first, does not do as it should.
pub type Case = fn(Arc<dyn Store>) -> Pin<Box<dyn Future<Output = ()>>>;

macro_rules! cases {
    ($($module:ident :: $case:ident)*) => {
        /// All cases, by name.
        pub const CASES: &[(&str, Case)] = &[$(
            (concat!(stringify!($module), "_", stringify!($case)), |store| Box::pin($module::$case(store)))
        ),*];
    };
}

cases! {
    apps::are_listed_by_name_as_they_were_saved
    apps::removal_takes_registrations_and_what_waits
    apps::are_forgotten_without_what_they_keep
    apps::refusals_are_counted_by_reason_the_newest_first
    apps::refusals_of_the_overlap_policy_are_counted_with_the_firing
    app_states::are_kept_as_they_were_put_last
    app_states::go_with_their_app
    enqueue::of_one_key_happens_once
    enqueue::of_a_coalesced_key_happens_once
    enqueue::forgets_the_oldest_of_many_coalesced_keys
    enqueue::keeps_what_came_with_the_firing
    enqueue::for_an_unknown_registration_is_refused
    enqueue::spends_a_one_shot_registration
    enqueue::refused_spends_nothing
    enqueue::sets_the_watermark_whatever_the_answer
    enqueue::with_an_id_in_use_is_an_error_and_changes_nothing
    overlap::coalesce_merges_into_what_waits
    overlap::keep_latest_replaces_what_waits
    overlap::queue_refuses_above_its_bound
    overlap::refuse_refuses_while_waiting_or_running
    overlap::parallel_claims_up_to_its_bound
    overlap::of_several_that_wait_the_newest_is_coalesced_into
    claim::at_enqueue_waits_behind_what_waits
    claim::at_enqueue_answers_again
    claim::is_given_to_one_of_two
    claim::raced_by_sixteen_has_one_winner
    claim::answers_again
    claim::waits_for_the_backoff
    claim::is_not_held_up_by_a_clock_that_was_set_back
    claim::waits_for_no_backoff_that_began_behind_a_clock_that_was_set_back
    claim::of_what_is_unknown_or_over_is_none
    claim::pending_is_in_order_of_firing_and_pages
    claim::pending_leaves_out_backoffs_and_tells_the_next
    claim::waiting_is_of_one_registration_and_lists_backoffs_too
    claim::renew_extends_what_is_held_and_names_what_is_lost
    finish::ends_with_a_completion
    finish::retry_waits_and_counts_a_failure
    finish::again_waits_and_counts_an_interruption
    finish::answers_again
    finish::of_a_retry_answers_again_during_the_next_attempt
    finish::with_a_stale_fence_is_refused
    finish::of_another_run_with_an_old_fence_is_refused
    finish::raced_by_sixteen_is_accepted_once
    reap::takes_leases_that_ended
    reap::takes_all_leases_of_a_node
    reap::takes_no_more_than_asked_the_earliest_first
    reap::spares_a_lease_that_was_renewed
    reap::records_an_interrupted_run
    reap::of_a_node_counts_a_crash_of_each_registration_once
    reap::of_leases_that_ended_counts_no_crash
    reap::of_a_node_after_the_registration_is_removed_counts_nothing
    reap::of_a_node_is_forgiven_and_saving_forgives_nothing
    registrations::are_listed_by_id_as_they_were_saved
    registrations::watermark_never_goes_back
    registrations::removal_withdraws_what_waits_only
    registrations::removal_leaves_no_next_attempt
    registrations::removal_ends_what_is_reaped
    registrations::removal_of_nothing_is_no_error
    registrations::counts_are_of_one_registration
    journal::is_in_order_and_pages
    journal::begins_before_the_first
    journal::holds_completions_only
    journal::finds_the_completion_of_an_activation
    journal::cursor_never_goes_back
    journal::lists_subscribers_by_name_and_forgets_them
    history::is_in_order_of_ends_whatever_the_clock_did
    history::is_filtered
    history::counts_the_runs_of_an_app
    history::pages_through_runs_of_the_same_moment
    history::pages_through_the_attempts_at_one_activation
    history::finds_a_run_by_its_id
    history::keeps_what_a_run_wrote
    history::keeps_nothing_that_was_written_without_a_lease
    dead::letters_are_what_ended_with_a_failure
    dead::letters_are_filtered_and_page
    dead::letters_of_registrations_that_are_gone_are_none
    dead::letter_is_redriven_once
    dead::letter_of_a_spent_one_shot_is_redriven
    dead::letter_is_redriven_whatever_the_overlap_policy
    dead::nothing_but_a_letter_is_redriven
    dead::letter_is_redriven_by_a_fresh_id_only
    dead::letter_is_discarded_once
    dead::letters_and_all_else_are_counted
    prune::of_what_is_old_takes_all_that_belongs_to_it
    prune::forgets_keys
    prune::keeps_so_many_of_the_newest
    prune::spares_what_a_subscriber_has_not_read
    prune::takes_no_more_than_asked_the_oldest_first
    prune::begins_with_the_oldest
    prune::is_not_held_up_by_what_stays
    prune::spares_what_is_not_over
    prune::takes_what_was_withdrawn_by_its_age
    prune::moves_the_floor_over_completions_only
    prune::takes_dead_letters_too
    prune::spares_dead_letters_until_they_are_old
    prune::spares_what_was_recorded_behind_a_place
    prune::spares_what_is_unread_behind_a_place
    webhooks::are_listed_by_name_as_they_were_saved
    webhooks::are_removed_with_all_that_is_theirs
    webhooks::move_on_when_a_delivery_is_given_up
    webhooks::that_are_not_there_keep_nothing
    webhooks::forget_what_was_delivered_after_all
    webhooks::keep_the_newest_of_many_that_were_given_up
    quotas::are_listed_by_app_as_they_were_saved_last
    quotas::go_with_their_app
    settings::are_of_one_app_and_listed_by_name
    settings::change_together_and_one_after_the_other
    settings::above_a_limit_are_refused_and_nothing_changes
    settings::are_summed_by_app
    settings::are_added_to_in_one_step
    settings::go_with_their_app
}

/// Runs the case called `name` on `store`, which is empty.
///
/// # Panics
///
/// If the store fails the case, or if there is no such case.
pub fn run(name: &str, store: Arc<dyn Store>) {
    let case = CASES.iter().find(|(known, _)| *known == name);
    let (_, case) = case.unwrap_or_else(|| panic!("there is no case {name}"));
    futures::executor::block_on(case(store));
}

/// Makes one test of each case, and one that checks that none is left out. The argument makes an empty
/// store and what must outlive it, as a pair; it is evaluated for each test.
#[macro_export]
macro_rules! exercise_store {
    ($make:expr) => {
        $crate::exercise_store! { @cases $make;
            apps_are_listed_by_name_as_they_were_saved
            apps_removal_takes_registrations_and_what_waits
            apps_are_forgotten_without_what_they_keep
            apps_refusals_are_counted_by_reason_the_newest_first
            apps_refusals_of_the_overlap_policy_are_counted_with_the_firing
            app_states_are_kept_as_they_were_put_last
            app_states_go_with_their_app
            enqueue_of_one_key_happens_once
            enqueue_of_a_coalesced_key_happens_once
            enqueue_forgets_the_oldest_of_many_coalesced_keys
            enqueue_keeps_what_came_with_the_firing
            enqueue_for_an_unknown_registration_is_refused
            enqueue_spends_a_one_shot_registration
            enqueue_refused_spends_nothing
            enqueue_sets_the_watermark_whatever_the_answer
            enqueue_with_an_id_in_use_is_an_error_and_changes_nothing
            overlap_coalesce_merges_into_what_waits
            overlap_keep_latest_replaces_what_waits
            overlap_queue_refuses_above_its_bound
            overlap_refuse_refuses_while_waiting_or_running
            overlap_parallel_claims_up_to_its_bound
            overlap_of_several_that_wait_the_newest_is_coalesced_into
            claim_at_enqueue_waits_behind_what_waits
            claim_at_enqueue_answers_again
            claim_is_given_to_one_of_two
            claim_raced_by_sixteen_has_one_winner
            claim_answers_again
            claim_waits_for_the_backoff
            claim_is_not_held_up_by_a_clock_that_was_set_back
            claim_waits_for_no_backoff_that_began_behind_a_clock_that_was_set_back
            claim_of_what_is_unknown_or_over_is_none
            claim_pending_is_in_order_of_firing_and_pages
            claim_pending_leaves_out_backoffs_and_tells_the_next
            claim_waiting_is_of_one_registration_and_lists_backoffs_too
            claim_renew_extends_what_is_held_and_names_what_is_lost
            finish_ends_with_a_completion
            finish_retry_waits_and_counts_a_failure
            finish_again_waits_and_counts_an_interruption
            finish_answers_again
            finish_of_a_retry_answers_again_during_the_next_attempt
            finish_with_a_stale_fence_is_refused
            finish_of_another_run_with_an_old_fence_is_refused
            finish_raced_by_sixteen_is_accepted_once
            reap_takes_leases_that_ended
            reap_takes_all_leases_of_a_node
            reap_takes_no_more_than_asked_the_earliest_first
            reap_spares_a_lease_that_was_renewed
            reap_records_an_interrupted_run
            reap_of_a_node_counts_a_crash_of_each_registration_once
            reap_of_leases_that_ended_counts_no_crash
            reap_of_a_node_after_the_registration_is_removed_counts_nothing
            reap_of_a_node_is_forgiven_and_saving_forgives_nothing
            registrations_are_listed_by_id_as_they_were_saved
            registrations_watermark_never_goes_back
            registrations_removal_withdraws_what_waits_only
            registrations_removal_leaves_no_next_attempt
            registrations_removal_ends_what_is_reaped
            registrations_removal_of_nothing_is_no_error
            registrations_counts_are_of_one_registration
            journal_is_in_order_and_pages
            journal_begins_before_the_first
            journal_holds_completions_only
            journal_finds_the_completion_of_an_activation
            journal_cursor_never_goes_back
            journal_lists_subscribers_by_name_and_forgets_them
            history_is_in_order_of_ends_whatever_the_clock_did
            history_is_filtered
            history_counts_the_runs_of_an_app
            history_pages_through_runs_of_the_same_moment
            history_pages_through_the_attempts_at_one_activation
            history_finds_a_run_by_its_id
            history_keeps_what_a_run_wrote
            history_keeps_nothing_that_was_written_without_a_lease
            dead_letters_are_what_ended_with_a_failure
            dead_letters_are_filtered_and_page
            dead_letters_of_registrations_that_are_gone_are_none
            dead_letter_is_redriven_once
            dead_letter_of_a_spent_one_shot_is_redriven
            dead_letter_is_redriven_whatever_the_overlap_policy
            dead_nothing_but_a_letter_is_redriven
            dead_letter_is_redriven_by_a_fresh_id_only
            dead_letter_is_discarded_once
            dead_letters_and_all_else_are_counted
            prune_of_what_is_old_takes_all_that_belongs_to_it
            prune_forgets_keys
            prune_keeps_so_many_of_the_newest
            prune_spares_what_a_subscriber_has_not_read
            prune_takes_no_more_than_asked_the_oldest_first
            prune_begins_with_the_oldest
            prune_is_not_held_up_by_what_stays
            prune_spares_what_is_not_over
            prune_takes_what_was_withdrawn_by_its_age
            prune_moves_the_floor_over_completions_only
            prune_takes_dead_letters_too
            prune_spares_dead_letters_until_they_are_old
            prune_spares_what_was_recorded_behind_a_place
            prune_spares_what_is_unread_behind_a_place
            webhooks_are_listed_by_name_as_they_were_saved
            webhooks_are_removed_with_all_that_is_theirs
            webhooks_move_on_when_a_delivery_is_given_up
            webhooks_that_are_not_there_keep_nothing
            webhooks_forget_what_was_delivered_after_all
            webhooks_keep_the_newest_of_many_that_were_given_up
            quotas_are_listed_by_app_as_they_were_saved_last
            quotas_go_with_their_app
            settings_are_of_one_app_and_listed_by_name
            settings_change_together_and_one_after_the_other
            settings_above_a_limit_are_refused_and_nothing_changes
            settings_are_summed_by_app
            settings_are_added_to_in_one_step
            settings_go_with_their_app
        }
    };
    (@cases $make:expr; $($case:ident)*) => {
        $(
            #[test]
            fn $case() {
                let (store, _outlives_it) = $make;
                $crate::store::exercise::run(stringify!($case), ::std::sync::Arc::new(store));
            }
        )*

        #[test]
        fn no_case_is_left_out() {
            let all: Vec<_> = $crate::store::exercise::CASES.iter().map(|(name, _)| *name).collect();
            assert_eq!(all, [$(stringify!($case)),*]);
        }
    };
}
