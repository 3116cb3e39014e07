//! A workflow that runs one step of a task at a time; `true` is what it would be anyway.

#![deny(warnings)]

use tasker::{Workflow, workflow};

#[workflow(concurrent = false, context = u64)]
mod careful {
    use tasker::StepError;

    #[step]
    async fn charge() -> Result<u64, StepError> {
        Ok(1)
    }
}

#[workflow(concurrent = true, context = u64)]
mod quick {
    use tasker::StepError;

    #[step]
    async fn charge() -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {
    let [careful, quick] =
        [careful::Workflow::define(), quick::Workflow::define()].map(|workflow| workflow.build().unwrap());
    assert!(!careful.is_concurrent() && quick.is_concurrent());
    assert_ne!(careful.shape(), quick.shape());
}
