use tasker::{MemoryStore, Tasker, workflow};

#[workflow]
mod order {
    use tasker::{Output, StepError};

    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub struct Context {
        pub express: bool,
    }

    #[step(skippable)]
    pub async fn quote() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(skippable, when = |ctx| ctx.express)]
    pub async fn wrap() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(skippable = true)]
    pub async fn greet() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(optional)]
    pub async fn thank() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = [quote, wrap, greet])]
    pub async fn charge(
        quote: Output<quote>,
        wrapped: Option<Output<wrap>>,
        greeted: Option<Output<greet>>,
    ) -> Result<u64, StepError> {
        drop((wrapped, greeted));
        Ok(*quote)
    }
}

// Nothing of this is wrong.
async fn elsewhere() {
    let tasker = Tasker::builder(()).store(MemoryStore::new()).register::<order::Workflow>().build().await.unwrap();
    let task = tasker.start::<order::Workflow>(order::Context { express: true }).await.unwrap();
    let wrapped: Option<u64> = task.output::<order::wrap>().await.unwrap();
    drop(wrapped);
}

fn main() {
    drop(elsewhere());
}
