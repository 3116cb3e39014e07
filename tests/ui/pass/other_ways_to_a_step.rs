//! Steps by another name, from another module, through a re-export, and one that is called as its module.

#![deny(warnings)]

use tasker::{Output, Tasker, Workflow, workflow};

mod shop {
    mod inner {
        #[tasker::workflow]
        pub(crate) mod order {
            use self::validate as checked;
            use tasker::{Output, StepError};

            pub type Context = u64;

            #[step]
            pub(crate) async fn validate(cents: &Context) -> Result<u64, StepError> {
                Ok(*cents)
            }

            #[step(depends_on = validate)]
            pub(crate) async fn charge(cart: Output<checked>) -> Result<u64, StepError> {
                Ok(*cart)
            }

            #[step(depends_on = [charge, validate])]
            pub(crate) async fn order(cart: Output<self::validate>, paid: Output<charge>) -> Result<u64, StepError> {
                // A step is a function.
                Ok(*cart + *paid + charge(Output(1)).await?)
            }
        }
    }

    pub(super) use inner::order::{Workflow as Order, charge as pay, order};
}

use shop::order as place;

#[workflow(name = "again")]
mod steps_of_others {
    pub use super::u64_context::Context;
    use tasker::StepError;

    #[step]
    pub(super) async fn forward(cents: &Context) -> Result<u64, StepError> {
        super::shop::pay(tasker::Output(*cents)).await
    }
}

mod u64_context {
    pub type Context = u64;
}

async fn uses(tasker: &Tasker) {
    let task = tasker.start::<shop::Order>(1).await.unwrap();
    let paid: Option<u64> = task.output::<shop::pay>().await.unwrap();
    let placed: Option<u64> = task.output::<place>().await.unwrap();
    assert_eq!(paid, placed);
}

fn main() {
    let _ = Tasker::builder(()).register::<shop::Order>().register::<steps_of_others::Workflow>();
    drop((shop::pay(Output(1)), place(Output(1), Output(2)), steps_of_others::forward(&1)));
    let _ = uses;
    assert_eq!(shop::Order::define().build().unwrap().steps().len(), 3);
}
