use std::io::Write;

use tasker::StepStatus;

use super::{Origin, Tracked, View, describe};

/// A line for each change, for logs and pipes.
pub(super) struct Lines(Box<dyn Write>);

impl Lines {
    pub(super) fn new(out: Box<dyn Write>) -> Self {
        Self(out)
    }

    fn line(&mut self, order: &str, what: &str, text: &str) {
        // Whoever read this may be gone; the orders go on.
        let _ = writeln!(self.0, "{order:<6}  {what:<17}  {text}");
    }
}

impl View for Lines {
    fn begin(&mut self, _: usize, task: &Tracked) {
        let Tracked { order, status, .. } = task;
        match task.origin {
            Origin::New => {}
            Origin::Resumed => {
                let text = format!("resumed, {} of {} steps complete", task.steps_done(), status.steps.len());
                self.line(order, "order", &text);
            }
            Origin::Existing => self.line(order, "order", &format!("existing, {}", status.state)),
        }
    }

    fn show(&mut self, _: usize, task: &Tracked, changed: &[&StepStatus]) {
        for step in changed {
            self.line(&task.order, &step.name, &describe(step));
        }
        if task.status.state.has_ended() {
            self.line(&task.order, "order", task.status.state.as_str());
        }
    }
}
