//! Conditions of each form about a context that nobody can see.

use tasker::workflow;

#[workflow]
pub mod order {
    use tasker::StepError;

    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    struct Context {
        gift: bool,
        cents: u64,
    }

    fn is_dear(ctx: &Context) -> bool {
        ctx.cents > 100
    }

    #[step(when = |ctx| ctx.gift)]
    pub async fn wrap() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(when = |ctx: &Context| !ctx.gift)]
    pub async fn charge(ctx: &Context) -> Result<u64, StepError> {
        Ok(ctx.cents)
    }

    #[step(when = is_dear)]
    pub async fn insure() -> Result<u64, StepError> {
        Ok(1)
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
}

fn main() {
    let _ = tasker::Tasker::builder(()).register::<healthy::Workflow>().register::<order::Workflow>();
    drop(healthy::double(tasker::Output(1)));
    let _ = elsewhere;
}
