use tasker::workflow;

#[workflow(title = "order", max_parallel_steps = 1)]
mod order {
    use tasker::{Output, StepError};

    pub type Context = ();

    #[step]
    async fn list() -> Result<Vec<u64>, StepError> {
        Ok(vec![1])
    }

    #[step(for_each = list)]
    async fn each(item: Output<list>) -> Result<u64, StepError> {
        Ok(item[0])
    }

    #[step(after = list)]
    async fn a(list: Output<list>) -> Result<u64, StepError> {
        Ok(list[0])
    }

    #[step(needs = [list])]
    async fn b(list: Output<list>) -> Result<u64, StepError> {
        Ok(list[0])
    }

    #[step(max_attempts = 3)]
    async fn c() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(if = is_express, deadline = "3s")]
    async fn d() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(id = "pay", schedule = "0 0 * * *")]
    async fn e() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(retry(attempts = 3, backoff = "1s", max_delay = "1m"))]
    async fn f() -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {}
