use tasker::workflow;

#[workflow]
mod order {
    use tasker::{Config, Output, StepError};

    pub type Context = ();

    #[step(timeout = )]
    async fn a() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = a timeout = "3s")]
    async fn b(a: Output<a>) -> Result<u64, StepError> {
        Ok(*a)
    }

    #[step("30s")]
    async fn c() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on: a)]
    async fn d(a: Output<a>) -> Result<u64, StepError> {
        Ok(*a)
    }

    #[step(config = let)]
    async fn e(config: Config<u64>) -> Result<u64, StepError> {
        Ok(*config)
    }
}

fn main() {}
