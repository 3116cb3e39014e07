use tasker::workflow;

#[workflow(version = "1.0.0", version = "1.0.1")]
mod order {
    use tasker::StepError;

    pub type Context = ();

    #[step(timeout = "1m", timeout = "2m", retry(limit = 3, limit = 4))]
    async fn charge() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(retry(limit = 1), no_retry)]
    async fn ship() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(timeout = "1m")]
    #[step(depends_on = charge)]
    async fn notify() -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {}
