use tasker::workflow;

#[workflow]
mod order {
    use tasker::StepError;

    pub type Context = ();

    #[step]
    async fn charge(&self) -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {}
