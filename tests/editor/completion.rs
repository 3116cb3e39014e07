//! Completing what is half-written, in attributes, signatures and bodies.

use crate::Question;
use crate::client::Answer;
use crate::editor::Editor;

pub(crate) const QUESTIONS: [(&str, Question); 4] = [
    ("options are completed", options),
    ("the names of steps are completed", steps),
    ("fields are completed in bodies", bodies),
    ("fields are completed beside a mistake", beside_a_mistake),
];

/// What stands in the file, what is typed over it, and what is offered at the `|`.
type Case = (&'static str, &'static str, &'static [&'static str]);

const TIMEOUT: &str = r#"#[step(timeout = "15s")]"#;
const RETRY: &str = r#"retry(limit = 3, base = "2s")"#;
const BODY: &str = "let total = ctx.cents.iter().sum();";
const CHARGE: &str =
    r#"let receipt = format!("{} on {}, attempt {}", cart.total, terminal.name, attempt.0);"#;
const CONTEXT: &[&str] = &["email", "cents"];
const CART: &[&str] = &["total", "pieces"];

fn options(editor: &mut Editor) -> Answer {
    const STEP: &[&str] = &["depends_on", "retry", "no_retry", "timeout", "skippable", "config", "name"];
    const WORKFLOW: &[&str] = &["namespace", "name", "version", "context", "concurrent", "yaml"];
    let cases: &[Case] = &[
        (TIMEOUT, "#[step(ret|)]", &["retry"]),
        (TIMEOUT, "#[step(|)]", STEP),
        (TIMEOUT, r#"#[step(timeout = "15s", |)]"#, STEP),
        (r#"version = "1.0.0")]"#, "ver|)]", &["version"]),
        (r#"namespace = "shop", version = "1.0.0")]"#, "|)]", WORKFLOW),
        (RETRY, "retry(li|)", &["limit"]),
        (RETRY, "retry(|)", &["limit", "base", "max"]),
        (RETRY, "retry(limit = 3, ba|)", &["base"]),
    ];
    all(editor, cases)
}

fn steps(editor: &mut Editor) -> Answer {
    const STEPS: &[&str] = &["validate_cart", "charge_card", "create_order", "pack_parcel"];
    let cases: &[Case] = &[
        ("depends_on = pack_parcel", "depends_on = cre|", &["create_order"]),
        ("depends_on = pack_parcel", "depends_on = |", STEPS),
        ("[validate_cart, create_order]", "[validate_cart, cre|]", &["create_order"]),
        ("[validate_cart, create_order]", "[|]", STEPS),
        ("Output<create_order>", "Output<cre|>", &["create_order"]),
        ("Output<create_order>", "Output<|>", STEPS),
    ];
    all(editor, cases)
}

fn bodies(editor: &mut Editor) -> Answer {
    let cases: &[Case] = &[
        (BODY, "ctx.|", CONTEXT),
        (BODY, "let total = ctx.em|;", CONTEXT),
        (CHARGE, "cart.|", CART),
        (CHARGE, "let receipt = cart.to|;", CART),
        (CHARGE, "let receipt = pricing.|", &["percent"]),
        (CHARGE, "let receipt = terminal.|", &["name"]),
    ];
    all(editor, cases)
}

fn beside_a_mistake(editor: &mut Editor) -> Answer {
    let mistakes = [
        // Another step waits for what does not exist.
        ("depends_on = pack_parcel", "depends_on = pack_parcl"),
        // The signature of another step is half-written.
        (
            "send_mail(ctx: &Context, made: Output<create_order>) -> Result<String, StepError>",
            "send_mail(ctx: &Con",
        ),
        ("made: Output<create_order>)", "made: Output<cre)"),
        ("made: Output<create_order>)", "made: )"),
        // The attribute of the same step is half-written.
        (TIMEOUT, "#[step(time)]"),
        (TIMEOUT, "#[step(timeout = )]"),
        (RETRY, "retry(li"),
        (RETRY, "ret"),
        // The attribute of the workflow is half-written.
        (r#"version = "1.0.0")]"#, "ver)]"),
    ];
    for (over, typed) in mistakes {
        editor.typing(over, typed, |editor, _| {
            all(editor, &[(BODY, "ctx.|", CONTEXT), (CHARGE, "cart.|", CART)])
        })?;
    }
    Ok(())
}

/// Says of each case what is missing.
fn all(editor: &mut Editor, cases: &[Case]) -> Answer {
    let mut wrong = Vec::new();
    for &(over, typed, expected) in cases {
        let offered = editor.typing(over, typed, Editor::completions)?;
        let missing: Vec<&str> = expected.iter().copied().filter(|word| !offered.contains(*word)).collect();
        if !missing.is_empty() {
            wrong.push(format!("`{typed}` offers no {missing:?} among {} words", offered.len()));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n    ")) }
}
