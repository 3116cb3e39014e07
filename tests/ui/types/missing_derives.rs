use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tasker::workflow;

#[derive(Deserialize, JsonSchema)]
pub struct NotSerialize;

#[derive(Serialize, JsonSchema)]
pub struct NotDeserialize;

#[derive(Serialize, Deserialize)]
pub struct NotJsonSchema;

#[workflow]
mod order {
    use super::{NotDeserialize, NotJsonSchema, NotSerialize};
    use tasker::{Output, StepError};

    #[derive(serde::Serialize, serde::Deserialize)]
    pub struct Context {
        pub cents: u64,
    }

    #[step]
    pub async fn a(ctx: &Context) -> Result<NotSerialize, StepError> {
        let _ = ctx;
        Ok(NotSerialize)
    }

    #[step(depends_on = a)]
    pub async fn b(a: Output<a>) -> Result<NotDeserialize, StepError> {
        let NotSerialize = a.0;
        Ok(NotDeserialize)
    }

    #[step(depends_on = b)]
    pub async fn c(b: Output<b>) -> Result<NotJsonSchema, StepError> {
        let NotDeserialize = b.0;
        Ok(NotJsonSchema)
    }

    #[step(depends_on = c)]
    pub async fn d(c: Output<c>) -> Result<Vec<Option<NotJsonSchema>>, StepError> {
        Ok(vec![Some(c.0)])
    }
}

fn main() {
    let _ = tasker::Tasker::builder(()).register::<order::Workflow>();
    drop((order::a(&order::Context { cents: 1 }), order::d(Output(NotJsonSchema))));
}

use tasker::Output;
