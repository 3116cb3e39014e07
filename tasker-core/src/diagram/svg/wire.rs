//! Edges as paths.

use std::fmt::Write;

use super::super::Step;
use super::super::layout::Run;
use super::text::number;
use crate::StepState;

/// The length of an arrow's head.
const HEAD_OF_ARROW: f64 = 7.0;

/// What the edges of steps are drawn as: whether they let their targets run.
pub(super) fn class<'s>(steps: impl Iterator<Item = &'s Step>) -> &'static str {
    let mut class = " open";
    for step in steps {
        match step.stand.as_ref().map(|stand| stand.state) {
            Some(StepState::Error | StepState::Cancelled) => return " shut",
            Some(state) if state.satisfies_dependents() => {}
            _ => class = "",
        }
    }
    class
}

/// A curve that leaves and arrives straight down.
pub(super) fn line(path: &mut String, run: &Run) {
    let ends_at = if run.target.is_some() { run.to.y - HEAD_OF_ARROW + 1.0 } else { run.to.y };
    let _ = write!(path, "M{} {}", number(run.from.x), number(run.from.y));
    let (from, to) = (run.from.x, run.to.x);
    if (from - to).abs() < 0.05 {
        let _ = write!(path, "V{}", number(ends_at));
        return;
    }
    if run.leaves > run.from.y {
        let _ = write!(path, "V{}", number(run.leaves));
    }
    // A box in a row of higher boxes begins below the row; the curve ends where the row begins.
    let arrives = run.arrives.min(ends_at);
    let bow = (arrives - run.leaves) * 0.52;
    let _ = write!(
        path,
        "C{} {} {} {} {} {}",
        number(from),
        number(run.leaves + bow),
        number(to),
        number(arrives - bow),
        number(to),
        number(arrives)
    );
    if ends_at > arrives {
        let _ = write!(path, "V{}", number(ends_at));
    }
}

/// The head of an arrow.
pub(super) fn head(path: &mut String, run: &Run) {
    let (x, y) = (run.to.x, run.to.y - 1.0);
    let _ = write!(
        path,
        "M{} {}L{} {}L{} {}Z",
        number(x),
        number(y),
        number(x - 3.6),
        number(y - HEAD_OF_ARROW),
        number(x + 3.6),
        number(y - HEAD_OF_ARROW)
    );
}
