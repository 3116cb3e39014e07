//! A mistake is red, and nothing else is.

use crate::Question;
use crate::client::Answer;
use crate::editor::{Diagnostic, Editor, Place};

pub(crate) const QUESTIONS: [(&str, Question); 3] = [
    ("what is right is not red", nothing),
    ("of what is wrong only the mistake is red", only_the_mistake),
    ("what only rustc sees makes nothing else red", unseen),
];

/// What stands in the file, and what is typed over it.
type Mistake = (&'static str, &'static str);

fn nothing(editor: &mut Editor) -> Answer {
    let diagnostics = editor.diagnostics()?;
    if diagnostics.is_empty() { Ok(()) } else { Err(shown(&diagnostics)) }
}

/// The one mistake is at the `|`.
fn only_the_mistake(editor: &mut Editor) -> Answer {
    let mistakes: &[Mistake] = &[
        // In the options of a step,
        ("depends_on = pack_parcel", "depends_on = |pack_parcl"),
        ("[validate_cart, create_order]", "[validate_cart, create_order, |pack_parcel]"),
        (r#"#[step(timeout = "15s")]"#, "#[step(|tim)]"),
        (r#"#[step(timeout = "15s")]"#, "#[step(|timeout = )]"),
        (r#"retry(limit = 3, base = "2s")"#, "retry(|li)"),
        // in those of the workflow,
        (r#"version = "1.0.0")]"#, "|ver)]"),
        // in a signature.
        ("pub async fn send_mail", "pub |fn send_mail"),
        ("validate_cart(ctx: &Context) -> Result<Cart, StepError>", "|validate_cart(ctx: &Context)"),
    ];
    all(editor, mistakes, |editor, mistake| {
        let diagnostics = editor.diagnostics()?;
        if matches!(diagnostics.as_slice(), [only] if only.place == *mistake) {
            return Ok(());
        }
        Err(format!("expected one error at {mistake}, found {}", shown(&diagnostics)))
    })
}

/// rust-analyzer itself says nothing about types and fields that do not exist.
fn unseen(editor: &mut Editor) -> Answer {
    let mistakes: &[Mistake] = &[
        ("made: Output<create_order>)", "made: Output<cre>)"),
        ("Result<Cart, StepError>", "Result<Car, StepError>"),
        ("cart.total * pricing", "cart.totl * pricing"),
    ];
    all(editor, mistakes, |editor, _| nothing(editor))
}

/// Makes each mistake and asks about it. Beside each, other code still knows the workflow and its steps.
fn all(editor: &mut Editor, mistakes: &[Mistake], ask: fn(&mut Editor, &Place) -> Answer) -> Answer {
    let mut wrong = Vec::new();
    for (over, typed) in mistakes {
        let answer = editor.typing(over, typed, |editor, mistake| {
            ask(editor, mistake)?;
            from_outside(editor)
        });
        wrong.extend(answer.err());
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n    ")) }
}

fn from_outside(editor: &mut Editor) -> Answer {
    let names = [
        ("register::<order::|Workflow>", "pub mod |order"),
        ("output::<order::|charge_card>", "pub async fn |charge_card"),
        ("output::<order::|validate_cart>", "pub async fn |validate_cart"),
    ];
    for (name, definition) in names {
        let (place, definition) = (editor.at(name)?, editor.at(definition)?);
        let found = editor.definition(&place)?;
        if !found.contains(&definition) {
            return Err(format!("{name} leads to {found:?}"));
        }
    }
    Ok(())
}

fn shown(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n    ")
}
