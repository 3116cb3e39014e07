use tasker::{MemoryStore, Tasker, workflow};

#[workflow]
mod order {
    use tasker::{Output, StepError};

    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub struct Context {
        pub express: bool,
    }

    #[step(when = |ctx| ctx.express)]
    pub async fn quote() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = quote)]
    pub async fn charge(quote: Output<quote>) -> Result<u64, StepError> {
        Ok(*quote)
    }

    #[step(depends_on = charge)]
    pub async fn tell(cents: Output<charge>, quote: tasker::Output<quote>) -> Result<u64, StepError> {
        Ok(*cents + *quote)
    }
}

// Nothing of this is wrong.
async fn elsewhere() {
    let tasker = Tasker::builder(()).store(MemoryStore::new()).register::<order::Workflow>().build().await.unwrap();
    let task = tasker.start::<order::Workflow>(order::Context { express: true }).await.unwrap();
    let quote: Option<u64> = task.output::<order::quote>().await.unwrap();
    let told: Option<u64> = task.output::<order::tell>().await.unwrap();
    drop((quote, told));
}

fn main() {
    drop(elsewhere());
}
