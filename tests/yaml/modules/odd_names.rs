// Made from "odd_names.yaml", as it is in the environment "development".

/// The first paragraph.
///
/// The second one, with `code` and */ and "quotes".
#[tasker::workflow(namespace = "odd: \"names\"", name = "Odd names/2nd", version = "1.0.0")]
pub mod odd_names_2nd {
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};
    use serde_json::Value;
    use tasker::{Config, Output, StepError};

    /// What odd tasks get
    #[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
    pub struct Context {
        #[serde(rename = "", default, skip_serializing_if = "Option::is_none")]
        pub unnamed: Option<Value>,
        #[serde(rename = "Context", default, skip_serializing_if = "Option::is_none")]
        pub context: Option<Context2>,
        #[schemars(extend("minLength" = 1, "pattern" = "^[a-z\"\\\\]+$"))]
        #[serde(rename = "Id", default, skip_serializing_if = "Option::is_none")]
        pub id_2: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub any: Option<Value>,
        #[serde(rename = "crate", default, skip_serializing_if = "Option::is_none")]
        pub crate_2: Option<Vec<CrateItem>>,
        #[serde(default = "default_fallback")]
        pub fallback: Fallback,
        #[schemars(extend("minimum" = 0, "maximum" = 9007199254740991_i64))]
        pub id: u64,
        #[serde(default = "default_large")]
        pub large: i64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub map: Option<serde_json::Map<String, Value>>,
        #[serde(default = "default_matrix")]
        pub matrix: Vec<Vec<f64>>,
        #[serde(rename = "self", default, skip_serializing_if = "Option::is_none")]
        pub self_2: Option<Self2>,
        pub r#type: Type,
        #[serde(default = "default_words")]
        pub words: Vec<String>,
    }

    fn default_fallback() -> Fallback {
        Fallback::Y
    }

    fn default_large() -> i64 {
        -5000000000
    }

    fn default_matrix() -> Vec<Vec<f64>> {
        vec![vec![1.0, 2.5], vec![]]
    }

    fn default_words() -> Vec<String> {
        vec!["a".to_owned(), "b\"c".to_owned()]
    }

    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub enum Type {
        #[serde(rename = "a")]
        A,
        #[serde(rename = "b-c")]
        BC,
        #[serde(rename = "")]
        Unnamed,
        #[serde(rename = "self")]
        Self2,
        #[serde(rename = "2nd")]
        N2nd,
    }

    #[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
    pub struct Self2 {
        #[serde(default = "default_type")]
        pub r#type: bool,
    }

    fn default_type() -> bool {
        true
    }

    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub enum Fallback {
        #[serde(rename = "x")]
        X,
        #[serde(rename = "y")]
        Y,
    }

    #[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
    pub struct CrateItem {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub items: Option<Vec<Value>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub r#type: Option<String>,
    }

    #[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
    pub struct Context2 {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub deep: Option<Deep>,
    }

    #[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
    pub struct Deep {
        #[serde(rename = "Value", default = "default_value")]
        pub value: f64,
    }

    fn default_value() -> f64 {
        1.0
    }

    // In Ruby: `A`.
    #[step]
    pub async fn r#match(ctx: &Context) -> Result<Value, StepError> {
        Err(StepError::permanent("what A does is not written yet"))
    }

    // In Ruby: `A`.
    #[step(name = "self")]
    pub async fn self_2(ctx: &Context) -> Result<Value, StepError> {
        Err(StepError::permanent("what A does is not written yet"))
    }

    // In Ruby: `A`.
    #[step(skippable)]
    pub async fn config(ctx: &Context) -> Result<Value, StepError> {
        Err(StepError::permanent("what A does is not written yet"))
    }

    // In Ruby: `A`.
    #[step(
        depends_on = [config, r#match, self_2],
        config = serde_json::json!({ "float": 1.5e300, "large": 5000000000_i64, "list": [[], {}], "negative": -1, "none": null, "text": "a \"b\" \\ \t é ${HOME_OF_A:-x}" }),
    )]
    pub async fn ctx(
        ctx: &Context,
        config_2: Option<Output<config>>,
        r#match: Output<r#match>,
        self_2: Output<self_2>,
        config: Config<Value>,
    ) -> Result<Value, StepError> {
        Err(StepError::permanent("what A does is not written yet"))
    }

    // In Ruby: `A\"B`.
    #[step(
        name = "bool",
        depends_on = ctx,
        no_retry,
        config = serde_json::from_str::<Value>("{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,\"i\":9,\"j\":10,\"k\":11,\"l\":12,\"m\":13,\"n\":14,\"o\":15,\"p\":\"\\\"#\"}").unwrap_or_default(),
    )]
    pub async fn bool_2(
        ctx: &Context,
        ctx_2: Output<ctx>,
        config: Config<Value>,
    ) -> Result<Value, StepError> {
        Err(StepError::permanent("what A\\\"B does is not written yet"))
    }

    /// Two
    /// lines.
    // In Ruby: `A`.
    // It publishes `steps.done`: When
    //  it is done
    #[step(
        name = "A step with a long name that goes on and on until it is longer than what a line has room for",
        depends_on = [ctx, bool_2],
    )]
    pub async fn a_step_with_a_long_name_that_goes_on_and_on_until_it_is_longer_than_what_a_line_has_room_for(
        ctx: &Context,
        ctx_2: Output<ctx>,
        bool_2: Output<bool_2>,
    ) -> Result<Value, StepError> {
        Err(StepError::permanent("what A does is not written yet"))
    }
}
