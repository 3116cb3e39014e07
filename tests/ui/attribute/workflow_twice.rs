use tasker::workflow;

#[workflow(name = "order")]
#[workflow(version = "1.0.0")]
mod order {
    use tasker::StepError;

    pub type Context = ();

    #[step]
    pub async fn charge() -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {
    let _ = tasker::Tasker::builder(()).register::<order::Workflow>();
}
