//! What is told of stored values that do not fit their type says where, and not what stands there, if that has the name of a secret.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};
use tasker::{Annotate, Annotation, Emit, Event, Output, StepError, Tasker, workflow};

use crate::support::memory;

/// Another build took the pin for a text.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives it so")]
fn as_text<S: Serializer>(_: &u32, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str("hunter2")
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Login {
    user: String,
    #[serde(serialize_with = "as_text")]
    pin: u32,
}

impl Event for Login {
    const NAME: &'static str = "login.opened";
}

impl Annotation for Login {
    const NAME: &'static str = "login";
}

#[workflow(namespace = "test", context = u32)]
pub(crate) mod login {
    use super::*;

    #[step]
    pub(crate) async fn open(
        ctx: &u32,
        opened: Emit<Login>,
        note: Annotate<Login>,
    ) -> Result<Login, StepError> {
        let login = Login { user: "ann".to_owned(), pin: *ctx };
        opened.publish(login.clone());
        note.set(login.clone());
        Ok(login)
    }

    #[step(depends_on = open)]
    pub(crate) async fn enter(open: Output<open>) -> Result<u32, StepError> {
        Ok(open.pin)
    }
}

#[tokio::test(start_paused = true)]
async fn what_has_the_name_of_a_secret_is_in_no_error_about_what_is_stored() {
    let tasker = Tasker::builder(()).store(memory()).register::<login::Workflow>().build().await.unwrap();
    let task = tasker.start::<login::Workflow>(4).await.unwrap();
    let status = task.wait().await.unwrap();
    let error = status.step("enter").unwrap().error.clone().unwrap();
    let place = "Login`: /pin: no value of the type that is asked for: expected u32 at line 1 column 29; another build wrote it";
    assert!(error.message().contains(place), "{error}");
    for told in [
        task.output::<login::open>().await.unwrap_err(),
        task.events::<Login>().await.unwrap_err(),
        task.annotation::<Login>().await.unwrap_err(),
    ] {
        let told = told.to_string();
        assert!(told.contains("/pin: no value of the type that is asked for: expected u32"), "{told}");
        assert!(!told.contains("hunter2"), "{told}");
    }
    assert!(!format!("{status:?}").contains("hunter2"));
    let whole = task.result("open").await.unwrap().unwrap();
    assert_eq!(whole["pin"], "hunter2", "what is stored stays as it is");
    tasker.shutdown().await;
}
