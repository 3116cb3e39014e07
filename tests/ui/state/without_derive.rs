use tasker::{Tasker, workflow};

#[derive(Clone)]
pub struct Gateway;

struct App {
    gateway: Gateway,
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
}

fn main() {
    let app = App { gateway: Gateway };
    let _ = Tasker::builder(app).register::<order::Workflow>();
    let _ = Tasker::builder(()).register::<order::Workflow>();
}
