//! Where the time went: when each step ran, drawn as a bar, and what `tasker::report` makes of it. All of it is measured; the times are
//! those that the database keeps with each step.

use std::time::Duration;

use tasker::report::{StepSnapshot, TaskSnapshot};
use tasker::{Attempt, StepStatus, TaskState, Timestamp};

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
    let again = steps().any(|(step, _)| step.attempts > Attempt(1));
    let again = if again { "\nOf a step with several attempts this is the last.\n" } else { "" };
    table(head, &rows) + again + &in_words(task, whole).unwrap_or_default()
}

/// What it comes to, once the task is complete.
fn in_words(task: &TaskSnapshot, whole: Duration) -> Option<String> {
    if task.status().state != TaskState::Complete {
        return None;
    }
    let analysis = task.analysis();
    let at_a_time = analysis.parallelism.measured_parallel_steps?;
    let path = analysis.critical_paths.critical_path?;
    let (whole, longest, steps) = (seconds(whole), seconds(path.duration?), path.step_names.join(" → "));
    Some(format!(
        "\n{whole} from the first step to the last, {at_a_time:.1} steps at a time\n\
         {longest} of it on the longest way: {steps}\n"
    ))
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
