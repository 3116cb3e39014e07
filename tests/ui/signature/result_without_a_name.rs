use tasker::workflow;

#[workflow]
mod order {
    use tasker::StepError;

    pub type Context = String;

    #[step]
    async fn charge() -> impl Future<Output = Result<(), StepError>> {
        async { Ok(()) }
    }

    #[step]
    async fn count() -> Result<impl serde::Serialize, StepError> {
        Ok(1)
    }

    #[step]
    async fn first_word(ctx: &Context) -> Result<&str, StepError> {
        Ok(ctx)
    }
}

fn main() {}
