//! No type of a result, and what reads it uses it.

use tasker::workflow;

#[workflow]
mod order {
    use tasker::{Output, StepError};

    pub type Context = u64;

    #[step]
    pub async fn charge() {}

    #[step(depends_on = charge)]
    pub async fn ship(payment: Output<charge>) -> Result<String, StepError> {
        let cents = payment.cents + 1;
        Ok(format!("{} for {cents}", *payment))
    }

    #[step(depends_on = charge)]
    pub async fn tell(payment: Option<Output<charge>>) -> Result<u64, StepError> {
        Ok(payment.map_or(0, |payment| *payment))
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
