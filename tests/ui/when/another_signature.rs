use tasker::workflow;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Cart {
    pub express: bool,
}

#[workflow]
mod order {
    use super::Cart;
    use tasker::StepError;

    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub struct Context {
        pub cart: Cart,
        pub cents: u64,
    }

    fn of_a_cart(cart: &Cart) -> bool {
        cart.express
    }

    fn by_value(ctx: Context) -> bool {
        ctx.cart.express
    }

    fn how_much(ctx: &Context) -> u64 {
        ctx.cents
    }

    fn of_nothing() -> bool {
        true
    }

    #[step(when = of_a_cart)]
    async fn a() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(when = by_value)]
    async fn b() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(when = how_much)]
    async fn c() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(when = of_nothing)]
    async fn d() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(when = |ctx| ctx.cents)]
    async fn e() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(when = of_nothing())]
    async fn f() -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {}
