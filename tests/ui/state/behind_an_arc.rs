//! The field is shared, and the step asks for what is behind it.

use std::sync::Arc;

use tasker::{AppState, Tasker, workflow};

pub struct Gateway;

#[derive(AppState)]
struct App {
    gateway: Arc<Gateway>,
}

#[workflow]
mod order {
    use super::Gateway;
    use tasker::{State, StepError};

    pub type Context = ();

    #[step]
    async fn charge(gateway: State<Gateway>) -> Result<(), StepError> {
        drop(gateway);
        Ok(())
    }

    #[step]
    async fn lent(gateway: State<&Gateway>) -> Result<(), StepError> {
        drop(gateway);
        Ok(())
    }
}

fn main() {
    let app = App { gateway: Arc::new(Gateway) };
    let _ = Tasker::builder(app).register::<order::Workflow>();
}
