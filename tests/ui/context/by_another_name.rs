//! The context is there, under a name that nobody looks for.

use tasker::workflow;

#[workflow]
mod order {
    use tasker::{Output, StepError};

    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub struct Ctx {
        pub gift: bool,
        pub cents: u64,
    }

    fn is_dear(ctx: &Ctx) -> bool {
        ctx.cents > 100
    }

    #[step(when = |ctx| ctx.gift)]
    pub async fn wrap(ctx: &Ctx) -> Result<u64, StepError> {
        Ok(ctx.cents)
    }

    #[step(depends_on = wrap, when = is_dear)]
    pub async fn charge(ctx: &Ctx, wrapped: Option<Output<wrap>>) -> Result<u64, StepError> {
        Ok(ctx.cents + wrapped.map_or(0, |wrapped| *wrapped))
    }
}

// Nothing of this is wrong.
#[workflow]
mod healthy {
    use tasker::{Output, StepError};

    pub type Context = u64;

    #[step]
    pub async fn count(from: &Context) -> Result<u64, StepError> {
        Ok(*from + 1)
    }

    #[step(depends_on = count)]
    pub async fn double(counted: Output<count>) -> Result<u64, StepError> {
        Ok(*counted * 2)
    }
}

async fn elsewhere(tasker: &tasker::Tasker) {
    let task = tasker.start::<healthy::Workflow>(1).await.unwrap();
    let doubled: Option<u64> = task.output::<healthy::double>().await.unwrap();
    drop(doubled);
    drop(tasker.start::<order::Workflow>(order::Ctx { gift: true, cents: 1 }).await);
}

fn main() {
    let _ = tasker::Tasker::builder(()).register::<healthy::Workflow>().register::<order::Workflow>();
    drop(healthy::double(tasker::Output(1)));
    let _ = elsewhere;
}
