use tasker::{AppState, Tasker, workflow};

#[derive(Clone)]
pub struct Gateway;

#[derive(Clone)]
pub struct Stock;

#[derive(AppState)]
struct App {
    name: String,
}

#[workflow]
mod order {
    use super::{Gateway, Stock};
    use tasker::{Output, State, StepError};

    pub type Context = ();

    #[step]
    pub async fn charge(gateway: State<Gateway>, name: State<String>) -> Result<(), StepError> {
        drop((gateway, name));
        Ok(())
    }

    #[step(depends_on = charge)]
    pub async fn ship(_: Output<charge>, gateway: State<Gateway>, stock: State<Stock>) -> Result<(), StepError> {
        drop((gateway, stock));
        Ok(())
    }
}

fn main() {
    let app = App { name: String::new() };
    let _ = Tasker::builder(app).register::<order::Workflow>();
}
