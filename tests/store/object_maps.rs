//! Dependent systems, and which of their objects are the same.

use std::sync::Arc;

use tasker::store::{DependentSystem, ObjectMap, RemoteObject, Store};
use tasker::{ManualClock, StepSpec, WorkflowDef};

use crate::fixture::{Bench, chain};

fn object(system: &str, id: &str) -> RemoteObject {
    (system, id).into()
}

pub(crate) async fn a_dependent_system_is_found_or_made<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let catalog = bench.store.catalog();
    let named = |name: &str, description: Option<&str>| DependentSystem {
        name: name.to_owned(),
        description: description.map(str::to_owned),
    };
    assert_eq!(
        catalog.dependent_systems().await.unwrap(),
        [named("unknown", None)],
        "that of steps that name none"
    );
    assert_eq!(catalog.dependent_system("crm", None).await.unwrap(), named("crm", None));
    let described = catalog.dependent_system("crm", Some("who buys '\"")).await.unwrap();
    assert_eq!(described, named("crm", Some("who buys '\"")));
    assert_eq!(catalog.dependent_system("crm", None).await.unwrap(), described, "it keeps its description");
    catalog.dependent_system("Billing", Some("who pays")).await.unwrap();
    let all = [named("Billing", Some("who pays")), described, named("unknown", None)];
    assert_eq!(catalog.dependent_systems().await.unwrap(), all);
}

pub(crate) async fn objects_are_mapped_once_in_whatever_order<S: Store>(store: S, _: Arc<ManualClock>) {
    let catalog = store.catalog();
    let (customer, account) = (object("crm", "17"), object("billing", "b-4"));
    let map = catalog.map_objects(&customer, &account).await.unwrap();
    assert_eq!(map, ObjectMap { one: account.clone(), other: customer.clone() });
    assert_eq!(catalog.map_objects(&account, &customer).await.unwrap(), map);
    assert_eq!(catalog.map_objects(&customer, &account).await.unwrap(), map);
    assert_eq!(catalog.mapped_objects(&customer).await.unwrap(), std::slice::from_ref(&account));
    assert_eq!(catalog.mapped_objects(&account).await.unwrap(), [customer]);
    let systems = catalog.dependent_systems().await.unwrap().into_iter().map(|system| system.name);
    assert_eq!(systems.collect::<Vec<_>>(), ["billing", "crm"], "they are made if they are missing");
}

pub(crate) async fn an_object_can_be_the_same_as_many<S: Store>(store: S, _: Arc<ManualClock>) {
    let catalog = store.catalog();
    let customer = object("crm", "17");
    for other in
        [object("shop", "17"), object("billing", "17"), object("crm", "18"), object("billing", "'; --")]
    {
        catalog.map_objects(&customer, &other).await.unwrap();
    }
    catalog.map_objects(&object("crm", "170"), &object("shop", "1")).await.unwrap();
    let others =
        [object("billing", "'; --"), object("billing", "17"), object("crm", "18"), object("shop", "17")];
    assert_eq!(catalog.mapped_objects(&customer).await.unwrap(), others);
    assert_eq!(catalog.mapped_objects(&object("crm", "18")).await.unwrap(), [customer]);
    for unknown in [object("crm", "1"), object("nowhere", "17"), object("CRM", "17")] {
        assert!(catalog.mapped_objects(&unknown).await.unwrap().is_empty(), "{unknown:?}");
    }
}

pub(crate) async fn the_systems_of_steps_are_known_with_their_definition<S: Store>(
    store: S,
    _: Arc<ManualClock>,
) {
    let billing = WorkflowDef::builder("test", "billing", "1.0.0")
        .step(StepSpec::new("charge").dependent_system("billing"))
        .step(StepSpec::new("refund").dependent_system("billing"));
    let bench = Bench::new(store, &[Arc::new(billing.build().unwrap())]).await;
    let systems = bench.store.catalog().dependent_systems().await.unwrap();
    let names: Vec<String> = systems.into_iter().map(|system| system.name).collect();
    assert_eq!(names, ["billing", "unknown"], "that of steps which name none is there, too");
}
