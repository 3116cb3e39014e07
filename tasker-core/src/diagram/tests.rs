mod large;
mod snapshot;

use super::*;
use crate::report::fixture::Made;
use crate::{StepError, StepSpec};

/// A task in which there is a step of every kind.
pub(super) fn colourful() -> Made {
    Made::new(&[
        ("validate_order", &[]),
        ("load_customer", &["validate_order"]),
        ("reserve_stock", &["validate_order"]),
        ("gift_wrap", &["validate_order"]),
        ("check_address", &["load_customer"]),
        ("check_fraud", &["load_customer"]),
        ("charge_card", &["check_address", "check_fraud"]),
        ("award_points", &["load_customer", "charge_card"]),
        ("pack_parcel", &["charge_card", "gift_wrap", "reserve_stock"]),
        ("print_label", &["check_address"]),
        ("update_search_index", &["validate_order"]),
        ("hand_to_carrier", &["pack_parcel", "print_label"]),
        ("send_confirmation", &["award_points", "hand_to_carrier", "validate_order"]),
    ])
    .done_in("validate_order", 1)
    .done_in("load_customer", 2)
    .step("reserve_stock", |step| {
        step.begin();
        step.attempts = 2;
    })
    .step("gift_wrap", |step| {
        step.known.optional = true;
        step.state = StepState::Skipped;
    })
    .step("check_address", |step| step.state = StepState::ResolvedManually)
    .done_in("check_fraud", 95)
    .step("charge_card", |step| {
        step.fail(3, StepError::retryable("the payment gateway did not answer within 30 s").code("GATEWAY"));
    })
    .backoff("print_label", 12)
    .step("update_search_index", |step| step.state = StepState::Cancelled)
    .task(TaskState::InProgress)
}

pub(super) fn order() -> WorkflowDef {
    WorkflowDef::builder("shop", "order", "1.4.0")
        .step(StepSpec::new("charge").description("Charges the card of the customer.").depends_on(["fetch"]))
        .step(StepSpec::new("fetch").description("Fetches the order."))
        .step(StepSpec::new("gift_wrap").optional(true).depends_on(["fetch"]))
        .step(
            StepSpec::new("ship").description("Hands it to the carrier.").depends_on(["charge", "gift_wrap"]),
        )
        .build()
        .unwrap()
}

/// The node of a step in the model of a task.
fn node(made: &Made, id: &str) -> DiagramNode {
    let model = Diagram::of_task(&made.snapshot()).model();
    model.nodes.into_iter().find(|node| node.id == id).unwrap()
}

/// What a box says below the name of the step.
fn words(made: &Made, name: &str) -> (Sign, String) {
    let diagram = Diagram::of_task(&made.snapshot());
    let stand = diagram.steps.into_iter().find(|step| step.name == name).unwrap().stand.unwrap();
    (stand.sign, stand.words)
}

#[test]
fn a_label_has_taskers_lines() {
    let made = colourful();
    assert_eq!(node(&made, "step_0").label, "Step: validate_order\nStatus: complete\nAttempts: 1");
    assert_eq!(
        node(&made, "step_6").label,
        "Step: charge_card\nStatus: error\nAttempts: 3\nError: the payment gateway did not …"
    );
    let task = node(&made, "task_0199c6a8_5d52_7c3a_9b1e_3f4a5b6c7d8e");
    assert_eq!(task.label, "Task: order\nID: 0199c6a8-5d52-7c3a-9b1e-3f4a5b6c7d8e\nStatus: in_progress");
}

#[test]
fn an_error_of_more_than_thirty_characters_is_cut_after_twenty_eight() {
    assert_eq!(short(&"x".repeat(30)), "x".repeat(30));
    assert_eq!(short(&"é".repeat(31)), format!("{}…", "é".repeat(28)));
    assert_eq!(short("first line\nsecond line"), "first line");
}

#[test]
fn a_state_has_taskers_colour() {
    let colour = |state| {
        let made = Made::new(&[("only", &[])]).step("only", |step| step.state = state);
        node(&made, "step_0").style.unwrap()
    };
    let colours: Vec<String> = StepState::ALL.iter().map(|&state| colour(state)).collect();
    assert_eq!(
        colours,
        [
            "fill:lightblue,color:black",
            "fill:lightgreen,color:black",
            "fill:green,color:white",
            "fill:red,color:white",
            "fill:gray,color:white",
            "fill:lightgray,color:black",
            "fill:lightgray,color:black",
        ]
    );
}

#[test]
fn the_task_leads_to_its_roots_and_each_step_to_those_that_depend_on_it() {
    let made = Made::new(&[("a", &[]), ("b", &[]), ("c", &["a", "b"])]);
    let model = Diagram::of_task(&made.snapshot()).model();
    let edges: Vec<_> =
        model.edges.iter().map(|edge| (&*edge.source_id, &*edge.target_id, edge.label.as_deref())).collect();
    let task = "task_0199c6a8_5d52_7c3a_9b1e_3f4a5b6c7d8e";
    assert_eq!(
        edges,
        [
            (task, "step_0", None),
            (task, "step_1", None),
            ("step_0", "step_2", Some("provides")),
            ("step_1", "step_2", Some("provides")),
        ]
    );
    assert_eq!(model.title, "Task 0199c6a8-5d52-7c3a-9b1e-3f4a5b6c7d8e: order");
}

#[test]
fn a_box_says_what_its_step_does() {
    let made = colourful();
    let said = |name| words(&made, name);
    assert_eq!(said("load_customer"), (Sign::Check, "complete, 2 s".to_owned()));
    assert_eq!(said("reserve_stock"), (Sign::Running, "running, attempt 2 of 3".to_owned()));
    assert_eq!(said("gift_wrap"), (Sign::Passed, "skipped".to_owned()));
    assert_eq!(said("check_address"), (Sign::Check, "resolved manually".to_owned()));
    assert_eq!(said("charge_card"), (Sign::Cross, "error, 3 attempts".to_owned()));
    assert_eq!(said("pack_parcel"), (Sign::Blocked, "blocked".to_owned()));
    assert_eq!(said("print_label"), (Sign::Clock, "tried again in 12 s".to_owned()));
    assert_eq!(said("update_search_index"), (Sign::Slash, "cancelled".to_owned()));
    let fresh = Made::new(&[("a", &[]), ("b", &["a"])]);
    assert_eq!(words(&fresh, "a"), (Sign::Ready, "ready".to_owned()));
    assert_eq!(words(&fresh, "b"), (Sign::Waiting, "waiting".to_owned()));
    assert_eq!(words(&fresh.clone().paused(), "a"), (Sign::Pause, "paused".to_owned()));
    let turn = fresh.step("a", |step| step.waiting = Some(crate::Waiting::Turn));
    assert_eq!(words(&turn, "a"), (Sign::Waiting, "waits for its turn".to_owned()));
}

#[test]
fn the_error_of_a_step_that_was_resolved_or_cancelled_is_not_shown_any_more() {
    for (state, shown) in
        [(StepState::Error, true), (StepState::ResolvedManually, false), (StepState::Cancelled, false)]
    {
        let made = Made::new(&[("a", &[])]).failed("a").step("a", |step| step.state = state);
        assert_eq!(node(&made, "step_0").label.contains("Error: the gateway is busy"), shown, "{state}");
    }
}

#[test]
fn nodes_lead_to_their_pages_only_where_there_are_some() {
    let made = Made::new(&[("a", &[])]);
    assert_eq!(node(&made, "step_0").url, None);
    let linked = Diagram::of_task(&made.snapshot()).links("/tasker/").model();
    let urls: Vec<_> = linked.nodes.iter().map(|node| node.url.clone().unwrap()).collect();
    let task = "/tasker/tasks/0199c6a8-5d52-7c3a-9b1e-3f4a5b6c7d8e";
    assert_eq!(urls, [task.to_owned(), format!("{task}/workflow_steps/0")]);
}
