//! The function of a step as a test has it: noted when it begins and ends, and replaced by what the script says.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::script::Part;
use super::trace::Recorder;
use crate::param::StepInput;
use crate::registry::Handler;
use crate::step::{BoxFuture, Ended};
use crate::{StepDef, StepError};

#[derive(Clone)]
pub(super) struct Rehearsed {
    pub(super) real: Arc<dyn Handler>,
    pub(super) recorder: Recorder,
    pub(super) part: Option<Part>,
}

impl Handler for Rehearsed {
    fn run(&self, input: StepInput) -> BoxFuture<'static, Result<Ended, StepError>> {
        let this = self.clone();
        Box::pin(async move {
            let step = input.workflow.step(input.step).map_or("", StepDef::name);
            let execution = this.recorder.begin(input.task, step, input.attempt);
            let ended = this.play(input).await;
            execution.end(&ended);
            ended
        })
    }
}

impl Rehearsed {
    async fn play(&self, input: StepInput) -> Result<Ended, StepError> {
        let Some(part) = &self.part else { return self.real.run(input).await };
        if let Some(ended) = self.ended_by_when(&input).await {
            return ended;
        }
        if let Some(error) = part.next_failure(input.task) {
            return Err(error);
        }
        part.fake.as_ref().unwrap_or(&self.real).run(input).await
    }

    /// The end of a step that its `when` skips, which holds for fakes and failures too.
    async fn ended_by_when(&self, input: &StepInput) -> Option<Result<Ended, StepError>> {
        if !input.workflow.step(input.step)?.is_optional() {
            return None;
        }
        let runs = Arc::new(AtomicBool::new(false));
        let ended = self.real.run(StepInput { only_when: Some(Arc::clone(&runs)), ..input.clone() }).await;
        (!runs.load(Ordering::Relaxed)).then_some(ended)
    }
}
