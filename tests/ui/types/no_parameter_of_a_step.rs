use tasker::workflow;

#[derive(Clone)]
pub struct Gateway;

#[workflow]
mod order {
    use super::Gateway;
    use tasker::StepError;

    pub type Context = ();

    #[step]
    async fn charge(gateway: Gateway) -> Result<(), StepError> {
        drop(gateway);
        Ok(())
    }

    #[step]
    async fn by_value(ctx: Context) -> Result<(), StepError> {
        Ok(ctx)
    }
}

fn main() {}
