//! A macro may make whole workflows: what `#[workflow]` sees is what came of it.

#![deny(warnings)]

use tasker::{Executable, Workflow};

macro_rules! transfer {
    ($name:ident, $context:ty, $first:ident => $second:ident) => {
        #[tasker::workflow(context = $context)]
        mod $name {
            use tasker::{Output, StepError};

            #[step]
            async fn $first(amount: &$context) -> Result<u64, StepError> {
                Ok(u64::from(*amount))
            }

            #[step(depends_on = $first, retry(limit = 2))]
            async fn $second(amount: Output<$first>) -> Result<u64, StepError> {
                Ok(*amount)
            }
        }
    };
}

transfer!(payment, u32, charge => tell);
transfer!(refund, u16, pay => notify);

// What a macro is given as a whole arrives as a whole: a text, a path, a type, a visibility, an attribute, a block, an item.
macro_rules! delivery {
    (
        $vis:vis $name:ident, $version:literal, $stored:expr, $pins:expr, $lent:ty, $context:ty, $result:ty, $path:path, $list:expr,
        $condition:expr, $default:expr, $limits:ty, $about:literal, $(#[$attribute:meta])*, $marker:path, $body:block, $($item:item)*
    ) => {
        #[doc = $about]
        #[tasker::workflow(version = $version, name = $stored, concurrent = $pins)]
        $vis mod $name {
            #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
            $vis struct Context {
                pub parcels: u64,
            }

            const FIRST: u64 = $default;

            #[doc = $about]
            #[step]
            $vis async fn pack(ctx: $lent) -> $result {
                Ok(ctx.parcels + FIRST)
            }

            $(#[$attribute])*
            async fn label(ctx: &$context, packed: tasker::Output<$path>) -> $result
                $body

            #[$marker(depends_on = [$path], when = $condition)]
            async fn call() -> $result
                $body

            #[step(depends_on = $list, config = $default)]
            async fn load(_label: Option<tasker::Output<call>>, limits: tasker::Config<$limits>) -> $result {
                Ok(*limits)
            }

            $($item)*
        }
    };
}

delivery!(
    pub(crate) delivery, "1.2.0", "shop delivery", false, &Context, Context, Result<u64, tasker::StepError>, pack, [label, call],
    |ctx| ctx.parcels > 0, 1 + 1, u64, "Takes parcels away.", #[step(depends_on = pack, timeout = "1s")] #[allow(unused_variables)],
    tasker::step, { Ok(1) },
    use tasker::{Output, StepError};

    #[step(depends_on = load)]
    async fn tell(loaded: Output<load>) -> Result<u64, StepError> {
        Ok(*loaded)
    }
);

fn main() {
    let names = |workflow: tasker::WorkflowBuilder| {
        let workflow = workflow.build().unwrap();
        workflow.steps().iter().map(|step| step.name().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(payment::Workflow::define()), ["charge", "tell"]);
    assert_eq!(names(refund::Workflow::define()), ["pay", "notify"]);
    assert_eq!(names(delivery::Workflow::define()), ["pack", "call", "label", "load", "tell"]);
    let delivery = delivery::Workflow::define().build().unwrap();
    assert_eq!(delivery.id().to_string(), "default.shop delivery@1.2.0");
    assert_eq!((delivery.description(), delivery.steps()[0].description()), ("Takes parcels away.", "Takes parcels away."));
    assert_eq!(delivery.steps()[3].config(), Some(&2.into()));
    assert_eq!(<refund::Workflow as Executable<()>>::handlers().len(), 2);
}
