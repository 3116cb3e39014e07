//! What the example promises, seen from outside: the program is run as a user runs it, and killed as a user kills it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// The program with these options, in that folder.
fn program(folder: &TempDir, options: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_data_pipeline"));
    command.args(options.split_whitespace()).current_dir(folder.path()).stdin(Stdio::null());
    command
}

/// Runs it to its end.
fn run(folder: &TempDir, options: &str) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = program(folder, options).output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// The report, from its headline to the empty line behind its table.
fn report(stdout: &str) -> &str {
    let from = stdout.find("Currencies of").unwrap_or_else(|| panic!("no report in\n{stdout}"));
    let table = stdout[from..].match_indices("\n\n").nth(1).unwrap().0;
    &stdout[from..from + table]
}

/// How often a step began, by the table of the times.
fn attempts(stdout: &str, step: &str) -> u32 {
    let times = &stdout[stdout.find("\nSTEP").unwrap()..];
    let line = times.lines().find(|line| line.starts_with(step)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// The names of the files of the one task in that folder.
fn files(folder: &TempDir) -> Vec<String> {
    let files = folder.path().join("data_pipeline.db.files");
    let names = |folder: &Path| -> Vec<_> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        entries.map(|name| name.into_string().unwrap()).collect()
    };
    let task = names(&files);
    assert_eq!(task.len(), 1, "{task:?}");
    let mut names = names(&files.join(&task[0]));
    names.sort();
    names
}

const STEPS: [&str; 8] = [
    "extract_countries",
    "extract_currencies",
    "extract_zones",
    "select_countries",
    "select_money",
    "group_zones",
    "join_by_country",
    "report",
];

#[test]
fn a_second_run_shows_the_report_that_there_is() {
    let folder = TempDir::new().unwrap();
    let (code, first, stderr) = run(&folder, "--pause 1");
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{first}");
    assert!(
        first.contains("Currencies of the world in at least 3 countries, and their clocks in 2026\n"),
        "{first}"
    );
    assert_eq!(files(&folder), ["countries.jsonl", "currencies.jsonl", "report.txt", "zones.jsonl"]);
    let (code, second, _) = run(&folder, "--pause 1");
    assert_eq!(code, Some(0));
    assert!(second.contains("has ended before, 8 of 8 steps complete\n"), "{second}");
    assert_eq!(report(&second), report(&first));
    assert!(STEPS.iter().all(|step| attempts(&second, step) == 1), "{second}");
}

#[test]
fn a_run_that_is_killed_is_gone_on_with_and_finished_extracts_are_not_read_again() {
    let folder = TempDir::new().unwrap();
    let mut child = program(&folder, "--pause 400").stdout(Stdio::piped()).spawn().unwrap();
    // The currencies have the fewest pages, and the zones the most.
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let seen: Vec<_> = lines.take_while(|line| !line.ends_with("extract_currencies  complete")).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!seen.iter().any(|line| line.contains("pipeline")), "it was killed too late: {seen:?}");

    let (code, resumed, stderr) = run(&folder, "--pause 1");
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{resumed}");
    assert!(resumed.contains("is gone on with, "), "{resumed}");
    assert_eq!(attempts(&resumed, "extract_currencies"), 1, "{resumed}");
    assert_eq!(attempts(&resumed, "extract_zones"), 2, "{resumed}");
    assert_eq!(files(&folder), ["countries.jsonl", "currencies.jsonl", "report.txt", "zones.jsonl"]);

    let undisturbed = TempDir::new().unwrap();
    assert_eq!(report(&resumed), report(&run(&undisturbed, "--pause 1").1));
}

#[test]
fn a_run_that_is_interrupted_is_gone_on_with_and_no_attempt_is_counted() {
    let folder = TempDir::new().unwrap();
    let mut child =
        program(&folder, "--pause 400").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let seen = lines.by_ref().find(|line| line.ends_with("extract_currencies  complete"));
    assert!(seen.is_some(), "the currencies were not read");
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let rest: Vec<_> = lines.collect();
    let Output { status, stderr, .. } = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(130), "{stderr}\n{rest:?}");
    assert!(stderr.contains("interrupted; the next run with the same options goes on"), "{stderr}");

    // What was under way noticed between two pages, and did not read on until its end.
    let left = files(&folder);
    assert!(left.contains(&"currencies.jsonl".to_owned()), "{left:?}");
    assert!(!left.contains(&"zones.jsonl".to_owned()), "{left:?}");

    let (code, resumed, _) = run(&folder, "--pause 1");
    assert_eq!(code, Some(0), "{resumed}");
    assert!(resumed.contains("is gone on with, "), "{resumed}");
    assert!(STEPS.iter().all(|step| attempts(&resumed, step) == 1), "{resumed}");
}

#[test]
fn a_crash_leaves_an_unfinished_file_that_the_next_attempt_puts_aside() {
    let folder = TempDir::new().unwrap();
    let (code, _, stderr) = run(&folder, "--pause 1 --crash-at zones");
    assert_eq!(code, None, "{stderr}");
    assert!(stderr.contains("the process dies before the last page of the zones, as asked for"), "{stderr}");
    let left = files(&folder);
    assert!(left.contains(&"zones.jsonl.1.part".to_owned()), "{left:?}");
    assert!(!left.contains(&"zones.jsonl".to_owned()), "{left:?}");

    // The second attempt does not crash, though it is asked for again.
    let (code, resumed, _) = run(&folder, "--pause 1 --crash-at zones");
    assert_eq!((code, attempts(&resumed, "extract_zones")), (Some(0), 2), "{resumed}");
    assert_eq!(files(&folder), ["countries.jsonl", "currencies.jsonl", "report.txt", "zones.jsonl"]);
}

#[test]
fn what_cannot_be_reported_is_told_and_nothing_is_started() {
    let folder = TempDir::new().unwrap();
    let (code, stdout, stderr) = run(&folder, "--at-least 0 --year 1970");
    assert_eq!((code, stdout.as_str()), (Some(2), ""), "{stderr}");
    assert!(stderr.contains("/at_least: 0 is less than the minimum of 1"), "{stderr}");
    assert!(stderr.contains("/year: 1970 is less than the minimum of 1980"), "{stderr}");
    assert!(!folder.path().join("data_pipeline.db.files").exists());

    let (code, _, stderr) = run(&folder, "--region mars");
    assert_eq!(code, Some(2));
    assert!(stderr.starts_with("error: `--region`: there is no `mars`; the regions are `world`"), "{stderr}");
}
