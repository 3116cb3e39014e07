use tasker::workflow;

#[workflow]
mod order {
    use tasker::{Output, StepError};

    pub type Context = ();

    #[step]
    async fn validate_cart() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step]
    async fn reserve() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step]
    async fn discount() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = validate_cart)]
    async fn charge(
        cart: Output<validate_cart>,
        stock: Output<reserve>,
        discount: tasker::Output<discount>,
    ) -> Result<u64, StepError> {
        Ok(*cart + *stock - *discount)
    }

    #[step]
    async fn ship(payment: Output<charge>) -> Result<u64, StepError> {
        Ok(*payment)
    }

    // An ancestor, though not a direct one.
    #[step(depends_on = charge)]
    async fn notify(cart: Output<validate_cart>) -> Result<u64, StepError> {
        Ok(*cart)
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
