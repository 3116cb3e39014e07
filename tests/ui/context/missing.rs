use tasker::workflow;

#[workflow]
mod order {
    use tasker::StepError;

    #[step]
    async fn charge() -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {}
