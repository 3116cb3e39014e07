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

            // Spelled as Rust spells types.
            type Checked = validate;
            use self::charge as Charged;
            type Paid = Charged;

            #[step(depends_on = charge)]
            async fn tell(paid: Output<Paid>, charged: Option<Output<Charged>>) -> Result<bool, StepError> {
                Ok(charged.is_some_and(|charged| *charged == *paid))
            }

            #[step(depends_on = validate)]
            pub(crate) async fn reserve(cart: Output<Checked>) -> Result<u64, StepError> {
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

// Whoever starts a task of it writes the number.
#[workflow]
pub mod numbers {
    use tasker::StepError;

    type Context = u64;

    #[step]
    pub async fn count(from: &Context) -> Result<u64, StepError> {
        Ok(*from)
    }
}

async fn uses(tasker: &Tasker) {
    let task = tasker.start::<shop::Order>(1).await.unwrap();
    let paid: Option<u64> = task.output::<shop::pay>().await.unwrap();
    let placed: Option<u64> = task.output::<place>().await.unwrap();
    assert_eq!(paid, placed);
    let _ = tasker.start::<numbers::Workflow>(1).await.unwrap().output::<numbers::count>().await.unwrap();
}

fn main() {
    let _ = Tasker::builder(()).register::<shop::Order>().register::<steps_of_others::Workflow>().register::<numbers::Workflow>();
    drop((shop::pay(Output(1)), place(Output(1), Output(2)), steps_of_others::forward(&1)));
    let _ = uses;
    assert_eq!(shop::Order::define().build().unwrap().steps().len(), 5);
}
