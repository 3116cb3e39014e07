//! The type got another name, and one of its mentions did not.

use tasker::{Tasker, workflow};

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct NewOrder {
    pub cents: u64,
}

#[workflow(context = super::Order)]
mod order {
    use super::NewOrder;
    use tasker::{Output, StepError};

    #[step]
    pub async fn charge(order: &NewOrder) -> Result<u64, StepError> {
        Ok(order.cents)
    }

    #[step(depends_on = charge, when = |order| order.cents > 0)]
    pub async fn ship(order: &NewOrder, charged: Output<charge>) -> Result<u64, StepError> {
        Ok(order.cents + *charged)
    }
}

#[workflow(context = super::NewOrder)]
mod refund {
    use tasker::StepError;

    #[step]
    pub async fn pay(order: &super::Order) -> Result<u64, StepError> {
        Ok(order.cents)
    }
}

async fn elsewhere(tasker: &Tasker) {
    drop(tasker.start::<order::Workflow>(NewOrder { cents: 1 }).await);
    drop(tasker.start::<refund::Workflow>(NewOrder { cents: 1 }).await);
}

fn main() {
    let _ = Tasker::builder(()).register::<order::Workflow>().register::<refund::Workflow>();
    let _ = elsewhere;
}
