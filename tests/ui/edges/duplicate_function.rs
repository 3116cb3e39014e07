use tasker::workflow;

#[workflow]
mod order {
    use tasker::{Output, StepError};

    pub type Context = ();

    #[step]
    async fn charge() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = charge)]
    async fn ship(payment: Output<charge>) -> Result<u64, StepError> {
        Ok(*payment)
    }

    #[step(depends_on = ship)]
    async fn charge() -> Result<u64, StepError> {
        Ok(2)
    }
}

fn main() {}
