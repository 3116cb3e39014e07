use tasker::workflow;

#[workflow]
mod order {
    use tasker::{Output, StepError};

    pub type Context = ();

    #[step]
    async fn charge(receipt: Output<ship>) -> Result<u64, StepError> {
        Ok(*receipt)
    }

    #[step(depends_on = charge)]
    async fn ship() -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {}
