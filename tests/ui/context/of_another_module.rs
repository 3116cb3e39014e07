use tasker::{Tasker, workflow};

#[workflow]
mod order {
    use tasker::StepError;

    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub struct Context {
        pub cents: u64,
    }

    #[step]
    pub async fn charge(ctx: &super::refund::Context) -> Result<u64, StepError> {
        Ok(ctx.cents)
    }
}

#[workflow]
mod refund {
    use tasker::StepError;

    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub struct Context {
        pub cents: u64,
    }

    #[step]
    pub async fn pay(ctx: &Context) -> Result<u64, StepError> {
        Ok(ctx.cents)
    }
}

async fn elsewhere(tasker: &Tasker) {
    let task = tasker.start::<order::Workflow>(refund::Context { cents: 1 }).await.unwrap();
    let paid = task.output::<refund::pay>().await.unwrap();
    drop(paid);
    // Nothing of this is wrong.
    let refund = tasker.start::<refund::Workflow>(refund::Context { cents: 1 }).await.unwrap();
    let paid: Option<u64> = refund.output::<refund::pay>().await.unwrap();
    drop(paid);
}

fn main() {
    let _ = Tasker::builder(()).register::<order::Workflow>().register::<refund::Workflow>();
    let _ = elsewhere;
}
