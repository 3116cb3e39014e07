// Made from "order_process.yaml", as it is in the environment "development".
// What the file says about other environments is not in it: "production".

#[tasker::workflow(namespace = "default", version = "0.1.0")]
pub mod order_process {
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};
    use serde_json::Value;
    use tasker::{Config, Output, StepError};

    /// What a task is started with.
    #[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
    pub struct Context {
        pub customer_id: i64,
        pub order_id: i64,
        #[serde(default = "default_priority")]
        pub priority: Priority,
    }

    fn default_priority() -> Priority {
        Priority::Normal
    }

    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub enum Priority {
        #[serde(rename = "low")]
        Low,
        #[serde(rename = "normal")]
        Normal,
        #[serde(rename = "high")]
        High,
    }

    // In Ruby: `OrderProcess::StepHandler::FetchOrderHandler`.
    #[step]
    pub async fn fetch_order(ctx: &Context) -> Result<Value, StepError> {
        Err(StepError::permanent("what OrderProcess::StepHandler::FetchOrderHandler does is not written yet"))
    }

    // In Ruby: `OrderProcess::StepHandler::ValidateInventoryHandler`.
    #[step(depends_on = fetch_order)]
    pub async fn validate_inventory(
        ctx: &Context,
        fetch_order: Output<fetch_order>,
    ) -> Result<Value, StepError> {
        Err(StepError::permanent("what OrderProcess::StepHandler::ValidateInventoryHandler does is not written yet"))
    }

    // In Ruby: `OrderProcess::StepHandler::ProcessPaymentHandler`.
    // It publishes `payment.processed`: When the money is there
    // It publishes `payment.risk_flagged`: When somebody has to look at it
    #[step(
        depends_on = validate_inventory,
        retry(limit = 2),
        config = serde_json::json!({ "payment_processor": "test" }),
    )]
    pub async fn process_payment(
        ctx: &Context,
        validate_inventory: Output<validate_inventory>,
        config: Config<Value>,
    ) -> Result<Value, StepError> {
        Err(StepError::permanent("what OrderProcess::StepHandler::ProcessPaymentHandler does is not written yet"))
    }

    // In Ruby: `OrderProcess::StepHandler::AskCourierHandler`.
    #[step(
        depends_on = validate_inventory,
        config = serde_json::json!({ "headers": { "Authorization": "Bearer ${COURIER_TOKEN:-none}" }, "method": "GET", "retries": 3, "timeout": 15, "type": "api", "url": "https://courier.example/offers" }),
    )]
    pub async fn ask_courier(
        ctx: &Context,
        validate_inventory: Output<validate_inventory>,
        config: Config<Value>,
    ) -> Result<Value, StepError> {
        Err(StepError::permanent("what OrderProcess::StepHandler::AskCourierHandler does is not written yet"))
    }

    // In Ruby: `OrderProcess::StepHandler::SendConfirmationHandler`.
    #[step(depends_on = [ask_courier, process_payment], retry(limit = 5))]
    pub async fn send_confirmation(
        ctx: &Context,
        ask_courier: Output<ask_courier>,
        process_payment: Output<process_payment>,
    ) -> Result<Value, StepError> {
        Err(StepError::permanent("what OrderProcess::StepHandler::SendConfirmationHandler does is not written yet"))
    }
}
