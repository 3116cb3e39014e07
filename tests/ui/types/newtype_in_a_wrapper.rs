//! `.0` of a wrapper is what it wraps, also where that has a field `0` of its own.

use tasker::{AppState, Tasker, workflow};

#[derive(Clone)]
pub struct Limit(pub u64);

#[derive(AppState)]
struct App {
    limit: Limit,
}

#[workflow]
mod order {
    use super::Limit;
    use tasker::{State, StepError};

    pub type Context = ();

    #[step]
    async fn charge(limit: State<Limit>) -> Result<u64, StepError> {
        let right: u64 = limit.0.0;
        let wrong: u64 = limit.0;
        Ok(right + wrong)
    }
}

fn main() {
    let _ = Tasker::builder(App { limit: Limit(1) }).register::<order::Workflow>();
}
