//! Files with mistakes, and what is told about them: `wrong/NAME.yaml`, and beside it `wrong/NAME.txt`.

use tasker::yaml::YamlError;
use tasker_tests::snapshot;

use crate::support::{file, files, load, without_variables};

#[test]
fn every_mistake_is_told_with_its_place_and_a_way_out() {
    for path in files("wrong", &["yaml"]) {
        let error = file(&path).load(&without_variables("test")).err();
        let error = error.unwrap_or_else(|| panic!("{} has no mistake", path.display()));
        let name = path.file_stem().unwrap().to_string_lossy();
        snapshot::check(&format!("yaml/wrong/{name}.txt"), &format!("{error}\n"));
    }
}

#[test]
fn each_text_belongs_to_a_file() {
    let names = |extension| {
        let files = files("wrong", &[extension]);
        files.iter().map(|path| path.file_stem().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("yaml"), names("txt"));
}

#[test]
fn a_mistake_can_be_asked_for_its_parts() {
    let error: YamlError = load("name: a\nstep_templates: []\nspeps: 1\n").unwrap_err();
    let [one, other] = error.mistakes() else { panic!("{error}") };
    assert_eq!((one.line(), one.column(), one.message()), (Some(2), Some(17), "the task has no steps"));
    assert_eq!((other.line(), other.message()), (Some(3), "a task has no key `speps`"));
    assert_eq!((other.file(), other.help().is_some()), ("task.yaml", true));
}

#[test]
fn of_very_many_mistakes_a_hundred_are_told_at_once() {
    use std::fmt::Write;
    let mut text = "name: large\nstep_templates:\n".to_owned();
    for n in 0..8_000 {
        let _ = writeln!(text, "  - {{name: step_{n}, handler_class: A, depends_on_step: setp_{n}}}");
    }
    let before = std::time::Instant::now();
    let error = load(&text).unwrap_err();
    assert_eq!(error.mistakes().len(), 100);
    assert!(error.to_string().ends_with("100 mistakes and more; nothing was registered"));
    assert!(before.elapsed().as_secs() < 30, "{:?}", before.elapsed());
}

#[test]
fn a_small_file_with_very_many_mistakes_of_a_kind_takes_no_time() {
    let lines = |line: &dyn Fn(usize) -> String, times: usize| (0..times).map(line).collect::<String>();
    let step = "step_templates:\n";
    for (kind, text) in [
        (
            "keys behind blank lines",
            format!("{}{}", "\n".repeat(480_000), lines(&|n| format!("k{}: 1\n", n % 9), 5_000)),
        ),
        ("keys on one line", format!("{{{}}}", "a b c,".repeat(16_000))),
        (
            "steps of one name",
            format!("{step}{}{}", "\n".repeat(400_000), lines(&|_| "  - {name: a}\n".into(), 1_000)),
        ),
        (
            "changes of one step",
            format!(
                "{step}  - {{name: a}}\nenvironments:\n  production:\n    step_templates:\n{}{}",
                "\n".repeat(400_000),
                lines(&|_| "      - {name: a}\n".into(), 1_000)
            ),
        ),
        ("unknown keys", lines(&|n| format!("step_tmplates_{n}: 1\n"), 45_000)),
    ] {
        let before = std::time::Instant::now();
        let error = load(&text).unwrap_err();
        assert!(error.mistakes().len() <= 100, "{kind}: {error}");
        assert!(before.elapsed().as_secs() < 3, "{kind}: {:?}", before.elapsed());
    }
}

#[test]
fn a_long_cycle_is_told_without_its_middle() {
    use std::fmt::Write;
    let mut text = "name: large\nstep_templates:\n".to_owned();
    for n in 0..500 {
        let _ = writeln!(text, "  - {{name: s{n}, handler_class: A, depends_on_step: s{}}}", (n + 1) % 500);
    }
    let error = load(&text).unwrap_err();
    let [mistake] = error.mistakes() else { panic!("{error}") };
    assert!(mistake.message().contains("`s4` waits for … (491 more) waits for `s496`"), "{mistake}");
}

#[test]
fn nothing_that_is_cut_off_or_garbled_makes_it_panic() {
    let whole = include_str!("files/order_process.yaml");
    let seed = std::env::var("TASKER_SEED").map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    println!("TASKER_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    for _ in 0..300 {
        let mut text: Vec<char> = whole.chars().collect();
        text.truncate(random.usize(..text.len()));
        for _ in 0..random.usize(..6) {
            let at = random.usize(..=text.len());
            let odd =
                ['{', ']', ':', '-', '\t', '\n', '&', '*', '!', '"', '$', '\u{0}', '\u{feff}', 'é', '%', '|'];
            text.insert(at, odd[random.usize(..odd.len())]);
        }
        let text: String = text.into_iter().collect();
        if let Err(error) = load(&text) {
            assert!(!error.mistakes().is_empty());
            let _ = error.to_string();
        }
    }
}
