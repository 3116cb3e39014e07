//! Lines 67 and 68: what can be said of a graph, and of a task that has got stuck.

use tasker::report::{
    BottleneckType, ErrorChain, HealthStatus, Impact, OverallHealth, RecoveryAction, Severity,
    TemplateAnalysis, weights,
};
use tasker::store::StepAction;

use crate::bench::{Bench, exhausted, for_good, retry};
use crate::fixture::{ALL, DIAMOND, Dag, LINEAR, MIXED, TREE};
use crate::place::{Place, on_both};

on_both! {
    b68_a_step_that_failed_for_good_is_the_bottleneck_and_its_score_is_made_of_the_weights,
    b68_the_worse_of_two_failures_is_to_be_mended_first,
    b68_a_failure_that_is_tried_again_needs_nobody,
    b68_a_task_that_does_well_has_no_bottlenecks,
    b68_a_cancelled_step_blocks_what_waits_for_it,
}

#[test]
fn b67_roots_leaves_levels_and_topology_of_every_fixture() {
    for (dag, roots, leaves, depth, widest) in [
        (&LINEAR, &["initialize_data"][..], &["finalize_workflow"][..], 5, 1),
        (&DIAMOND, &["start_workflow"], &["end_workflow"], 4, 2),
        (&TREE, &["root_initialization"], &["aggregate_results"], 3, 4),
        (&MIXED, &["init_auth", "init_config"], &["finalize_and_report", "process_optional_data"], 4, 2),
    ] {
        let graph = TemplateAnalysis::of(&dag.build());
        let sorted = |names: &[String]| {
            let mut names = names.to_vec();
            names.sort();
            names
        };
        assert_eq!(sorted(&graph.roots), roots, "{}", dag.name);
        assert_eq!(sorted(&graph.leaves), leaves, "{}", dag.name);
        assert_eq!(graph.summary.max_depth, depth, "{}", dag.name);
        assert_eq!(graph.summary.parallel_branches, widest, "{}", dag.name);
    }
}

#[test]
fn b67_a_level_is_the_longest_way_and_the_topology_respects_every_edge() {
    for dag in ALL {
        let graph = TemplateAnalysis::of(&dag.build());
        assert_eq!(graph.topology.len(), dag.steps.len());
        let place = |step: &str| graph.topology.iter().position(|name| name == step).unwrap();
        for (step, parents) in dag.steps {
            let longest = parents.iter().map(|parent| graph.levels[*parent] + 1).max().unwrap_or(0);
            assert_eq!(graph.levels[*step], longest, "{}: {step}", dag.name);
            for parent in *parents {
                assert!(place(parent) < place(step), "{}: {parent}, {step}", dag.name);
            }
        }
        let edges: usize = dag.steps.iter().map(|(_, parents)| parents.len()).sum();
        assert_eq!(graph.summary.total_dependencies, edges);
    }
}

/// Ours: a graph with a cycle is no workflow, so that there is nothing to analyse; Ruby reports it.
#[test]
fn b67_of_a_cycle_the_steps_are_named() {
    const LOOP: Dag = Dag { name: "loop", steps: &[("a", &["c"]), ("b", &["a"]), ("c", &["b"])] };
    let error = LOOP.builder(crate::bench::seconds(2)).build().unwrap_err();
    assert_eq!(error.mistakes(), ["the steps `a`, `b`, `c` wait for each other"]);
}

async fn b68_a_step_that_failed_for_good_is_the_bottleneck_and_its_score_is_made_of_the_weights(
    place: Place,
) {
    let mut bench = Bench::of(place, &TREE).await;
    bench.complete_all_but(&["branch_a_setup"]).await;
    bench.end("branch_a_setup", for_good()).await;
    let analysis = bench.snapshot().await.analysis();

    let found = &analysis.bottlenecks;
    assert_eq!((found.total_bottlenecks, found.critical_bottlenecks), (1, 1));
    assert_eq!((found.overall_impact, found.task_health), (Impact::Severe, HealthStatus::Blocked));
    let worst = &found.bottlenecks[0];
    assert_eq!((worst.step_name.as_str(), worst.attempts), ("branch_a_setup", 1));
    assert_eq!(
        (worst.bottleneck_type, worst.severity),
        (BottleneckType::PermanentFailure, Severity::Critical)
    );
    // Both its tasks and the join.
    assert_eq!((worst.downstream_steps_count, worst.blocked_downstream_count), (3, 3));
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let behind = (3 * weights::DOWNSTREAM_WEIGHT + 3 * weights::BLOCKED_WEIGHT) as f64
        * (weights::ERROR_STATE_MULTIPLIER + weights::EXHAUSTED_RETRY_BONUS);
    let score =
        behind as u64 + weights::RETRY_INSTABILITY + weights::NON_RETRYABLE + weights::EXHAUSTED_RETRY;
    assert_eq!((worst.impact_score, score), (183, 183));

    let paths = &analysis.critical_paths;
    assert_eq!((paths.total_paths, paths.longest_path_length), (4, 4));
    let remaining = paths.remaining_path.as_ref().unwrap();
    assert_eq!(remaining.step_names.first().map(String::as_str), Some("branch_a_setup"));
    assert_eq!(remaining.step_names.last().map(String::as_str), Some("aggregate_results"));
    assert_eq!((remaining.length, remaining.blocked_steps, remaining.error_steps), (3, 3, 1));

    let [chain] = &analysis.error_chains.error_chains[..] else { panic!("{:?}", analysis.error_chains) };
    assert_eq!(chain.total_blocked_downstream_steps, 3);
    assert!(chain.retry_analysis.exhausted && !chain.retry_analysis.retryable);
    assert_eq!(analysis.error_chains.recovery_priority, ["branch_a_setup"]);
    assert_eq!(analysis.summary.overall_health, OverallHealth::Critical);
    assert!(!analysis.summary.recommendations.is_empty());
}

async fn b68_the_worse_of_two_failures_is_to_be_mended_first(place: Place) {
    let mut bench = Bench::of(place, &MIXED).await;
    bench.complete_all_but(&["cleanup_temp_files", "process_optional_data", "process_critical_data"]).await;
    bench.end("process_optional_data", exhausted()).await;
    bench.end("process_critical_data", exhausted()).await;
    bench.complete_all().await;
    let chains = bench.snapshot().await.analysis().error_chains;
    assert_eq!((chains.total_error_steps, chains.total_blocked_by_errors), (2, 1));
    assert_eq!(chains.most_critical_error.as_deref(), Some("process_critical_data"));
    assert_eq!(chains.recovery_priority, ["process_critical_data", "process_optional_data"]);
    let impact = |chain: &ErrorChain| chain.total_impact;
    let own = weights::EXHAUSTED_RETRY + weights::RETRY_INSTABILITY;
    assert_eq!(impact(&chains.error_chains[1]), own, "nothing waits for it");
    assert_eq!(impact(&chains.error_chains[0]), own + weights::BLOCKED_WEIGHT + weights::DOWNSTREAM_WEIGHT);
    assert_eq!(chains.error_chains[0].blocked_downstream_steps, ["finalize_and_report"]);
    assert_eq!(chains.error_chains[0].recovery_strategies[0].strategy, RecoveryAction::Retry);
}

async fn b68_a_failure_that_is_tried_again_needs_nobody(place: Place) {
    let mut bench = Bench::of(place, &LINEAR).await;
    bench.complete_all_but(&["process_data"]).await;
    bench.end("process_data", retry(60)).await;
    let analysis = bench.snapshot().await.analysis();
    let [bottleneck] = &analysis.bottlenecks.bottlenecks[..] else { panic!("{:?}", analysis.bottlenecks) };
    assert_eq!(
        (bottleneck.bottleneck_type, bottleneck.blocked_downstream_count),
        (BottleneckType::ActiveError, 0)
    );
    let score = 3 * weights::DOWNSTREAM_WEIGHT + weights::RETRY_INSTABILITY;
    assert_eq!((bottleneck.impact_score, bottleneck.severity), (score, Severity::Low));
    let chain = &analysis.error_chains.error_chains[0];
    assert!(chain.retry_analysis.in_backoff && !chain.retry_analysis.exhausted);
    assert_eq!(chain.recovery_strategies[0].strategy, RecoveryAction::WaitForRetry);
    assert_eq!(analysis.error_chains.total_blocked_by_errors, 0);
    assert_eq!(analysis.summary.overall_health, OverallHealth::Warning);
}

async fn b68_a_task_that_does_well_has_no_bottlenecks(place: Place) {
    let mut bench = Bench::of(place, &DIAMOND).await;
    bench.complete_all_but(&["branch_one_process"]).await;
    let analysis = bench.snapshot().await.analysis();
    assert_eq!(
        (analysis.bottlenecks.total_bottlenecks, analysis.bottlenecks.overall_impact),
        (0, Impact::None)
    );
    assert!(analysis.error_chains.error_chains.is_empty());
    assert_eq!(analysis.critical_paths.total_paths, 2);
    assert_eq!(analysis.critical_paths.longest_path_length, 5);
    assert_eq!((analysis.parallelism.total_levels, analysis.parallelism.max_parallel_steps), (5, 2));
    assert_eq!(analysis.summary.overall_health, OverallHealth::Healthy);
    assert!(analysis.summary.recommendations.is_empty(), "{:?}", analysis.summary.recommendations);
}

/// Ours: the task is in error with that reason when nothing else goes on; in Ruby it waits for ever.
async fn b68_a_cancelled_step_blocks_what_waits_for_it(place: Place) {
    let mut bench = Bench::of(place, &DIAMOND).await;
    bench.order_step("branch_one_validate", StepAction::Cancel).await;
    bench.complete_all().await;
    let look = bench.look().await;
    assert_eq!((look.status, look.cancelled_steps), (tasker::TaskState::Error, 1));
    assert!(look.needs_intervention());
    let found = bench.snapshot().await.analysis().bottlenecks;
    assert_eq!(found.bottlenecks[0].bottleneck_type, BottleneckType::DependencyBlock);
    assert_eq!(found.bottlenecks[0].step_name, "branch_one_validate");
    assert_eq!(found.total_blocked_downstream_steps, 2);
}
