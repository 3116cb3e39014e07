//! An API step as an annotated function.

use tasker::workflow;

/// Asks what a parcel costs.
#[workflow(namespace = "shop", version = "1.0.0")]
pub mod parcel {
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};
    use tasker::http::{Api, ApiConfig, ApiRequest};
    use tasker::{Attempt, Config, Output, State, StepError};

    /// A parcel.
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    pub struct Context {
        /// In grams; `{weight}` in the URL.
        pub weight: u32,
    }

    /// What the courier asks for.
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    pub struct Price {
        /// In cents.
        pub cents: u64,
    }

    /// Asks the courier.
    #[step(config = ApiConfig::get("https://courier.example/parcels/{weight}").timeout_secs(5))]
    pub async fn ask_price(
        ctx: &Context,
        api: State<Api>,
        config: Config<ApiConfig>,
        attempt: Attempt,
    ) -> Result<Price, StepError> {
        let request = ApiRequest::new(&config).values(ctx).attempt(attempt).system("courier");
        api.call(request).await?.json()
    }

    /// Prints a label.
    #[step(depends_on = ask_price)]
    pub async fn print_label(ctx: &Context, price: Output<ask_price>) -> Result<String, StepError> {
        Ok(format!("{} g, {} cents", ctx.weight, price.cents))
    }
}
