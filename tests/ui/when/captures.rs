use tasker::workflow;

#[workflow]
mod order {
    use tasker::StepError;

    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub struct Context {
        pub cents: u64,
    }

    fn at_least(limit: u64) -> impl Fn(&Context) -> bool {
        move |ctx| ctx.cents >= limit
    }

    #[step(when = at_least(100))]
    async fn check_fraud() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(when = |ctx| ctx.cents >= limit)]
    async fn quote() -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {
    let limit = 100;
    assert!(limit > 1);
}
