use tasker::workflow;

#[workflow]
mod order {
    use std::borrow::Cow;
    use tasker::{Output, State, StepError};

    pub type Context = String;

    #[step]
    async fn charge(_: &mut Context) -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = charge)]
    async fn ship(_: &Context, _: &Output<charge>) -> Result<u64, StepError> {
        Ok(1)
    }

    #[step]
    async fn keep(_: &'static Context) -> Result<u64, StepError> {
        Ok(1)
    }

    #[step]
    async fn borrow(_: State<&str>, _: State<Cow<'_, str>>) -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {}
