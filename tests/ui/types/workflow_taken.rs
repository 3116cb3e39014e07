use tasker::{Tasker, workflow};

#[workflow]
mod order {
    use tasker::{Output, StepError};

    pub type Context = ();

    pub struct Workflow {
        pub steps: u64,
    }

    #[step]
    pub async fn charge() -> Result<u64, StepError> {
        Ok(Workflow { steps: 1 }.steps)
    }

    #[step(depends_on = charge)]
    pub async fn ship(paid: Output<charge>) -> Result<u64, StepError> {
        Ok(*paid)
    }
}

#[workflow]
mod refund {
    use tasker::{StepError, Workflow};

    pub type Context = ();

    #[step]
    pub async fn pay() -> Result<u64, StepError> {
        Ok(1)
    }
}

async fn elsewhere(tasker: &Tasker) {
    let task = tasker.start::<order::Workflow>(()).await.unwrap();
    let shipped: Option<u64> = task.output::<order::ship>().await.unwrap();
    drop(shipped);
}

fn main() {
    let _ = Tasker::builder(()).register::<order::Workflow>().register::<refund::Workflow>();
    let _ = elsewhere;
}
