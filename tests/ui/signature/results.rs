use tasker::workflow;

#[workflow]
mod order {
    use tasker::{Output, StepError};

    pub type Context = String;

    #[step]
    async fn one_parameter() -> Result<u64> {
        Ok(1)
    }

    #[step]
    async fn swapped() -> Result<StepError, u64> {
        Err(1)
    }

    #[step]
    async fn optional() -> Option<Result<u64, StepError>> {
        None
    }

    #[step]
    async fn boxed() -> Box<Result<u64, StepError>> {
        Box::new(Ok(1))
    }

    #[step]
    async fn never() -> ! {
        std::process::exit(1)
    }

    #[step]
    async fn reference(ctx: &Context) -> &Result<u64, StepError> {
        let _ = ctx;
        &Ok(1)
    }

    #[step]
    async fn result_of_a_step() -> Output<optional> {
        Output(1)
    }
}

fn main() {}
