use tasker::workflow;

#[workflow]
mod order {
    use tasker::{Output, StepError};

    pub type Context = ();

    #[step(depends_on = notify)]
    async fn notify() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = notify)]
    async fn count(own: Output<count>) -> Result<u64, StepError> {
        Ok(*own + 1)
    }
}

fn main() {}
