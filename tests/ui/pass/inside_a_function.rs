//! As in a test: the module stands in the body of a function.

#![deny(warnings)]

use tasker::{Executable, Tasker, Workflow};

fn main() {
    const LIMIT: u64 = 3;

    #[tasker::workflow]
    mod order {
        use tasker::{Output, StepError};

        pub type Context = u64;

        #[step(when = |cents| *cents > 1)]
        pub async fn charge(cents: &Context) -> Result<u64, StepError> {
            Ok(*cents)
        }

        #[step(depends_on = charge)]
        pub async fn ship(paid: Option<Output<charge>>) -> Result<u64, StepError> {
            Ok(paid.map_or(0, |paid| *paid))
        }
    }

    let _ = Tasker::builder(()).register::<order::Workflow>();
    assert!(order::Workflow::define().build().unwrap().steps().len() < LIMIT as usize);
    assert_eq!(<order::Workflow as Executable<()>>::handlers().len(), 2);
    drop(order::charge(&1));
}
