use super::*;
use crate::report::fixture::{Made, random_graph};

/// fetch → quick → join, and fetch → slow → join
fn diamond() -> Made {
    Made::new(&[("fetch", &[]), ("quick", &["fetch"]), ("slow", &["fetch"]), ("join", &["quick", "slow"])])
}

fn found(made: &Made) -> CriticalPaths {
    made.snapshot().analysis().critical_paths
}

fn names_of(path: Option<&CriticalPath>) -> Vec<String> {
    path.map(|path| path.step_names.clone()).unwrap_or_default()
}

#[test]
fn without_times_the_longest_path_is_the_one_with_the_most_steps() {
    let path = found(&Made::new(&[("a", &[]), ("b", &[]), ("c", &["b"]), ("d", &["a", "c"])])).critical_path;
    assert_eq!(names_of(path.as_ref()), ["b", "c", "d"]);
    let path = path.unwrap();
    assert_eq!((path.measured_by, path.duration), (MeasuredBy::Steps, None));
}

#[test]
fn of_a_complete_task_it_is_the_one_that_took_longest() {
    let made = diamond().done_in("fetch", 1).done_in("quick", 2).done_in("slow", 60).done_in("join", 1);
    let found = found(&made);
    let path = found.critical_path.unwrap();
    assert_eq!(path.step_names, ["fetch", "slow", "join"]);
    assert_eq!((path.measured_by, path.duration), (MeasuredBy::Measured, Some(Duration::from_secs(62))));
    assert_eq!(found.remaining_path, None);
}

#[test]
fn what_is_done_is_measured_while_the_rest_has_no_times() {
    let found = found(&diamond().done_in("fetch", 5).done_in("slow", 60).running("quick"));
    assert_eq!(found.critical_path.unwrap().measured_by, MeasuredBy::Steps);
    let done = found.completed_path.unwrap();
    assert_eq!(
        (&done.step_names[..], done.measured_by),
        (&["fetch".into(), "slow".into()][..], MeasuredBy::Measured)
    );
    assert_eq!(done.duration, Some(Duration::from_secs(65)));
    assert_eq!(names_of(found.remaining_path.as_ref()), ["quick", "join"]);
}

#[test]
fn measured_history_of_other_tasks_says_what_is_to_come() {
    let made = diamond().done_in("fetch", 5).running("slow");
    let history = |step: &str| Some(Duration::from_secs(if step == "quick" { 90 } else { 20 }));
    let found = made.snapshot().analysis_with(history).critical_paths;
    let path = found.critical_path.unwrap();
    assert_eq!((path.measured_by, path.duration), (MeasuredBy::Expected, Some(Duration::from_secs(115))));
    let left = found.remaining_path.unwrap();
    assert_eq!((&*left.step_names.join(" "), left.duration), ("quick join", Some(Duration::from_secs(110))));
}

#[test]
fn of_a_step_that_runs_only_what_is_left_remains() {
    let made = Made::new(&[("slow", &[])]).running("slow"); // since five seconds
    let left = |seconds| {
        let found = made.snapshot().analysis_with(|_| Some(Duration::from_secs(seconds))).critical_paths;
        (found.critical_path.unwrap().duration.unwrap(), found.remaining_path.unwrap().duration.unwrap())
    };
    assert_eq!(left(20), (Duration::from_secs(20), Duration::from_secs(15)));
    assert_eq!(left(3), (Duration::from_secs(5), Duration::ZERO), "it is late");
}

#[test]
fn half_a_history_is_none() {
    let history = |step: &str| (step != "join").then(|| Duration::from_secs(90));
    let path = diamond().snapshot().analysis_with(history).critical_paths.critical_path.unwrap();
    assert_eq!(path.measured_by, MeasuredBy::Steps);
}

#[test]
fn the_score_is_made_of_taskers_weights() {
    let score = |made: &Made| found(made).critical_path.unwrap().criticality_score;
    let chain = || Made::new(&[("a", &[]), ("b", &["a"]), ("c", &["b"]), ("d", &["c"])]);
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} is not {b}");
    close(score(&chain()), 40.0);
    // (4 · 10 − 1 · 15) · (1 − 0.3 · 25 %)
    close(score(&chain().done("a")), 25.0 * 0.925);
    // 4 · 10 + (25 · 4 + 30) · 1.5 + 10: one failed, all four are blocked, and it was executed three times
    close(score(&chain().failed("a").task(crate::TaskState::Error)), 40.0 + 130.0 * 1.5 + 10.0);
    // all complete: (4 · 10 − 4 · 15 + 4 s / 30) is below zero
    close(score(&chain().done("a").done("b").done("c").done("d")), 0.0);
}

#[test]
fn paths_are_counted_and_never_listed() {
    assert_eq!(found(&diamond()).total_paths, 2);
    // 70 diamonds in a row
    let mut made = Made::new(&[("step", &[])]);
    for _ in 0..70 {
        let last = StepNo::at(made.steps.len() - 1);
        for depends_on in [vec![last], vec![last], vec![StepNo(last.0 + 1), StepNo(last.0 + 2)]] {
            made.steps.push(crate::report::fixture::MadeStep::new("step".to_owned(), depends_on));
        }
    }
    let found = found(&made);
    assert_eq!((found.total_paths, found.longest_path_length), (u64::MAX, 141));
}

#[test]
fn empty_and_lonely_tasks_have_paths_too() {
    let empty = found(&Made::new(&[]));
    assert_eq!((empty.total_paths, empty.longest_path_length), (0, 0));
    assert_eq!((empty.critical_path, empty.remaining_path), (None, None));
    let one = found(&Made::new(&[("only", &[])]));
    assert_eq!(
        (one.total_paths, &one.root_nodes[..], &one.leaf_nodes[..]),
        (1, &["only".into()][..], &["only".into()][..])
    );
}

/// The longest way by trying all.
fn by_trying(task: &TaskSnapshot, from: StepNo, time: &dyn Fn(StepNo) -> u64) -> u64 {
    let behind = task.graph().dependents(from).into_iter();
    time(from) + behind.map(|next| by_trying(task, next, time)).max().unwrap_or(0)
}

#[test]
fn the_longest_path_is_the_one_that_trying_all_finds() {
    for seed in 0..100 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut made = random_graph(&mut rng, 12);
        for step in &mut made.steps {
            step.complete(Duration::from_secs(rng.u64(1..30)));
        }
        let task = made.snapshot();
        let seconds = |step: StepNo| task.steps()[step.index()].duration().unwrap().as_secs();
        let longest = task.graph().roots().map(|root| by_trying(&task, root, &seconds)).max();
        let path = found(&made).critical_path.unwrap();
        assert_eq!(path.duration.map(|time| time.as_secs()), longest, "seed {seed}");
        assert_eq!(path.path.iter().map(|&step| seconds(step)).sum::<u64>(), longest.unwrap(), "seed {seed}");
    }
}
