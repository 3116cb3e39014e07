use tasker::{Tasker, workflow};

#[workflow]
mod order {
    use tasker::{Output, StepError};

    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub struct Context;

    #[step]
    pub async fn charge() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = charge)]
    pub async fn ship(charged: Output<charge>) -> Result<u64, StepError> {
        Ok(*charged)
    }
}

async fn elsewhere(tasker: &Tasker) {
    drop(tasker.start::<order>(order::Context).await);
    drop(tasker.start::<order::charge>(order::Context).await);
    drop(tasker.start::<order::Workflow>(()).await);
    let task = tasker.start::<order::Workflow>(order::Context).await.unwrap();
    drop(task.output::<order::Workflow>().await);
    drop(task.output::<order::Context>().await);
}

fn main() {
    let _ = Tasker::builder(()).register::<order>();
    let _ = Tasker::builder(()).register::<order::Context>();
    let _ = elsewhere;
}
