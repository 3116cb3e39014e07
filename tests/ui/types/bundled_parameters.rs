use tasker::workflow;

#[workflow]
mod order {
    use tasker::{Output, StepError};

    pub type Context = String;

    #[step]
    async fn a() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = a)]
    async fn tuple(results: (Output<a>, &Context)) -> Result<u64, StepError> {
        drop(results);
        Ok(1)
    }

    #[step(depends_on = a)]
    async fn list(results: Vec<Output<a>>) -> Result<u64, StepError> {
        drop(results);
        Ok(1)
    }

    #[step(depends_on = a)]
    async fn without_a_step(result: Output) -> Result<u64, StepError> {
        drop(result);
        Ok(1)
    }

    #[step(depends_on = a)]
    async fn of_two_steps(result: Output<a, tuple>) -> Result<u64, StepError> {
        drop(result);
        Ok(1)
    }

    #[step(depends_on = a)]
    async fn in_a_result(result: Result<Output<a>, StepError>) -> Result<u64, StepError> {
        drop(result);
        Ok(1)
    }
}

fn main() {}
