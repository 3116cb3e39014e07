//! Where the time went: when each step ran, drawn as a bar, and what `tasker::report` makes of it. All of it is measured; the times are
//! those that the database keeps with each step.

use std::time::Duration;

use tasker::report::{StepSnapshot, TaskSnapshot};
use tasker::{StepStatus, Timestamp};

use crate::table::{Align, table};

/// How many characters the whole task is wide.
const WIDTH: u32 = 40;

/// The steps of a task with their times, and how many ran at a time.
pub fn of(task: &TaskSnapshot) -> String {
    let steps = || task.status().steps.iter().zip(task.steps());
    let first = steps().filter_map(|(_, known)| known.started_at).min();
    let last = steps().filter_map(|(_, known)| known.ended_at).max();
    let Some((first, last)) = first.zip(last) else { return String::new() };
    let whole = last.since(first);
    let rows: Vec<_> = steps().map(|(step, known)| row(step, known, first, whole)).collect();
    let head = [
        ("STEP", Align::Left),
        ("ATTEMPTS", Align::Right),
        ("BEGAN", Align::Right),
        ("ENDED", Align::Right),
        ("", Align::Left),
    ];
    let analysis = task.analysis();
    let at_a_time = analysis.parallelism.measured_parallel_steps.map_or_else(String::new, |steps| {
        format!("\n{} from the first step to the last, {steps:.1} steps at a time\n", seconds(whole))
    });
    let path = analysis.critical_paths.critical_path;
    let longest = path.and_then(|path| {
        let steps = path.step_names.join(" → ");
        Some(format!("{} of it on the longest way: {steps}\n", seconds(path.duration?)))
    });
    table(head, &rows) + &at_a_time + &longest.unwrap_or_default()
}

fn row(step: &StepStatus, known: &StepSnapshot, first: Timestamp, whole: Duration) -> [String; 5] {
    let since = |moment: Option<Timestamp>| moment.map(|moment| moment.since(first));
    let (began, ended) = (since(known.started_at), since(known.ended_at));
    let shown = |moment: Option<Duration>| moment.map_or_else(String::new, seconds);
    let bar = began.zip(ended).map_or_else(String::new, |(began, ended)| bar(began, ended, whole));
    [step.name.clone(), step.attempts.to_string(), shown(began), shown(ended), bar]
}

/// A bar between two moments of the whole. Whatever ran at all can be seen.
fn bar(began: Duration, ended: Duration, whole: Duration) -> String {
    let place =
        |moment: Duration| (moment.as_secs_f64() / whole.as_secs_f64() * f64::from(WIDTH)).round() as u32;
    let from = place(began).min(WIDTH - 1);
    let to = place(ended).clamp(from + 1, WIDTH);
    " ".repeat(from as usize) + &"█".repeat((to - from) as usize)
}

fn seconds(time: Duration) -> String {
    format!("{:.2}s", time.as_secs_f64())
}
