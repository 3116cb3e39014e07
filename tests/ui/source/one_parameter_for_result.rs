//! `Result` has one parameter where an alias is imported, and two where none is.

use tasker::workflow;

#[workflow]
mod order {
    use tasker::{Output, StepError};

    pub type Context = ();

    #[step]
    pub async fn charge() -> Result<u64> {
        Ok(1)
    }

    #[step(depends_on = charge)]
    pub async fn ship(charged: Output<charge>) -> Result<u64, StepError> {
        Ok(*charged)
    }
}

fn main() {
    let _ = tasker::Tasker::builder(()).register::<order::Workflow>();
}
