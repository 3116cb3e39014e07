//! A step is told to wait for itself, where another one was meant.

use tasker::workflow;

#[workflow]
mod order {
    use tasker::{Output, StepError};

    pub type Context = u64;

    #[step]
    pub async fn charge() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = charge)]
    pub async fn ship(charged: Output<charge>) -> Result<u64, StepError> {
        Ok(*charged)
    }

    #[step(depends_on = thank)]
    pub async fn thank(charged: Output<charge>, shipped: Output<ship>) -> Result<u64, StepError> {
        Ok(*charged + *shipped)
    }

    #[step(depends_on = [thank, tell])]
    pub async fn tell(charged: Output<charge>) -> Result<u64, StepError> {
        Ok(*charged)
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
