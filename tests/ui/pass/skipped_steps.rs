//! Steps with a condition, and what reads them.

#![deny(warnings, clippy::all, clippy::pedantic)]

use tasker::{Executable, Workflow, workflow};

#[workflow(shape = 0xb65e_1015_a9cd_dc46)]
mod order {
    use tasker::{Output, StepError};

    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub struct Context {
        pub express: bool,
        pub cents: u64,
    }

    const LIMIT: u64 = 100;

    fn is_express(ctx: &Context) -> bool {
        ctx.express
    }

    impl Context {
        fn is_large(&self) -> bool {
            self.cents > LIMIT
        }
    }

    #[step(when = is_express)]
    async fn quote(ctx: &Context) -> Result<u64, StepError> {
        Ok(ctx.cents)
    }

    #[step(when = Context::is_large)]
    async fn check_fraud() -> Result<bool, StepError> {
        Ok(true)
    }

    #[step(when = |ctx| ctx.cents > LIMIT && !ctx.express, depends_on = [quote, check_fraud])]
    async fn charge(quote: Option<Output<quote>>, fine: Option<Output<check_fraud>>) -> Result<u64, StepError> {
        Ok(quote.map_or(0, |quote| *quote) + u64::from(fine.is_none_or(|fine| *fine)))
    }

    #[step(depends_on = charge)]
    async fn ship(paid: std::option::Option<tasker::Output<charge>>, quote: Option<Output<quote>>) -> Result<(), StepError> {
        drop((paid, quote));
        Ok(())
    }
}

/// Nothing but an operator skips it.
#[workflow(context = ())]
mod gift {
    use tasker::{Output, StepError};

    #[step(skippable)]
    async fn wrap() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = wrap, skippable, no_retry)]
    async fn send(wrapped: Option<Output<wrap>>) -> Result<bool, StepError> {
        Ok(wrapped.is_some())
    }
}

fn main() {
    assert_eq!(<order::Workflow as Executable<()>>::handlers().len(), 4);
    assert_eq!(order::Workflow::define().build().unwrap().steps().len(), 4);
    assert!(gift::Workflow::define().build().unwrap().steps().iter().all(tasker::StepDef::is_optional));
}
