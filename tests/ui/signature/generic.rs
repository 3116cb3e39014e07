use tasker::workflow;

#[workflow]
mod order {
    use tasker::{State, StepError};

    pub type Context = String;

    #[step]
    async fn of_a_type<T: Clone>(_: State<T>) -> Result<u64, StepError> {
        Ok(1)
    }

    #[step]
    async fn of_a_lifetime<'a>(ctx: &'a Context) -> Result<u64, StepError> {
        Ok(ctx.len() as u64)
    }

    #[step]
    async fn of_a_number<const N: usize>() -> Result<[u64; N], StepError> {
        Ok([0; N])
    }

    #[step]
    async fn of_an_impl(_: State<u64>, _: impl Send) -> Result<u64, StepError> {
        Ok(1)
    }

    #[step]
    async fn of_an_impl_context(_: &impl Send) -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {}
