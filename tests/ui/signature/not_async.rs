use tasker::workflow;

#[workflow]
mod order {
    use tasker::{Output, StepError};

    pub type Context = ();

    #[step]
    fn charge() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step]
    const fn refund() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = charge)]
    async fn ship(payment: Output<charge>) -> Result<u64, StepError> {
        Ok(*payment)
    }
}

fn main() {}
