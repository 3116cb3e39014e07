use tasker::workflow;

#[workflow]
mod order {
    use tasker::StepError;

    pub type Context = ();

    #[step(timeout = "30 sec")]
    async fn a() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(timeout = 30)]
    async fn b() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(timeout = "0s")]
    async fn c() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(timeout = "1000000d")]
    async fn d() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(retry(base = "1.5s", max = "1 minute"))]
    async fn e() -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {}
