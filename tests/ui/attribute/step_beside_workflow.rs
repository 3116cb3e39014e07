use tasker::workflow;

#[workflow]
#[step]
mod order {
    use tasker::StepError;

    pub type Context = ();

    #[step]
    pub async fn charge() -> Result<u64, StepError> {
        Ok(1)
    }
}

#[workflow]
mod refund {
    use tasker::{StepError, workflow};

    pub type Context = ();

    #[step]
    #[workflow]
    pub async fn pay() -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {
    drop((order::charge(), refund::pay()));
}
