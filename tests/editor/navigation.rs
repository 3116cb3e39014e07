//! Going to what a name means, finding where it is used, and renaming it.

use std::collections::BTreeSet;

use crate::Question;
use crate::client::Answer;
use crate::editor::{Editor, Place};

pub(crate) const QUESTIONS: [(&str, Question); 8] = [
    ("the definition of a step is its function", definition_of_a_step),
    ("the definition of the workflow's type is in its module", definition_of_the_workflow),
    ("the references of a step are all its names", references),
    ("a rename changes all names of a step", rename),
    ("a step's name shows what the step is", hover),
    ("the outline lists the steps", outline),
    ("a name in a signature means what it says and nothing else", signature),
    ("the context is a type as any other", context),
];

/// Each kind of place in the module that names a step. There a name is the function and the type.
const INSIDE: [&str; 4] = [
    "pub async fn |validate_cart(",
    "depends_on = |validate_cart, retry",
    "depends_on = [|validate_cart, charge_card]",
    "cart: Output<|validate_cart>,\n",
];

/// Elsewhere it is one of them: rust-analyzer cannot know that what is written here has to do with what is written there.
const TYPE: &str = "task.output::<order::|validate_cart>()";
const FUNCTION: &str = "drop(order::|validate_cart(";

fn definition_of_a_step(editor: &mut Editor) -> Answer {
    let function = editor.at("pub async fn |validate_cart(")?;
    for name in INSIDE.into_iter().chain([TYPE, FUNCTION]) {
        let place = editor.at(name)?;
        let found = editor.definition(&place)?;
        expect(name, &found, &BTreeSet::from([function.clone()]))?;
    }
    Ok(())
}

fn definition_of_the_workflow(editor: &mut Editor) -> Answer {
    let place = editor.at("register::<order::|Workflow>")?;
    let module = editor.at("pub mod |order {")?;
    expect("order::Workflow", &editor.definition(&place)?, &BTreeSet::from([module]))
}

fn references(editor: &mut Editor) -> Answer {
    asked_for_a_step(editor, Editor::references)
}

fn rename(editor: &mut Editor) -> Answer {
    asked_for_a_step(editor, |editor, place| editor.rename(place, "check_cart"))
}

/// Finds all names of a step from inside the module; from elsewhere all but those that name its other half there.
fn asked_for_a_step(editor: &mut Editor, ask: fn(&mut Editor, &Place) -> Answer<BTreeSet<Place>>) -> Answer {
    let all = editor.places("validate_cart");
    for name in INSIDE {
        let place = editor.at(name)?;
        expect(name, &ask(editor, &place)?, &all)?;
    }
    for (name, other) in [(TYPE, FUNCTION), (FUNCTION, TYPE)] {
        let (place, other) = (editor.at(name)?, editor.at(other)?);
        let half = all.iter().filter(|place| **place != other).cloned().collect();
        expect(name, &ask(editor, &place)?, &half)?;
    }
    Ok(())
}

fn hover(editor: &mut Editor) -> Answer {
    const SIGNATURE: &str = "pub async fn validate_cart(ctx: &Context) -> Result<Cart, StepError>";
    const DOC: &str = "Adds up what lies in the cart.";
    let function = INSIDE.into_iter().chain([FUNCTION]).map(|name| (name, vec![SIGNATURE, DOC]));
    for (name, expected) in function.chain([(TYPE, vec!["The step [`validate_cart`]"])]) {
        let place = editor.at(name)?;
        let shown = editor.hover(&place)?;
        let missing: Vec<&str> = expected.into_iter().filter(|text| !shown.contains(text)).collect();
        if !missing.is_empty() {
            return Err(format!("{name} lacks {missing:?} in: {shown}"));
        }
    }
    Ok(())
}

fn signature(editor: &mut Editor) -> Answer {
    let names = [
        ("validate_cart(ctx: &|Context)", "pub struct Context"),
        ("-> |Result<Cart,", "pub enum Result<T, E>"),
        ("-> Result<|Cart,", "pub struct Cart"),
        ("cart: |Output<validate_cart>,\n", "pub struct Output<D>"),
        ("pricing: |Config<", "pub struct Config<T>"),
        ("Config<|Pricing>", "pub struct Pricing"),
        ("config = |Pricing {", "pub struct Pricing"),
        ("terminal: |State<", "pub struct State<T>"),
        ("attempt: |Attempt,", "pub struct Attempt"),
    ];
    for (name, expected) in names {
        let place = editor.at(name)?;
        let found = editor.definition(&place)?;
        if found.len() != 1 {
            return Err(format!("{name} leads to {found:?}"));
        }
        let shown = editor.hover(&place)?;
        let noise = ["automatically_derived", "keyword", "```rust\nimpl\n```", "```rust\ntype\n```"];
        let noise: Vec<&str> = noise.into_iter().filter(|noise| shown.contains(noise)).collect();
        if !shown.contains(expected) || !noise.is_empty() {
            return Err(format!("{name} shows {noise:?} in: {shown}"));
        }
    }
    Ok(())
}

fn context(editor: &mut Editor) -> Answer {
    let all: BTreeSet<Place> = editor.places("Context");
    for name in [
        "pub struct |Context",
        "validate_cart(ctx: &|Context)",
        "order::|Context {",
        "super::order::{self, |Context}",
    ] {
        let place = editor.at(name)?;
        expect(name, &editor.references(&place)?, &all)?;
        expect(name, &editor.rename(&place, "Wish")?, &all)?;
    }
    Ok(())
}

fn outline(editor: &mut Editor) -> Answer {
    let symbols = editor.outline("src/workflows.rs")?;
    let found: Vec<&str> = symbols.iter().filter_map(|symbol| symbol.strip_prefix("order::")).collect();
    let expected = ["Context", "validate_cart", "charge_card", "create_order", "pack_parcel", "send_mail"];
    if found == expected {
        return Ok(());
    }
    Err(format!("expected {expected:?} in `order`, found {symbols:?}"))
}

fn expect<T: std::fmt::Display + Ord>(asked: &str, found: &BTreeSet<T>, expected: &BTreeSet<T>) -> Answer {
    if found == expected {
        return Ok(());
    }
    let shown = |places: Vec<&T>| places.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    Err(format!(
        "{asked}: missing [{}], too much [{}]",
        shown(expected.difference(found).collect()),
        shown(found.difference(expected).collect()),
    ))
}
