use super::*;
use crate::StepError;
use crate::report::fixture::Made;
use crate::store::Parked;

/// charge → ship, and stock
fn order() -> Made {
    Made::new(&[("charge", &[]), ("stock", &[]), ("ship", &["charge"])])
}

fn summary(made: &Made) -> AnalysisSummary {
    made.snapshot().analysis().summary
}

fn health(made: &Made) -> OverallHealth {
    summary(made).overall_health
}

#[test]
fn a_task_that_does_well_is_healthy_and_nothing_is_recommended() {
    for made in [order(), order().done("charge").done("stock").done("ship").task(TaskState::Complete)] {
        let summary = summary(&made);
        assert_eq!(summary.overall_health, OverallHealth::Healthy);
        assert_eq!(summary.recommendations, Vec::<String>::new());
    }
}

#[test]
fn a_task_that_helps_itself_is_worth_a_look() {
    assert_eq!(health(&order().backoff("charge", 9)), OverallHealth::Warning);
    assert_eq!(health(&order().paused()), OverallHealth::Warning);
    let lost = order().step("charge", |step| (step.attempts, step.lost) = (2, 1)).running("charge");
    assert_eq!(health(&lost), OverallHealth::Warning);
    assert_eq!(
        summary(&lost).recommendations,
        ["look at the workers: 1 execution of steps that are not over was lost with them"]
    );
}

#[test]
fn a_task_that_needs_somebody_is_critical() {
    let failed = order().failed("charge");
    assert_eq!(health(&failed), OverallHealth::Critical, "although `stock` is ready");
    let mut parked = order();
    parked.parked = Some(Parked(None));
    assert_eq!(health(&parked), OverallHealth::Critical);
    assert_eq!(
        health(&failed.task(TaskState::Cancelled)),
        OverallHealth::Healthy,
        "it needs nobody any more"
    );
}

#[test]
fn what_to_do_names_the_steps() {
    let failed =
        order().done("stock").step("charge", |step| step.fail(1, StepError::permanent("no such card")));
    assert_eq!(
        summary(&failed.task(TaskState::Error)).recommendations,
        [
            "`charge` says that trying again cannot help: mend what its error names, then retry it; 1 step waits for it"
        ]
    );
    let cancelled = order().done("stock").step("charge", |step| step.state = StepState::Cancelled);
    assert_eq!(
        summary(&cancelled.task(TaskState::Error)).recommendations,
        [
            "`charge` was cancelled, which cannot be undone: resolve or cancel what waits for it, or start a new task"
        ]
    );
    assert_eq!(
        summary(&order().paused()).recommendations,
        ["resume it: the task or its workflow is paused; it goes on when that is resumed"]
    );
}

#[test]
fn a_graph_that_could_run_side_by_side_is_recommended_to() {
    let mut made = order();
    made.one_at_a_time = true;
    let all = summary(&made).recommendations;
    assert!(all.len() == 1 && all[0].starts_with("let the workflow run steps side by side"), "{all:?}");
}

#[test]
fn a_long_chain_is_pointed_out() {
    let chain = |count: u32| {
        let mut made = Made::new(&[]);
        for at in 0..count {
            let before = at.checked_sub(1).map(crate::StepNo).into_iter().collect();
            made.steps.push(crate::report::fixture::MadeStep::new(format!("step_{at}"), before));
        }
        summary(&made).recommendations
    };
    assert_eq!(chain(7), Vec::<String>::new());
    assert_eq!(
        chain(8),
        ["see whether all of the 8 steps that remain have to wait for each other: they are one chain"]
    );
}

#[test]
fn an_analysis_has_taskers_keys_in_json() {
    let json = serde_json::to_value(order().failed("charge").snapshot().analysis()).unwrap();
    let keys: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
    for key in [
        "dependency_graph",
        "critical_paths",
        "parallelism_opportunities",
        "error_chains",
        "bottlenecks",
        "analysis_timestamp",
        "task_execution_summary",
    ] {
        assert!(keys.contains(&key), "{key} is not among {keys:?}");
    }
    let summary = &json["task_execution_summary"];
    assert_eq!(summary["total_dependencies"], 1);
    assert_eq!(summary["dependency_levels"], 2);
    assert_eq!(summary["longest_path_length"], 2);
    assert_eq!(summary["error_chains_count"], 1);
    assert_eq!(summary["overall_health"], "critical");
    assert_eq!(json["critical_paths"]["critical_path"]["measured_by"], "steps");
}

#[test]
fn an_empty_task_has_an_analysis() {
    let summary = summary(&Made::new(&[]));
    assert_eq!((summary.total_steps, summary.dependency_levels), (0, 0));
    assert_eq!(summary.overall_health, OverallHealth::Healthy);
}
