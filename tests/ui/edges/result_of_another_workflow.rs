use tasker::workflow;

#[workflow]
mod refund {
    use tasker::StepError;

    pub type Context = ();

    #[step]
    pub async fn pay() -> Result<u64, StepError> {
        Ok(1)
    }
}

#[workflow]
mod order {
    use super::refund;
    use tasker::{Output, StepError};

    pub type Context = ();

    #[step]
    async fn charge(paid: Output<refund::pay>) -> Result<u64, StepError> {
        Ok(*paid)
    }
}

fn main() {}
