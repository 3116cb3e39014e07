//! The name of the function is meant, and not the one that is stored.

use tasker::workflow;

#[workflow]
mod order {
    use tasker::{Output, StepError};

    pub type Context = u64;

    #[step(name = "charge_card")]
    pub async fn charge(cents: &Context) -> Result<u64, StepError> {
        Ok(*cents)
    }

    #[step(depends_on = charge_card)]
    pub async fn ship(charged: Output<charge>) -> Result<u64, StepError> {
        Ok(*charged)
    }
}

fn main() {
    let _ = tasker::Tasker::builder(()).register::<order::Workflow>();
}
