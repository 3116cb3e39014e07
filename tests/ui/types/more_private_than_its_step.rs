use tasker::workflow;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Cart;

#[workflow]
pub mod order {
    use super::Cart;
    use tasker::StepError;

    pub type Context = ();

    #[step]
    pub async fn validate_cart() -> Result<Cart, StepError> {
        Ok(Cart)
    }
}

fn main() {}
