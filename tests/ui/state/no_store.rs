use tasker::{Tasker, workflow};

#[workflow]
mod order {
    use tasker::StepError;

    pub type Context = ();

    #[step]
    pub async fn charge() -> Result<u64, StepError> {
        Ok(1)
    }
}

async fn elsewhere() {
    let tasker = Tasker::builder(()).register::<order::Workflow>().build().await.unwrap();
    let task = tasker.start::<order::Workflow>(()).await.unwrap();
    let charged: Option<u64> = task.output::<order::charge>().await.unwrap();
    drop(charged);
}

fn main() {
    drop(elsewhere());
}
