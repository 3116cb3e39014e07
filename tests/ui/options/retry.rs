use tasker::workflow;

#[workflow]
mod order {
    use tasker::StepError;

    pub type Context = ();

    #[step(retry(limit = 0))]
    async fn a() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(retry(limit = "3"))]
    async fn b() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(retry(limit = 5000000000))]
    async fn c() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(retry = 3)]
    async fn d() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(no_retry = true)]
    async fn e() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(retry(base = "5m", max = "1m"))]
    async fn f() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(retry(base = "1m"))]
    async fn g() -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {}
