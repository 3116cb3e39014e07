use tasker::workflow;

#[workflow]
mod order {
    use tasker::StepError;

    pub type Context = String;

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
    async fn function() -> fn() -> Result<u64, StepError> {
        || Ok(1)
    }
}

fn main() {}
