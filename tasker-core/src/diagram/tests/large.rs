//! Graphs that are larger than anybody draws by hand.

use std::time::{Duration, Instant};

use fastrand::Rng;

use super::*;
use crate::report::fixture::MadeStep;

/// So many steps, each but the first ones depending on five of those that stand at most so far before it.
fn dense(count: usize, reach: usize) -> Made {
    let mut rng = Rng::with_seed(1);
    let mut made = Made::new(&[]);
    for at in 0..count {
        let mut before: Vec<_> =
            (0..5.min(at)).map(|_| StepNo::at(rng.usize(at.saturating_sub(reach)..at))).collect();
        before.sort_unstable();
        before.dedup();
        made.steps.push(MadeStep::new(format!("step_{at}"), before));
    }
    made
}

/// One step, so many behind it, and one behind them all.
fn fan(count: usize) -> Made {
    let mut made = Made::new(&[("split", &[])]);
    made.steps.extend((0..count).map(|at| MadeStep::new(format!("step_{at}"), vec![StepNo(0)])));
    made.steps.push(MadeStep::new("join".to_owned(), (1..=count).map(StepNo::at).collect()));
    made
}

#[test]
fn a_picture_grows_with_its_graph_and_not_with_the_rows_that_edges_pass() {
    let bytes = |count| Diagram::of_task(&dense(count, count).snapshot()).svg().len();
    let (small, large) = (bytes(100), bytes(800));
    assert!(large < small * 12, "8 times the steps take {} times the room", large / small);
}

#[test]
#[ignore = "measures: cargo test -p tasker-core --release --lib diagram::tests::large -- --ignored --nocapture"]
fn a_thousand_steps_are_drawn_and_analysed_in_a_tenth_of_a_second() {
    let graphs =
        [("5 of all before", dense(1000, 1000)), ("5 of 30 before", dense(1000, 30)), ("fan", fan(998))];
    for (name, made) in graphs {
        let task = made.snapshot();
        let diagram = Diagram::of_task(&task);
        let time = |what: &dyn Fn() -> usize| {
            let began = Instant::now();
            let size = what();
            (began.elapsed(), size)
        };
        let (svg, size) = time(&|| diagram.svg().len());
        let (mermaid, _) = time(&|| diagram.mermaid().len());
        let (analysis, _) = time(&|| task.analysis().bottlenecks.total_bottlenecks);
        println!("{name}: svg {svg:?} ({} KiB), mermaid {mermaid:?}, analysis {analysis:?}", size / 1024);
        assert!(svg + mermaid + analysis < Duration::from_millis(100), "{name}");
    }
}
