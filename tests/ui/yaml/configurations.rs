use tasker::workflow;

#[workflow(yaml = "ui/yaml/configured.yaml", context = ())]
mod order {
    use tasker::{Config, StepError};

    #[step]
    async fn price() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step]
    async fn charge(limit: Config<u64>) -> Result<u64, StepError> {
        Ok(*limit)
    }

    // In one environment it has one.
    #[step]
    async fn ship(_: Config<std::collections::HashMap<String, String>>) -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {}
