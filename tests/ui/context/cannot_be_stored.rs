use tasker::workflow;

#[workflow]
mod order {
    use tasker::StepError;

    pub struct Context {
        pub cents: u64,
    }

    #[step]
    async fn charge(ctx: &Context) -> Result<u64, StepError> {
        Ok(ctx.cents)
    }
}

fn main() {}
