//! Files become modules, and workflows become files.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use tasker::yaml::{self, TaskFile, YamlFile};
use tasker::{RecordSpec, RetryPolicy, StepDef, StepNo, StepSpec, WorkflowDef};
use tasker_tests::package::{Package, Said};
use tasker_tests::snapshot;

use crate::support::{file, files, good, without_variables};

/// All good files, by their names.
fn all() -> Vec<(String, TaskFile)> {
    let environment =
        || without_variables("production").variables([("SHOP_API_KEY", "a"), ("MAILER_API_KEY", "hunter2")]);
    let files = files("files", &["yaml", "yml"]).into_iter();
    files
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, file(&path).load(&environment()).unwrap_or_else(|error| panic!("{error}")))
        })
        .collect()
}

#[test]
fn a_module_reads_as_somebody_would_write_it() {
    for name in ["order_process", "customer_report", "odd_names"] {
        let task = good(&format!("{name}.yaml"), "development");
        snapshot::check(&format!("yaml/modules/{name}.rs"), &yaml::to_rust(&task));
    }
}

#[test]
fn a_module_says_its_environment_and_has_the_steps_in_the_order_of_the_file() {
    let text = "
name: order
step_templates:
  - { name: zip, handler_class: A }
  - { name: charge, handler_class: A }
  - { name: bill, handler_class: A, depends_on_step: charge }
  - { name: ask, handler_class: A }
environments:
  production: { version: 1.0.0 }
  test: { version: 2.0.0 }
";
    let made = |environment: &str| {
        let file = YamlFile::new("order.yaml", text).load(&without_variables(environment)).unwrap();
        let module = yaml::to_rust(&file);
        let head: Vec<String> =
            module.lines().take_while(|line| line.starts_with("//")).map(str::to_owned).collect();
        let names = module.lines().filter_map(|line| line.trim().strip_prefix("pub async fn "));
        let names: Vec<String> = names.map(|name| name.split('(').next().unwrap().to_owned()).collect();
        (head, names)
    };
    let (head, names) = made("production");
    assert_eq!(names, ["zip", "charge", "bill", "ask"]);
    assert_eq!(
        head,
        [
            "// Made from \"order.yaml\", as it is in the environment \"production\".",
            "// What the file says about other environments is not in it: \"test\".",
        ]
    );
    let (head, _) = made("staging");
    assert_eq!(
        head[1],
        "// What the file says about other environments is not in it: \"production\", \"test\"."
    );
}

/// One package with a module for each file, and with one that is compiled with the file; its program asserts that they are the workflows of
/// the files.
#[test]
fn the_modules_of_all_files_compile_and_have_their_identity_and_graph() {
    const DEPENDENCIES: &str = "tasker = { path = \"{tree}/tasker\", default-features = false, features = [\"yaml\"] }\n\
        schemars = \"1\"\nserde = { version = \"1\", features = [\"derive\"] }\nserde_json = \"1\"\n";
    let package = Package::new("from_yaml", DEPENDENCIES).unwrap();
    let (mut modules, mut checks) = (String::new(), String::new());
    for (name, task) in all() {
        let module = yaml::to_rust(&task);
        let inner = module.lines().find_map(|line| line.strip_prefix("pub mod ")).unwrap();
        let inner = inner.trim_end_matches(" {");
        package.write(&format!("src/file_{name}.rs"), &module).unwrap();
        let _ = writeln!(modules, "mod file_{name};\nmod with_{name};");
        let is_it = |path: &PathBuf| path.file_stem().is_some_and(|stem| *stem == *name);
        let path = files("files", &["yaml", "yml"]).into_iter().find(is_it).unwrap();
        let text = fs::read_to_string(path).unwrap();
        let with_file = module.replacen("workflow(", &format!("workflow(yaml = \"files/{name}\", "), 1);
        package.write(&format!("src/with_{name}.rs"), &with_file).unwrap();
        package.write(&format!("files/{name}"), &text).unwrap();
        let workflow = task.workflow();
        let limits: Vec<u32> = workflow.steps().iter().map(|step| step.retry().limit).collect();
        for of in ["file", "with"] {
            let _ = writeln!(
                checks,
                "    check::<{of}_{name}::{inner}::Workflow>({:?}, {:?}, {:?}, &{limits:?});",
                workflow.id().to_string(),
                workflow.description().split("\n\n").next().unwrap_or_default().trim(),
                workflow.shape().to_string(),
            );
        }
    }
    let program = include_str!("modules/program.rs.txt");
    let program = program.replace("// MODULES", &modules).replace("    // CHECKS", &checks);
    package.write("src/main.rs", &program).unwrap();
    let said: Said = package.cargo("run").output().unwrap().into();
    assert!(said.success, "{}", said.text);
}

/// Whatever a file says of a workflow.
fn facts(workflow: &WorkflowDef) -> Value {
    let steps = workflow.steps().iter().enumerate().map(|(at, step)| {
        let depends_on = workflow.graph().dependencies(StepNo::at(at));
        let names: Vec<_> = depends_on.iter().map(|&no| workflow.step(no).map(StepDef::name)).collect();
        let events: Vec<_> = step.emits().iter().map(RecordSpec::name).collect();
        json!([
            step.name(),
            names,
            step.description(),
            step.handler_class(),
            step.dependent_system(),
            step.is_optional(),
            step.retry().limit,
            step.config(),
            events,
        ])
    });
    json!({
        "id": workflow.id().to_string(),
        "description": workflow.description(),
        "schema": workflow.context_schema(),
        "config": workflow.config(),
        "concurrent": workflow.is_concurrent(),
        "shape": workflow.shape().to_string(),
        "steps": steps.collect::<Vec<_>>(),
    })
}

fn read_back(text: &str) -> TaskFile {
    let environment =
        without_variables("production").variables([("SHOP_API_KEY", "a"), ("MAILER_API_KEY", "hunter2")]);
    YamlFile::new("written.yaml", text).load(&environment).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[test]
fn a_workflow_that_is_printed_as_a_file_reads_back_as_itself() {
    for (name, task) in all() {
        let text = yaml::from_workflow(task.workflow());
        assert!(!text.contains("hunter2"), "{text}");
        let again = read_back(&text);
        assert_eq!(facts(again.workflow()), facts(task.workflow()), "{name}\n{text}");
        assert_eq!(yaml::from_workflow(again.workflow()), text, "{name}");
    }
    let text = yaml::from_workflow(good("cart_checkout.yaml", "development").workflow());
    snapshot::check("yaml/modules/cart_checkout.yaml", &text);
}

#[test]
fn what_a_file_cannot_say_stands_in_it_as_a_comment() {
    let retry = RetryPolicy { limit: 5_000, base: Duration::from_millis(200), max: Duration::from_mins(1) };
    let workflow = WorkflowDef::builder("shop", "order process", "1.0.0")
        .step(StepSpec::new("charge card").retry(retry).timeout(Duration::from_secs(15)).config(&7))
        .step(StepSpec::new("ship").annotates("margin", json!({})).config(&json!({"a": "$${X} ${Y}"})))
        .build()
        .unwrap();
    let text = yaml::from_workflow(&workflow);
    for line in [
        "    handler_class: OrderProcess::StepHandler::ChargeCardHandler",
        "    default_retry_limit: 1000",
        "    # The limit was 5000.",
        "    # Waits between executions were 200ms to 60s, and are those of Tasker now.",
        "    # The time limit of 15s is for the handler to keep.",
        "    # A configuration is a mapping; this one was 7",
        "    # It sets the annotation margin.",
    ] {
        assert!(text.lines().any(|known| known == line), "{line}\n{text}");
    }
    let again = read_back(&text);
    assert_eq!(again.workflow().shape(), workflow.shape());
    let ship = again.workflow().step(again.workflow().find("ship").unwrap()).unwrap();
    assert_eq!(ship.config(), Some(&json!({"a": "$${X} ${Y}"})), "nothing is looked up that was not before");
}

#[test]
fn random_workflows_read_back_as_themselves() {
    let seed = std::env::var("TASKER_SEED").map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    println!("TASKER_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    for _ in 0..100 {
        let workflow = workflow(&mut random);
        let text = yaml::from_workflow(&workflow);
        assert_eq!(facts(read_back(&text).workflow()), facts(&workflow), "{text}");
    }
}

fn workflow(random: &mut fastrand::Rng) -> WorkflowDef {
    const WORDS: [&str; 12] =
        ["yes", "1.0", "a: b", "#x", "null", "order", "é \"ü\"", "0755", "- a", "a\\b", "*x", "'"];
    let word = |random: &mut fastrand::Rng| {
        let one = WORDS[random.usize(..WORDS.len())];
        format!("{one}{}", random.u8(..))
    };
    let names: Vec<String> = (0..random.usize(1..8)).map(|at| format!("{} {at}", word(random))).collect();
    let mut builder = WorkflowDef::builder(word(random), word(random), "1.2.3-rc.1")
        .description(word(random))
        .concurrent(random.bool());
    for (at, name) in names.iter().enumerate() {
        let mut step = StepSpec::new(name).handler_class(word(random)).optional(random.bool());
        let before = names[..at].iter().filter(|_| random.u8(..3) == 0).map(String::as_str);
        step = step.depends_on(before.collect::<Vec<_>>());
        step = step.retry(RetryPolicy { limit: random.u32(1..9), ..RetryPolicy::DEFAULT });
        if random.bool() {
            step = step.dependent_system(word(random)).description(format!(
                "{}\n\n{}",
                word(random),
                word(random)
            ));
        }
        if random.bool() {
            let (key, text) = (word(random), format!("{} ${{{}}} $${{A}}", word(random), word(random)));
            step = step.config(&json!({key: [text, random.i64(..), {"deep": [null, true, [], {}]}]}));
        }
        if random.bool() {
            step = step.emits(format!("event {at}"), json!({}));
        }
        builder = builder.step(step);
    }
    builder.build().unwrap()
}
