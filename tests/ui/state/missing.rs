use tasker::{AppState, Tasker, workflow};

#[derive(Clone)]
pub struct Gateway;

#[derive(AppState)]
struct App {
    name: String,
}

#[workflow]
mod order {
    use super::Gateway;
    use tasker::{State, StepError};

    pub type Context = ();

    #[step]
    async fn charge(gateway: State<Gateway>, name: State<String>) -> Result<(), StepError> {
        drop((gateway, name));
        Ok(())
    }
}

fn main() {
    let app = App { name: String::new() };
    let _ = Tasker::builder(app).register::<order::Workflow>();
}
