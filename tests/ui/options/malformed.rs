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
    let _ = tasker::Tasker::builder(()).register::<healthy::Workflow>().register::<order::Workflow>();
    drop(healthy::double(tasker::Output(1)));
    let _ = elsewhere;
}
