//! What rustdoc makes of a workflow.

use std::fs;

use tasker_tests::package::Package;

use super::{package, run};

/// Builds the documentation; whatever rustdoc warns about is an error.
fn document(package: &Package, arguments: &[&str]) {
    let mut cargo = package.cargo("doc");
    cargo.arg("--no-deps").args(arguments).env("RUSTDOCFLAGS", "-D warnings");
    let said = run(&mut cargo);
    assert!(said.success && !said.text.contains("warning"), "{}", said.text);
}

fn page(package: &Package, file: &str) -> String {
    fs::read_to_string(package.target().join("doc").join(package.name()).join(file)).unwrap()
}

/// The text of a page, with a line for each row of a table and for each item of a list.
fn text(html: &str) -> String {
    let html = html.replace("</tr>", "\n").replace("</dt>", "\n").replace("</td>", " |");
    let mut text = String::new();
    let mut tag = false;
    for c in html.chars() {
        match c {
            '<' => tag = true,
            '>' => tag = false,
            _ if tag => {}
            _ => text.push(c),
        }
    }
    text
}

#[test]
fn the_page_of_a_module_shows_the_graph_and_each_step_once() {
    let package = package("documented", "src/lib.rs", include_str!("order.rs"));
    document(&package, &[]);
    let module = page(&package, "order/index.html");
    let shown = text(&module);
    let rows = [
        "validate_cart | | Adds up the Cart. |",
        "charge |validate_cart | Charges the customer, with Pricing on top: see the guide | or another. |",
        "call_courier |validate_cart | Asks for a courier. |",
        "ship |charge, call_courier | Sends the parcel. |",
        "tell |ship | Says so. |",
    ];
    let squeezed = |text: &str| text.replace(' ', "");
    for row in rows {
        assert!(shown.lines().any(|line| squeezed(line).ends_with(&squeezed(row))), "{row}: {shown}");
    }
    for step in ["validate_cart", "charge", "call_courier", "ship"] {
        let listed = format!("<a class=\"fn\" href=\"fn.{step}.html\"");
        assert_eq!(module.matches(&listed).count(), 1, "{step}: {module}");
        assert!(!module.contains(&format!("enum.{step}.html")), "{step}");
    }
    assert!(!module.contains("fn.tell.html"), "it is private");
    assert_eq!(module.matches("<a class=\"enum\" href=\"enum.Workflow.html\"").count(), 1, "{module}");

    let ship = page(&package, "order/fn.ship.html");
    assert!(text(&ship).contains("Waits for charge and call_courier."), "{ship}");
    assert!(ship.contains("href=\"fn.charge.html\"") && ship.contains("href=\"fn.call_courier.html\""));
    assert!(
        text(&page(&package, "order/fn.call_courier.html"))
            .contains("May be skipped, and has no result then.")
    );
}

#[test]
fn workflows_that_nobody_else_sees_have_documentation_too() {
    let package = package("documented_odd", "src/main.rs", include_str!("odd.rs"));
    document(&package, &["--document-private-items"]);
    let module = text(&page(&package, "shop/deep/order/index.html"));
    assert!(module.contains("Steps between everything else.") && module.contains("waits for"), "{module}");
}
