use tasker::workflow;

#[workflow]
mod order {
    use tasker::StepError;

    pub type Context = ();

    #[step]
    #[derive(Debug, Clone)]
    pub async fn charge() -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {
    let _ = tasker::Tasker::builder(()).register::<order::Workflow>();
}
