//! A step is a type too, and the workflow is called `Workflow`.

use tasker::workflow;

#[workflow]
mod order {
    use tasker::{Output, StepError};

    pub type Context = ();

    #[allow(non_camel_case_types)]
    pub struct payment {
        pub cents: u64,
    }

    #[step]
    pub async fn payment() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = payment)]
    pub async fn ship(paid: Output<payment>) -> Result<u64, StepError> {
        Ok(*paid)
    }
}

fn main() {}
