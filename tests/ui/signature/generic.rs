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

// Nothing of this is wrong.
#[workflow]
mod healthy {
    use tasker::{Output, StepError};

    pub type Context = u64;

    #[step]
    pub async fn count(from: &Context) -> Result<u64, StepError> {
        Ok(*from + 1)
    }

    #[step(depends_on = count)]
    pub async fn double(counted: Output<count>) -> Result<u64, StepError> {
        Ok(*counted * 2)
    }
}

async fn elsewhere(tasker: &tasker::Tasker) {
    let task = tasker.start::<healthy::Workflow>(1).await.unwrap();
    let doubled: Option<u64> = task.output::<healthy::double>().await.unwrap();
    drop(doubled);
}

fn main() {
    let _ = tasker::Tasker::builder(()).register::<healthy::Workflow>();
    drop(healthy::double(tasker::Output(1)));
    let _ = elsewhere;
}
