//! What a step cannot receive is an error where it is written, and once more where the workflow is registered.

use tasker::{Tasker, workflow};

#[derive(Clone)]
pub struct Gateway;

#[workflow]
mod order {
    use super::Gateway;
    use tasker::StepError;

    pub type Context = ();

    #[step]
    pub async fn charge(gateway: Gateway) -> Result<(), StepError> {
        drop(gateway);
        Ok(())
    }
}

fn main() {
    let _ = Tasker::builder(()).register::<order::Workflow>();
    drop(order::charge(Gateway));
}
