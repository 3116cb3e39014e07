use tasker::workflow;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Margin {
    pub cents: i64,
}

#[workflow]
mod order {
    use super::Margin;
    use tasker::{Annotate, StepError};

    pub type Context = ();

    #[step]
    async fn charge(margin: Annotate<Margin>) -> Result<u64, StepError> {
        margin.set(Margin { cents: 1 });
        Ok(1)
    }
}

fn main() {}
