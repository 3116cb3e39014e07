use tasker::workflow;

#[workflow]
mod order {
    use tasker::{Output, State, StepError};

    pub type Context = ();

    #[step]
    #[cfg(windows)]
    async fn charge() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = charge)]
    async fn ship(#[cfg(windows)] _: State<u64>, payment: Output<charge>) -> Result<u64, StepError> {
        Ok(*payment)
    }
}

fn main() {}
