use tasker::{Tasker, workflow};

#[workflow]
mod order {
    use tasker::StepError;

    pub type Context = ();

    #[step]
    async fn charge() -> Result<u64, StepError> {
        Ok(1)
    }
}

struct Order;

fn main() {
    let _ = Tasker::builder(()).register::<Order>();
}
