#![deny(warnings)]

use tasker::{Workflow, workflow};

#[workflow]
mod r#try {
    use tasker::{Output, StepError};

    pub type Context = ();

    #[step]
    async fn r#match() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = r#match)]
    async fn r#ship(found: Output<r#match>) -> Result<u64, StepError> {
        Ok(*found)
    }

    #[step(depends_on = ship)]
    async fn notify(receipt: Output<ship>, found: Output<r#match>) -> Result<u64, StepError> {
        Ok(*receipt + *found)
    }
}

fn main() {
    let def = r#try::Workflow::define().build().unwrap();
    assert_eq!(def.id().to_string(), "default.try@0.1.0");
    assert_eq!(def.steps().iter().map(|step| step.name()).collect::<Vec<_>>(), ["match", "ship", "notify"]);
}
