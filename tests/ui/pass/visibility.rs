//! Modules and steps of every visibility, with types that are no more visible than they have to be.

#![deny(warnings, unreachable_pub, private_interfaces, private_bounds)]

use tasker::{Executable, workflow};

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Cart;

#[workflow(context = Cart)]
mod private {
    use super::Cart;
    use tasker::{Output, StepError};

    /// A result that nobody else sees.
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    struct Inner;

    #[step]
    async fn inner() -> Result<Inner, StepError> {
        Ok(Inner)
    }

    #[step(depends_on = inner)]
    async fn reads_inner(_: Output<inner>) -> Result<(), StepError> {
        Ok(())
    }

    #[step]
    async fn engine() -> Result<Inner, StepError> {
        Ok(Inner)
    }

    // Names a module, and not the step that is called like it.
    #[step]
    pub(super) async fn reads_nothing(_: super::engine::Attempt) -> Result<(), StepError> {
        Ok(())
    }

    // Its type is seen where the functions that read its result are.
    #[step]
    async fn a(_: &Cart) -> Result<Cart, StepError> {
        Ok(Cart)
    }

    #[step(depends_on = a)]
    pub(super) async fn b(_: Output<a>) -> Result<Cart, StepError> {
        Ok(Cart)
    }

    #[step(depends_on = a)]
    pub(crate) async fn c(_: Output<a>) -> Result<Cart, StepError> {
        Ok(Cart)
    }

    #[step(depends_on = a)]
    #[allow(unreachable_pub)]
    pub async fn d(_: Output<a>) -> Result<Cart, StepError> {
        Ok(Cart)
    }
}

mod engine {
    pub(super) use tasker::Attempt;
}

mod nested {
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub(super) struct Cart;

    #[super::workflow(context = Cart)]
    pub(super) mod seen_by_main {
        use super::Cart;
        use tasker::{Output, StepError};

        #[step]
        async fn a(_: &Cart) -> Result<Cart, StepError> {
            Ok(Cart)
        }

        #[step(depends_on = a)]
        pub(crate) async fn b(_: Output<a>) -> Result<Cart, StepError> {
            Ok(Cart)
        }
    }
}

#[workflow]
pub(crate) mod seen_by_the_crate {
    use tasker::StepError;

    pub(crate) type Context = u64;

    #[step]
    pub(crate) async fn a(_: &Context) -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {
    assert_eq!(<private::Workflow as Executable<()>>::handlers().len(), 8);
    assert_eq!(<nested::seen_by_main::Workflow as Executable<()>>::handlers().len(), 2);
    assert_eq!(<seen_by_the_crate::Workflow as Executable<()>>::handlers().len(), 1);
    let _ = (private::b, private::c, private::d, nested::seen_by_main::b);
    let _ = std::any::type_name::<private::a>();
}
