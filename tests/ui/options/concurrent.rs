use tasker::workflow;

#[workflow(concurrent = "no")]
mod order {
    use tasker::StepError;

    pub type Context = ();

    #[step]
    async fn charge() -> Result<u64, StepError> {
        Ok(1)
    }
}

#[workflow(concurrent)]
mod refund {
    use tasker::StepError;

    pub type Context = ();

    #[step]
    async fn refund() -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {}
