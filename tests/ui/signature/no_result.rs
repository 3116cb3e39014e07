use tasker::workflow;

#[workflow]
mod order {
    use tasker::{Output, StepError};

    pub type Context = ();

    #[step]
    async fn charge() {}

    #[step]
    async fn reserve() -> (u64, u64) {
        (1, 1)
    }

    #[step]
    async fn count() -> u64 {
        1
    }

    #[step]
    async fn find() -> Option<u64> {
        None
    }

    #[step(depends_on = charge)]
    async fn ship(payment: Output<charge>) -> Result<(), StepError> {
        drop(payment);
        Ok(())
    }
}

fn main() {}
