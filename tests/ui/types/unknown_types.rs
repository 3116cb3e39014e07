use tasker::workflow;

#[workflow]
mod order {
    use tasker::{State, StepError};

    pub type Context = ();

    #[step]
    async fn charge(gateway: State<Gatway>) -> Result<Payment, StepError> {
        gateway.charge().await
    }
}

fn main() {}
