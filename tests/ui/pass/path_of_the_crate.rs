//! A host that gives `tasker` to its plugins under another name.

mod host {
    pub mod engine {
        pub use ::tasker::*;
    }
}

// What the attributes would name without `crate = ..`.
mod tasker {}

use host::engine::{AppState, Executable, workflow};

#[derive(AppState)]
#[app_state(crate = crate::host::engine)]
struct App {
    name: String,
}

#[workflow(crate = crate::host::engine)]
mod order {
    use crate::host::engine::{Config, State, StepError};

    pub type Context = ();

    #[step(config = 3, retry(limit = 2), timeout = "1s")]
    async fn charge(_: &Context, name: State<String>, limit: Config<u64>) -> Result<u64, StepError> {
        Ok(name.len() as u64 + *limit)
    }
}

fn main() {
    let _ = App { name: String::new() }.name;
    assert_eq!(<order::Workflow as Executable<App>>::handlers().len(), 1);
}
