use tasker::workflow;

#[workflow]
mod order {
    use tasker::StepError;

    pub type Context = ();

    #[step]
    async fn by_value(self) -> Result<u64, StepError> {
        Ok(1)
    }

    #[step]
    async fn by_reference(&mut self) -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {}
