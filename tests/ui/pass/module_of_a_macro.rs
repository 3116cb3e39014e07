//! A macro may make whole workflows: what `#[workflow]` sees is what came of it.

#![deny(warnings)]

use tasker::{Executable, Workflow};

macro_rules! transfer {
    ($name:ident, $context:ty, $first:ident => $second:ident) => {
        #[tasker::workflow(context = $context)]
        mod $name {
            use tasker::{Output, StepError};

            #[step]
            async fn $first(amount: &$context) -> Result<u64, StepError> {
                Ok(u64::from(*amount))
            }

            #[step(depends_on = $first, retry(limit = 2))]
            async fn $second(amount: Output<$first>) -> Result<u64, StepError> {
                Ok(*amount)
            }
        }
    };
}

transfer!(payment, u32, charge => tell);
transfer!(refund, u16, pay => notify);

fn main() {
    let names = |workflow: tasker::WorkflowBuilder| {
        let workflow = workflow.build().unwrap();
        workflow.steps().iter().map(|step| step.name().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(payment::Workflow::define()), ["charge", "tell"]);
    assert_eq!(names(refund::Workflow::define()), ["pay", "notify"]);
    assert_eq!(<refund::Workflow as Executable<()>>::handlers().len(), 2);
}
