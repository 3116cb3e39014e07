use tasker::{Tasker, workflow};

#[workflow]
mod order {
    use tasker::{Output, StepError};

    pub type Context = ();

    #[step(depends_on = ship)]
    pub async fn charge(shipped: Output<ship>) -> Result<u64, StepError> {
        Ok(*shipped)
    }

    #[step(depends_on = charge)]
    pub async fn ship(charged: Output<charge>) -> Result<u64, StepError> {
        Ok(*charged)
    }

    #[step(depends_on = ship)]
    pub async fn tell(shipped: Output<ship>, charged: Output<charge>) -> Result<u64, StepError> {
        Ok(*shipped + *charged)
    }
}

// Nothing of this is wrong.
#[workflow]
mod refund {
    use tasker::{Output, StepError};

    pub type Context = ();

    #[step]
    pub async fn pay() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = pay)]
    pub async fn tell(paid: Output<pay>) -> Result<u64, StepError> {
        Ok(*paid)
    }
}

async fn elsewhere(tasker: &Tasker) {
    let task = tasker.start::<order::Workflow>(()).await.unwrap();
    let told: Option<u64> = task.output::<order::tell>().await.unwrap();
    let refund = tasker.start::<refund::Workflow>(()).await.unwrap();
    let paid: Option<u64> = refund.output::<refund::pay>().await.unwrap();
    drop((told, paid));
}

fn main() {
    let _ = Tasker::builder(()).register::<order::Workflow>().register::<refund::Workflow>();
    let _ = elsewhere;
}
