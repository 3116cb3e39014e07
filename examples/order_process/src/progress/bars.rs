use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};
use tasker::{StepState, StepStatus, TaskState};

use super::{Tracked, View, describe};
use crate::options::Format;

/// So many bars fit on a terminal and can still be read.
const MOST_BARS: usize = 12;

/// A bar for each task. Of many tasks only those at work have one, and below is one for all of them.
pub(super) struct Bars {
    screen: MultiProgress,
    tasks: Vec<Option<ProgressBar>>,
    total: Option<ProgressBar>,
}

impl Bars {
    pub(super) fn new(format: Format, tasks: usize) -> Self {
        let screen = MultiProgress::with_draw_target(match format {
            Format::Table => ProgressDrawTarget::stdout(),
            Format::Json => ProgressDrawTarget::stderr(),
        });
        let total = (tasks > MOST_BARS).then(|| {
            let bar = screen.add(bar(tasks));
            bar.set_prefix("orders");
            bar
        });
        Self { screen, tasks: vec![None; tasks], total }
    }

    /// The bar of a task, if there is room for it.
    fn bar(&mut self, place: usize, task: &Tracked) -> Option<&ProgressBar> {
        let shown = self.tasks.iter().flatten().count();
        if self.tasks[place].is_none() && shown < MOST_BARS {
            let bar = bar(task.status.steps.len());
            let bar = match &self.total {
                Some(total) => self.screen.insert_before(total, bar),
                None => self.screen.add(bar),
            };
            bar.set_prefix(task.order.clone());
            self.tasks[place] = Some(bar);
        }
        self.tasks[place].as_ref()
    }

    /// Makes room for others.
    fn end(&mut self, place: usize) {
        let Some(total) = &self.total else { return };
        total.inc(1);
        if let Some(bar) = self.tasks[place].take() {
            self.screen.remove(&bar);
        }
    }
}

impl View for Bars {
    fn begin(&mut self, place: usize, task: &Tracked) {
        // Few tasks keep their order on the screen, and those that ended before are there too.
        if self.total.is_none() || task.status.state.has_ended() {
            self.show(place, task, &[]);
        }
    }

    fn show(&mut self, place: usize, task: &Tracked, _: &[&StepStatus]) {
        let has_ended = task.status.state.has_ended();
        if has_ended && self.total.is_some() {
            return self.end(place);
        }
        if task.status.state == TaskState::Pending && self.total.is_some() {
            return;
        }
        let Some(bar) = self.bar(place, task) else { return };
        bar.set_message(message(task));
        bar.set_position(task.steps_done() as u64);
        if has_ended {
            bar.abandon();
        }
    }
}

fn bar(len: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix:>6} [{bar:15}] {pos}/{len} {wide_msg}");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> ");
    // A bar that is left shows how far its task came.
    ProgressBar::new(len as u64).with_style(style).with_finish(ProgressFinish::Abandon)
}

/// The step that the task is at, or how it ended.
fn message(task: &Tracked) -> String {
    let waits = |step: &&StepStatus| {
        matches!(step.state, StepState::InProgress | StepState::Error)
            || (step.state == StepState::Pending && step.attempts.0 > 0)
    };
    match task.status.steps.iter().find(waits) {
        Some(step) => format!("{} {}", step.name, describe(step)),
        None => task.status.state.to_string(),
    }
}
