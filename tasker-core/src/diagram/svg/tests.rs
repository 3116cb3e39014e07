use super::super::tests::{colourful, order};
use super::*;
use crate::report::fixture::{Made, random_graph};
use crate::{StepError, StepSpec, WorkflowDef};

/// Reads a text as XML, as far as one is written here: tags that nest, attributes in quotes, no stray marks. The names of the elements.
fn elements(svg: &str) -> Vec<String> {
    let (mut open, mut seen, mut rest) = (Vec::new(), Vec::new(), svg);
    while let Some(at) = rest.find('<') {
        let text = &rest[..at];
        assert!(!text.contains('>'), "a stray `>` in {text}");
        for entity in text.split('&').skip(1) {
            assert!(
                ["amp;", "lt;", "gt;", "quot;", "#39;"].iter().any(|known| entity.starts_with(known)),
                "&{entity}"
            );
        }
        let mut quoted = false;
        let end = rest[at..].find(|c| {
            quoted ^= c == '"';
            c == '>' && !quoted
        });
        let tag = &rest[at + 1..at + end.unwrap()];
        assert!(!tag.contains('<'), "an open tag: {tag}");
        rest = &rest[at + tag.len() + 2..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "the tags do not nest");
            continue;
        }
        let name = tag.split([' ', '/']).next().unwrap().to_owned();
        seen.push(name.clone());
        if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert_eq!(open, Vec::<String>::new());
    seen
}

fn count(svg: &str, what: &str) -> usize {
    svg.matches(what).count()
}

#[test]
fn every_step_is_drawn_once_with_its_name() {
    for seed in 0..20 {
        let made = random_graph(&mut fastrand::Rng::with_seed(seed), 50);
        let svg = Diagram::of_task(&made.snapshot()).svg();
        elements(&svg);
        assert_eq!(count(&svg, "<g class=\"step "), made.steps.len(), "seed {seed}");
        for step in &made.steps {
            assert_eq!(count(&svg, &format!(">{}</text>", step.name)), 1, "seed {seed}, {}", step.name);
        }
    }
}

#[test]
fn what_somebody_wrote_is_never_markup() {
    let odd = "<script>alert(1)</script>&\"'";
    let order = WorkflowDef::builder("shop", "<b>order</b>", "1.0.0")
        .step(StepSpec::new(odd).description("</title><script>alert(2)</script>"))
        .build()
        .unwrap();
    let mut made = Made::new(&[(odd, &[])]);
    made.steps[0].fail(3, StepError::permanent("]]><script>alert(3)</script>\u{0}\u{1b}[31m\u{202e}"));
    for diagram in [Diagram::of_workflow(&order), Diagram::of_task(&made.snapshot()).links("/\"><script>")] {
        let svg = diagram.svg();
        let found = elements(&svg);
        assert!(!found.iter().any(|name| name == "script"), "{svg}");
        assert!(svg.contains("&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#39;"), "{svg}");
        assert!(!svg.contains(['\u{0}', '\u{1b}', '\u{202e}']));
    }
}

#[test]
fn a_picture_has_neither_scripts_nor_ids_that_another_could_have() {
    let svg = Diagram::of_task(&colourful().snapshot()).links("/tasker").svg();
    let mut found = elements(&svg);
    found.sort_unstable();
    found.dedup();
    assert_eq!(found, ["a", "circle", "g", "path", "rect", "style", "svg", "text", "title"]);
    assert!(!svg.contains(" id=\"") && !svg.contains("url(") && !svg.contains("@import"));
}

#[test]
fn the_tooltip_tells_attempts_error_and_what_is_waited_for() {
    let svg = Diagram::of_task(&colourful().snapshot()).svg();
    assert!(svg.contains(
        "<title>charge_card\nerror, attempts: 3\nerror: the payment gateway did not answer within 30 s [GATEWAY]</title>"
    ));
    assert!(svg.contains(
        "<title>pack_parcel\npending, attempts: 0\n`charge_card`, which it depends on, ended in error"
    ));
    assert!(svg.contains("<title>gift_wrap\nmay be skipped\nskipped, attempts: 0</title>"));
}

#[test]
fn every_state_has_its_own_colours_and_sign() {
    let svg = Diagram::of_task(&colourful().snapshot()).svg_in(Theme::Light);
    for class in ["pending", "in-progress", "complete", "error", "cancelled", "passed"] {
        assert!(svg.contains(&format!("<g class=\"step {class}")), "{class}");
        assert!(svg.contains(&format!(".tasker-diagram .{class} rect{{fill:#")), "{class}");
    }
    assert!(svg.contains("<g class=\"step passed optional\""));
    assert!(count(&svg, "<g class=\"wire open\">") > 0 && count(&svg, "<g class=\"wire shut\">") > 0);
}

#[test]
fn many_steps_that_are_alike_stand_in_a_frame() {
    let mut made = Made::new(&[("split", &[])]);
    for at in 0..12 {
        made.steps.push(crate::report::fixture::MadeStep::new(format!("part_{at}"), vec![StepNo(0)]));
    }
    made.steps.push(crate::report::fixture::MadeStep::new("join".to_owned(), (1..=12).map(StepNo).collect()));
    let draw = |made: &Made| Diagram::of_task(&made.snapshot()).svg();
    let made = (0..12).fold(made.done("split"), |made, at| made.done(&format!("part_{at}")));
    let svg = draw(&made);
    elements(&svg);
    assert_eq!((count(&svg, "<rect class=\"frame\""), count(&svg, "<g class=\"step ")), (1, 14));
    assert_eq!(count(&svg, "<g class=\"wire open\">"), 2, "one to the frame and one from it");
    let one_runs = draw(&made.clone().running("part_3"));
    assert_eq!((count(&one_runs, "<g class=\"wire open\">"), count(&one_runs, "<g class=\"wire\">")), (1, 1));
    let one_failed = draw(&made.failed("part_3"));
    assert_eq!(count(&one_failed, "<g class=\"wire shut\">"), 1);
}

#[test]
fn a_step_leads_to_its_page_where_there_is_one() {
    let task = colourful().snapshot();
    let svg = Diagram::of_task(&task).links("https://ops.example/tasker/").svg();
    let page =
        format!("<a href=\"https://ops.example/tasker/tasks/{}/workflow_steps/12\">", task.status().id);
    assert_eq!(count(&svg, &page), 1);
    assert_eq!(count(&Diagram::of_task(&task).svg(), "<a "), 0);
    assert_eq!(count(&Diagram::of_workflow(&order()).links("/tasker").svg(), "<a "), 0);
}

#[test]
fn a_picture_is_light_or_dark_or_both() {
    let diagram = Diagram::of_workflow(&order());
    let has = |theme, what: &str| diagram.svg_in(theme).contains(what);
    let (light, dark) = ("fill:#ffffff;stroke:#8797a8", "fill:#1d232b;stroke:#66727f");
    assert!(
        has(Theme::Auto, light) && has(Theme::Auto, dark) && has(Theme::Auto, "prefers-color-scheme:dark")
    );
    assert!(has(Theme::Light, light) && !has(Theme::Light, dark));
    assert!(has(Theme::Dark, dark) && !has(Theme::Dark, light) && !has(Theme::Dark, "prefers"));
}

#[test]
fn the_order_in_which_steps_were_written_draws_the_same_picture() {
    let steps = || {
        [
            StepSpec::new("fetch"),
            StepSpec::new("charge").depends_on(["fetch"]),
            StepSpec::new("pack").depends_on(["fetch"]),
            StepSpec::new("ship").depends_on(["charge", "pack"]),
        ]
    };
    let draw = |steps: Vec<StepSpec>| {
        let builder = WorkflowDef::builder("shop", "order", "1.0.0");
        Diagram::of_workflow(&steps.into_iter().fold(builder, crate::WorkflowBuilder::step).build().unwrap())
            .svg()
    };
    assert_eq!(draw(steps().into()), draw(steps().into_iter().rev().collect()));
}

#[test]
fn no_text_is_wider_than_its_box() {
    let name = "charge_the_card_of_the_customer_with_the_amount_of_the_order";
    let made = Made::new(&[(name, &[]), ("x", &[]), ("記録記録記録記録記録記録記録記録記録", &[])]);
    for (texts, step) in Diagram::of_task(&made.snapshot()).steps.iter().map(|step| (Texts::of(step), step)) {
        let room = texts.size.width - texts.indent;
        assert!(width(&texts.name, NAME) * BOLD <= room - 8.0, "{}", texts.name);
        assert!(texts.size.width <= WIDE && texts.size.width >= NARROW);
        assert_eq!(texts.name.ends_with('…'), step.name != "x");
    }
}

#[test]
fn empty_and_lonely_diagrams_are_pictures() {
    for made in [Made::new(&[]), Made::new(&[("only", &[])])] {
        let svg = Diagram::of_task(&made.snapshot()).svg();
        elements(&svg);
        assert!(svg.contains("shop.order@1.0.0") && !svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }
}
