//! Two versions of one workflow side by side, and steps of the same name in each.

#![deny(warnings)]

use tasker::{Tasker, Workflow, workflow};

pub mod order {
    use super::workflow;

    #[workflow(name = "order", version = "1.0.0")]
    pub mod v1 {
        use tasker::StepError;

        pub type Context = u64;

        #[step]
        pub async fn charge(cents: &Context) -> Result<u64, StepError> {
            Ok(*cents)
        }
    }

    #[workflow(name = "order", version = "2.0.0")]
    pub mod v2 {
        use super::v1;
        use tasker::{Output, StepError};

        pub use v1::Context;

        #[step]
        pub async fn charge(cents: &Context) -> Result<u64, StepError> {
            v1::charge(cents).await
        }

        #[step(depends_on = charge)]
        pub async fn ship(payment: Output<charge>) -> Result<u64, StepError> {
            Ok(*payment)
        }
    }
}

fn main() {
    let _ = Tasker::builder(()).register::<order::v1::Workflow>().register::<order::v2::Workflow>();
    let (v1, v2) = (order::v1::Workflow::define().build().unwrap(), order::v2::Workflow::define().build().unwrap());
    assert_eq!((v1.id().to_string(), v2.id().to_string()), ("default.order@1.0.0".into(), "default.order@2.0.0".into()));
    assert_ne!(v1.shape(), v2.shape());
}
