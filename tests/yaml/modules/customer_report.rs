// Made from "customer_report.yaml", as it is in the environment "development".

/// What customers did, from several sources at once
#[tasker::workflow(namespace = "reports", version = "1.0.0")]
pub mod customer_report {
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};
    use serde_json::Value;
    use tasker::{Config, Output, StepError};

    /// What a task is started with.
    #[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
    pub struct Context {
        #[serde(default = "default_anew")]
        pub anew: bool,
        #[serde(default = "default_channels")]
        pub channels: Vec<String>,
        #[serde(default = "default_mode")]
        pub mode: Mode,
        pub period: Period,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub thresholds: Option<Thresholds>,
    }

    fn default_anew() -> bool {
        false
    }

    fn default_channels() -> Vec<String> {
        vec!["#report-team".to_owned()]
    }

    fn default_mode() -> Mode {
        Mode::Standard
    }

    #[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
    pub struct Thresholds {
        #[serde(default = "default_least_customers")]
        pub least_customers: i64,
        #[serde(default = "default_most_gaps")]
        pub most_gaps: f64,
    }

    fn default_least_customers() -> i64 {
        100
    }

    fn default_most_gaps() -> f64 {
        0.05
    }

    #[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
    pub struct Period {
        #[schemars(extend("format" = "date"))]
        pub from: String,
        #[schemars(extend("format" = "date"))]
        pub to: String,
    }

    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub enum Mode {
        #[serde(rename = "standard")]
        Standard,
        #[serde(rename = "large")]
        Large,
    }

    /// Read the orders of the period
    // In Ruby: `Reports::StepHandlers::ReadOrders`.
    // It talks to `report_system`.
    // It publishes `milestone_reached`
    // It publishes `reading_started`: When a source is asked
    #[step(
        config = serde_json::json!({ "retry_backoff": "exponential", "timeout_seconds": 1800 }),
    )]
    pub async fn read_orders(ctx: &Context, config: Config<Value>) -> Result<Value, StepError> {
        Err(StepError::permanent("what Reports::StepHandlers::ReadOrders does is not written yet"))
    }

    /// Read the customers
    // In Ruby: `Reports::StepHandlers::ReadCustomers`.
    // It talks to `report_system`.
    // It publishes `milestone_reached`
    // It publishes `reading_started`: When a source is asked
    #[step(retry(limit = 5), config = serde_json::json!({ "timeout_seconds": 1200 }))]
    pub async fn read_customers(ctx: &Context, config: Config<Value>) -> Result<Value, StepError> {
        Err(StepError::permanent("what Reports::StepHandlers::ReadCustomers does is not written yet"))
    }

    /// Count what they did
    // In Ruby: `Reports::StepHandlers::Count`.
    // It talks to `report_system`.
    // It publishes `milestone_reached`
    // It publishes `reading_started`: When a source is asked
    #[step(depends_on = [read_customers, read_orders], retry(limit = 2))]
    pub async fn count(
        ctx: &Context,
        read_customers: Output<read_customers>,
        read_orders: Output<read_orders>,
    ) -> Result<Value, StepError> {
        Err(StepError::permanent("what Reports::StepHandlers::Count does is not written yet"))
    }

    /// Send the report
    // In Ruby: `Reports::StepHandlers::Send`.
    // It talks to `report_system`.
    // It publishes `milestone_reached`
    // It publishes `reading_started`: When a source is asked
    // It publishes `report.sent`: When the report is on its way
    #[step(depends_on = count)]
    pub async fn send(ctx: &Context, count: Output<count>) -> Result<Value, StepError> {
        Err(StepError::permanent("what Reports::StepHandlers::Send does is not written yet"))
    }
}
