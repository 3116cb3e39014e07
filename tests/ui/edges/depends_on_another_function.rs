use tasker::workflow;

#[workflow]
mod order {
    use tasker::{Output, StepError};

    pub type Context = ();

    async fn helper() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step]
    async fn charge() -> Result<u64, StepError> {
        helper().await
    }

    #[step(depends_on = helper)]
    async fn ship() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = charge)]
    async fn tell(helped: Output<helper>) -> Result<u64, StepError> {
        Ok(*helped)
    }
}

fn main() {}
