//! What a step returns has no `Result` around it, and others read it.

use tasker::workflow;

#[workflow]
mod order {
    use serde::{Deserialize, Serialize};
    use tasker::{Output, StepError};

    #[derive(Serialize, Deserialize, schemars::JsonSchema)]
    pub struct Context {
        pub cents: u64,
    }

    pub struct Cart {
        pub cents: u64,
    }

    #[step]
    pub async fn validate(ctx: &Context) -> Cart {
        Cart { cents: ctx.cents }
    }

    #[step(depends_on = validate)]
    pub async fn charge(cart: Output<validate>) -> u64 {
        cart.cents
    }

    #[step(depends_on = charge)]
    pub async fn list(charged: Output<charge>) -> std::vec::Vec<String> {
        vec![format!("{}", *charged)]
    }

    #[step(depends_on = list)]
    pub async fn find(list: Output<list>) -> Option<Result<u64, StepError>> {
        list.first().map(|first| first.parse().map_err(StepError::permanent))
    }

    #[step(depends_on = find)]
    pub async fn boxed(found: Output<find>) -> Box<Result<u64, StepError>> {
        Box::new(Ok(found.unwrap_or(7) + 1))
    }

    #[step(depends_on = [charge, list, boxed])]
    pub async fn ship(
        charged: Output<charge>,
        list: Option<Output<list>>,
        boxed: Output<boxed>,
    ) -> Result<u64, StepError> {
        for one in list.iter().flat_map(|list| list.iter()) {
            println!("{one}");
        }
        Ok(*charged + *boxed)
    }
}

/// It may be another name of a `Result`, as here.
#[workflow]
mod refund {
    use tasker::{Output, StepError};

    pub type Context = u64;
    type Vec = Result<u64, StepError>;

    #[step]
    pub async fn pay(cents: &Context) -> Vec {
        Ok(*cents)
    }

    #[step(depends_on = pay)]
    pub async fn tell(paid: Output<pay>) -> Result<u64, StepError> {
        Ok(*paid)
    }
}

// Nothing of this is wrong.
#[workflow]
mod healthy {
    use tasker::{Output, StepError};

    pub type Context = u64;

    #[step]
    pub async fn count(from: &Context) -> Result<u64, StepError> {
        Ok(*from + 1)
    }

    #[step(depends_on = count)]
    pub async fn double(counted: Output<count>) -> Result<u64, StepError> {
        Ok(*counted * 2)
    }
}

async fn elsewhere(tasker: &tasker::Tasker) {
    let task = tasker.start::<healthy::Workflow>(1).await.unwrap();
    let doubled: Option<u64> = task.output::<healthy::double>().await.unwrap();
    drop(doubled);
    let task = tasker.start::<order::Workflow>(order::Context { cents: 1 }).await.unwrap();
    let charged: Option<u64> = task.output::<order::charge>().await.unwrap();
    println!("{charged:?}");
}

fn main() {
    let _ = tasker::Tasker::builder(()).register::<healthy::Workflow>().register::<order::Workflow>().register::<refund::Workflow>();
    drop(healthy::double(tasker::Output(1)));
    let _ = elsewhere;
}
