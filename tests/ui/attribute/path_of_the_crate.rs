use tasker::workflow;

#[workflow(crate = "tasker")]
mod order {
    use tasker::StepError;

    pub type Context = ();

    #[step]
    async fn charge() -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {}
