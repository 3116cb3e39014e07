use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tasker::Annotation;

#[derive(Annotation, Serialize, Deserialize, JsonSchema)]
struct Margin;

#[derive(Annotation, Serialize, Deserialize, JsonSchema)]
#[annotation("")]
struct Empty;

#[derive(Annotation, Serialize, Deserialize, JsonSchema)]
#[annotation("the_name_of_an_annotation_that_is_much_longer_than_it_may_be_here")]
struct Long;

#[derive(Annotation, Serialize, Deserialize, JsonSchema)]
#[annotation(fraud)]
struct Fraud;

fn main() {}
