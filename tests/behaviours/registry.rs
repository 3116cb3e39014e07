//! Lines 41-43, 47-49 and 64: workflows by namespace, name and version, what is not registered, and what systems have in common.

use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};
use tasker::orm::entity::{dependent_system_object_map, named_task, namespace};
use tasker::yaml::{Environment, YamlFile};
use tasker::{
    BuildError, RegisterError, SqlStore, StepSpec, TaskState, Tasker, WorkflowBuilder, WorkflowDef,
    handler_fn,
};

use crate::lab::ended;
use crate::place::{Place, on_both};

on_both! {
    b41_the_same_name_in_two_namespaces_is_two_workflows_with_handlers_of_their_own,
    b42_a_second_registration_is_refused_and_a_replacement_is_not,
    b43_a_wrong_custom_event_is_told_and_nothing_is_registered,
    b47_a_namespace_is_stored_once_and_its_name_is_bounded,
    b48_a_version_is_a_semantic_one_and_the_same_in_two_namespaces_is_no_conflict,
    b49_objects_of_two_systems_are_mapped_once_whichever_comes_first,
    b64_a_custom_event_has_not_the_name_of_one_of_taskers_own,
}

/// `refund_payments` and `refund_support`: one name, two namespaces, two versions.
fn refund(namespace: &str, version: &str, class: &str) -> WorkflowBuilder {
    WorkflowDef::builder(namespace, "process_refund", version)
        .step(StepSpec::new("refund").handler_class(class))
}

async fn b41_the_same_name_in_two_namespaces_is_two_workflows_with_handlers_of_their_own(place: Place) {
    let (store, _database) = place.open().await;
    let tasker = Tasker::builder(())
        .store(store)
        .handler("Payments", handler_fn(|_, _, _| async { Ok(json!("paid back")) }))
        .handler("Support", handler_fn(|_, _, _| async { Ok(json!("approved")) }))
        .register_dynamic(refund("payments", "2.1.0", "Payments"))
        .register_dynamic(refund("customer_success", "1.3.0", "Support"))
        .build()
        .await
        .unwrap();
    for (namespace, version, result) in
        [("payments", "2.1.0", "paid back"), ("customer_success", "1.3.0", "approved")]
    {
        let found = tasker.registry().workflow(namespace, "process_refund", None).unwrap();
        assert_eq!(found.workflow.to_string(), format!("{namespace}.process_refund@{version}"));
        let task = tasker.start_named(namespace, "process_refund", version, json!({})).await.unwrap();
        assert_eq!(ended(&task).await.state, TaskState::Complete);
        assert_eq!(task.result("refund").await.unwrap(), Some(json!(result)));
    }
    let registry = tasker.registry();
    let error = registry.workflow("inventory", "process_refund", None).unwrap_err().to_string();
    assert!(error.starts_with("No task handler in namespace inventory"), "{error}");
    let error = registry.workflow("payments", "process_order", None).unwrap_err().to_string();
    assert!(error.starts_with("No task handler for process_order in namespace payments"), "{error}");
    let error = registry.workflow("payments", "process_refund", Some("1.3.0")).unwrap_err().to_string();
    let expected = "No task handler for process_refund in namespace payments and version 1.3.0";
    assert!(error.starts_with(expected), "{error}");
    assert!(tasker.start_named("payments", "process_refund", "1.3.0", json!({})).await.is_err());
    let statistics = registry.statistics();
    assert_eq!((statistics.total_namespaces, statistics.total_workflows), (2, 2));
    tasker.shutdown().await;
}

#[tasker::workflow(namespace = "test", name = "checkout", context = u32)]
mod checkout {
    use tasker::StepError;

    #[step]
    pub(crate) async fn charge() -> Result<String, StepError> {
        Ok("the first".to_owned())
    }
}

/// The same workflow with another function.
#[tasker::workflow(namespace = "test", name = "checkout", context = u32)]
mod other_checkout {
    use tasker::StepError;

    #[step]
    pub(crate) async fn charge() -> Result<String, StepError> {
        Ok("the other".to_owned())
    }
}

async fn b42_a_second_registration_is_refused_and_a_replacement_is_not(place: Place) {
    let (store, _database) = place.open().await;
    let twice = Tasker::builder(())
        .store(store.clone())
        .register::<checkout::Workflow>()
        .register::<other_checkout::Workflow>()
        .build()
        .await;
    let error = twice.err().unwrap();
    assert!(matches!(error, BuildError::Register(RegisterError::Duplicate(_))), "{error}");
    assert!(error.to_string().contains("`replace`"), "{error}");
    let handler = || handler_fn(|_, _, _| async { Ok(Value::Null) });
    let twice = Tasker::builder(())
        .store(store.clone())
        .handler("A", handler())
        .handler("A", handler())
        .build()
        .await;
    assert!(matches!(twice.err(), Some(BuildError::Register(RegisterError::HandlerTwice(_)))));
    let replaced = Tasker::builder(())
        .store(store)
        .register::<checkout::Workflow>()
        .replace::<other_checkout::Workflow>()
        .build()
        .await
        .unwrap();
    let task = replaced.start::<other_checkout::Workflow>(1).await.unwrap();
    task.wait().await.unwrap();
    assert_eq!(task.result("charge").await.unwrap(), Some(json!("the other")));
    assert_eq!(replaced.registry().statistics().total_workflows, 1);
    replaced.shutdown().await;
}

async fn b43_a_wrong_custom_event_is_told_and_nothing_is_registered(place: Place) {
    let (store, _database) = place.open().await;
    let good = "name: good\nstep_templates:\n  - {name: one, handler_class: One}\n";
    let wrong = |event: &str| {
        format!(
            "name: wrong\nstep_templates:\n  - {{name: one, handler_class: One, custom_events: [{event}]}}\n"
        )
    };
    for (event, told) in [
        ("{description: without a name}", "name"),
        ("{name: 7}", "name"),
        ("payment.processed", "custom_events"),
        ("{name: payment.processed, nmae: x}", "nmae"),
        ("{name: task.done}", "kept for Tasker's own"),
    ] {
        let built = Tasker::builder(())
            .store(store.clone())
            .environment(Environment::named("test").variables([("", ""); 0]))
            .handler("One", handler_fn(|_, _, _| async { Ok(Value::Null) }))
            .yaml(YamlFile::new("good.yaml", good))
            .yaml(YamlFile::new("wrong.yaml", wrong(event)))
            .build()
            .await;
        let error = built.err().unwrap_or_else(|| panic!("`{event}` is taken")).to_string();
        assert!(error.contains("wrong.yaml:3") && error.contains(told), "{event}: {error}");
        assert_eq!(stored(&store).await, (0, 0), "{event}: the good one is not registered either");
    }
}

/// How many namespaces and named tasks there are.
async fn stored(store: &SqlStore) -> (u64, u64) {
    let namespaces = namespace::Entity::find().count(store.reader()).await.unwrap();
    let named_tasks = named_task::Entity::find().count(store.reader()).await.unwrap();
    (namespaces, named_tasks)
}

/// Ours: 64 characters are the limit of code, too, and what is wrong is told before anything is stored.
async fn b47_a_namespace_is_stored_once_and_its_name_is_bounded(place: Place) {
    use tasker::Store;
    let (store, _database) = place.open().await;
    let workflow = |namespace: &str, name: &str| {
        let builder = WorkflowDef::builder(namespace, name, "1.0.0").step(StepSpec::new("only"));
        builder.build().map(std::sync::Arc::new)
    };
    let longest = "n".repeat(64);
    let all =
        [workflow(&longest, "a").unwrap(), workflow(&longest, "b").unwrap(), workflow("test", "a").unwrap()];
    for _ in 0..2 {
        store.install(&all).await.unwrap();
        assert_eq!(stored(&store).await, (2, 3));
    }
    for namespace in [String::new(), "n".repeat(65), "a\nb".to_owned()] {
        let error = workflow(&namespace, "a").unwrap_err();
        let expected = format!("the namespace `{namespace}` is not 1 to 64 printable characters");
        assert_eq!(error.mistakes(), [expected]);
    }
}

async fn b48_a_version_is_a_semantic_one_and_the_same_in_two_namespaces_is_no_conflict(place: Place) {
    for version in ["", "1", "1.0", "v1.0.0", "1.0.x", "01.0.0", "latest"] {
        let error = refund("payments", version, "Refund").build().unwrap_err();
        assert!(error.mistakes()[0].contains("is not a semantic version"), "{version}: {error}");
    }
    let (store, _database) = place.open().await;
    let tasker = Tasker::builder(())
        .store(store.clone())
        .handler("Refund", handler_fn(|_, _, _| async { Ok(Value::Null) }))
        .register_dynamic(refund("payments", "1.9.0", "Refund"))
        .register_dynamic(refund("payments", "1.10.0", "Refund"))
        .register_dynamic(refund("customer_success", "1.10.0", "Refund"))
        .build()
        .await
        .unwrap();
    assert_eq!(stored(&store).await, (2, 3));
    let latest = tasker.registry().workflow("payments", "process_refund", None).unwrap();
    assert_eq!(latest.workflow.version, "1.10.0", "as versions, not as text");
    tasker.shutdown().await;
}

async fn b49_objects_of_two_systems_are_mapped_once_whichever_comes_first(place: Place) {
    let (store, _database) = place.open().await;
    let tasker = Tasker::builder(()).store(store.clone()).build().await.unwrap();
    let map = tasker.map_objects(("crm", "17"), ("billing", "b-4")).await.unwrap();
    for _ in 0..2 {
        assert_eq!(tasker.map_objects(("billing", "b-4"), ("crm", "17")).await.unwrap(), map);
        assert_eq!(tasker.map_objects(("crm", "17"), ("billing", "b-4")).await.unwrap(), map);
    }
    let rows = dependent_system_object_map::Entity::find().count(store.reader()).await.unwrap();
    assert_eq!(rows, 1);
    tasker.shutdown().await;
}

/// Ours: a name without a dot is refused for types (`tests/ui/records/`), and taken from files, because Ruby's own have such names.
async fn b64_a_custom_event_has_not_the_name_of_one_of_taskers_own(place: Place) {
    let (store, _database) = place.open().await;
    let built = async |event: &str| {
        let step = StepSpec::new("pay").handler_class("Pay").emits(event, json!(true));
        let pay = handler_fn(|_, _, _| async { Ok(Value::Null) });
        let workflow = WorkflowDef::builder("shop", "order", "1.0.0").step(step);
        Tasker::builder(()).store(store.clone()).handler("Pay", pay).register_dynamic(workflow).build().await
    };
    for reserved in ["task.done", "step.completed", "workflow.x", "observability.x", "test.x"] {
        let error =
            built(reserved).await.err().unwrap_or_else(|| panic!("`{reserved}` is taken")).to_string();
        assert!(error.contains(&format!("`{reserved}` has a name that is kept for Tasker's own")), "{error}");
    }
    for good in ["payment.done", "done", "tasks.done"] {
        built(good).await.unwrap().shutdown().await;
    }
}
