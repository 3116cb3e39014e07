use tasker::workflow;

#[workflow]
mod order {
    use tasker::StepError;

    pub type Context = ();

    #[step(name = "pay")]
    async fn charge() -> Result<(), StepError> {
        Ok(())
    }

    #[step(name = "pay", depends_on = charge)]
    async fn refund() -> Result<(), StepError> {
        Ok(())
    }

    #[step(name = "notify")]
    async fn send_mail() -> Result<(), StepError> {
        Ok(())
    }

    #[step]
    async fn notify() -> Result<(), StepError> {
        Ok(())
    }
}

fn main() {}
