//! `#[step]` was forgotten on a function that others wait for and read.

use tasker::workflow;

#[workflow]
mod order {
    use tasker::{Output, StepError};

    pub type Context = u64;

    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub struct Payment {
        pub cents: u64,
    }

    pub async fn charge(cents: &Context) -> Result<Payment, StepError> {
        Ok(Payment { cents: *cents })
    }

    #[step(depends_on = charge)]
    pub async fn ship(payment: Output<charge>) -> Result<u64, StepError> {
        Ok(payment.cents)
    }

    #[step(depends_on = ship)]
    pub async fn tell(payment: Output<charge>, shipped: Output<ship>) -> Result<u64, StepError> {
        Ok(payment.cents + *shipped)
    }
}

/// Here nobody waits for it.
#[workflow]
mod refund {
    use tasker::{Output, StepError};

    pub type Context = u64;

    pub async fn weigh() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step]
    pub async fn pay(weight: Output<weigh>) -> Result<String, StepError> {
        Ok(format!("{}", *weight))
    }

    #[step(depends_on = pay)]
    pub async fn tell(weight: Option<Output<weigh>>, paid: Output<pay>) -> Result<String, StepError> {
        Ok(weight.map_or_else(|| paid.clone(), |weight| weight.to_string()))
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
    let task = tasker.start::<order::Workflow>(1).await.unwrap();
    let charged: Option<order::Payment> = task.output::<order::charge>().await.unwrap();
    drop(charged);
}

fn main() {
    let _ = tasker::Tasker::builder(()).register::<healthy::Workflow>().register::<order::Workflow>().register::<refund::Workflow>();
    drop(healthy::double(tasker::Output(1)));
    let _ = elsewhere;
}
