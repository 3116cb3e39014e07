//! The pipeline as a whole, in virtual time and without a database. What it reports is compared with what the crates of the data say.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use iso_currency::Currency as Iso4217;
use tasker::testing::{self, Run, Scenario};
use tasker::{Cancelled, Config, State, StepState, TaskState};
use tempfile::TempDir;

use crate::app::App;
use crate::files::{Files, Folder};
use crate::join::Line;
use crate::pipeline::data_pipeline::{
    self, Context, Covered, ReportReady, Workflow, extract_countries, extract_currencies, extract_zones,
    join_by_country, report,
};
use crate::sources::{Country, Currency, Faults, Paging, Region, Row, Sources, Zone};
use crate::times;

const YEAR: u16 = 2026;

fn world() -> Context {
    Context { region: None, at_least: 1, year: YEAR }
}

fn app(folder: &Path, faults: Faults) -> App {
    App { sources: Sources::new(faults), folder: Folder::new(folder) }
}

async fn run(folder: &TempDir, context: Context, faults: Faults) -> Run<Workflow> {
    let builder = testing::Tasker::builder(app(folder.path(), faults)).register::<Workflow>();
    builder.build().await.run_to_end::<Workflow>(context).await
}

/// The files of a task, whose names and contents are compared.
fn files(folder: &Path) -> Vec<(String, String)> {
    let task = fs::read_dir(folder).expect("the folder").next().expect("a task").expect("its folder").path();
    let entries = fs::read_dir(task).expect("its folder").map(|entry| entry.expect("a file").path());
    let mut files: Vec<_> = entries
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, fs::read_to_string(path).expect("text"))
        })
        .collect();
    files.sort();
    files
}

fn line<'a>(lines: &'a [Line], currency: &str) -> &'a Line {
    lines.iter().find(|line| line.currency == currency).expect("the currency")
}

/// What the crate of the currencies says of one, of countries that the crate of the countries knows in the region.
fn users(currency: Iso4217, region: Option<iso3166::Region>) -> BTreeSet<String> {
    let known = |code: &str| {
        iso3166::Country::from_alpha2(code)
            .is_some_and(|country| region.is_none_or(|region| country.region == region))
    };
    currency.used_by().iter().map(ToString::to_string).filter(|code| known(code)).collect()
}

#[tokio::test]
async fn the_report_has_the_figures_of_the_data() {
    let folder = TempDir::new().expect("a folder");
    let run = run(&folder, world(), Faults::default()).await;
    assert_eq!(run.state(), TaskState::Complete);
    let report = run.output::<report>().expect("a report");

    let euro = line(&report.lines, "EUR");
    assert_eq!(euro.countries, users(Iso4217::EUR, None));
    assert!(["DE", "FR", "GR", "ES"].iter().all(|code| euro.countries.contains(*code)), "{euro:?}");
    // From Martinique to the islands in the south of the Indian Ocean.
    assert_eq!(euro.offsets, Some((-4 * 60, 5 * 60)));
    for country in ["DE", "FI"] {
        assert!(euro.changing.contains(country), "the clocks of {country} change: {euro:?}");
    }
    let franc = line(&report.lines, "CHF");
    let codes: Vec<_> = franc.countries.iter().map(String::as_str).collect();
    assert_eq!((codes, franc.zones, franc.offsets), (vec!["CH", "LI"], 1, Some((60, 120))));
    // One zone, half an hour beside the others, without summer time.
    let rupee = line(&report.lines, "INR");
    assert!(rupee.countries.contains("IN") && !rupee.changing.contains("IN"), "{rupee:?}");
    assert!(rupee.offsets.is_some_and(|(first, last)| (first..=last).contains(&330)), "{rupee:?}");

    // What nobody pays with any more, or never did, is in the source and not in the report.
    let currencies = Currency::all(YEAR);
    for code in ["HRK", "XAU", "XXX"] {
        assert!(currencies.iter().any(|currency| currency.code == code), "{code}");
        assert!(report.lines.iter().all(|line| line.currency != code), "{code}");
    }
    let written = folder.path().join(run.id().to_string()).join(&report.written.file);
    assert_eq!(fs::read_to_string(written).expect("the report"), report.text);
    let ready = ReportReady { file: "report.txt".to_owned(), currencies: report.lines.len() };
    assert_eq!(run.events::<ReportReady>(), [ready]);
}

#[tokio::test]
async fn every_currency_has_the_countries_that_its_source_says() {
    let folder = TempDir::new().expect("a folder");
    let run = run(&folder, world(), Faults::default()).await;
    let lines = run.output::<join_by_country>().expect("the lines");
    assert!(lines.len() > 100, "{}", lines.len());
    for line in &lines {
        let currency = Iso4217::from_code(&line.currency).expect("a code");
        assert_eq!(line.countries, users(currency, None), "{}", line.currency);
    }
    // Each country of the world is either there or said to be missing.
    let Covered(coverage) = run.annotation::<Covered>().expect("the coverage");
    let paid: BTreeSet<_> = lines.iter().flat_map(|line| &line.countries).collect();
    assert_eq!(coverage.countries, iso3166::LIST.len());
    assert_eq!(paid.len() + coverage.without_currency.len(), coverage.countries);
    // Nobody lives there, so nobody sets a clock.
    assert!(coverage.without_zone.contains(&"Bouvet Island".to_owned()), "{coverage:?}");
}

#[tokio::test]
async fn a_region_is_reported_with_its_own_countries_and_only_what_enough_of_them_use() {
    let folder = TempDir::new().expect("a folder");
    let context = Context { region: Some(Region::Europe), at_least: 2, year: YEAR };
    let run = run(&folder, context, Faults::default()).await;
    let report = run.output::<report>().expect("a report");
    let europe = Some(iso3166::Region::Europe);
    assert_eq!(line(&report.lines, "EUR").countries, users(Iso4217::EUR, europe));
    assert!(report.lines.iter().all(|line| line.countries.len() >= 2));
    let joined = run.output::<join_by_country>().expect("the lines");
    assert!(joined.iter().any(|line| line.countries.len() == 1), "some are joined and not reported");
    assert!(joined.iter().all(|line| line.currency != "JPY"));
    assert!(
        report.text.starts_with("Currencies of Europe in at least 2 countries, and their clocks in 2026\n")
    );
}

#[tokio::test]
async fn the_extracts_take_as_long_as_the_longest_of_them() {
    let folder = TempDir::new().expect("a folder");
    let tasker = testing::Tasker::builder(app(folder.path(), Faults::default())).register::<Workflow>();
    let tasker = tasker.build().await;
    let task = tasker.start::<Workflow>(world()).await;
    let run = task.run_to_end().await;
    // Fifty milliseconds before each page of fifty rows; all else takes no virtual time.
    let pages = [Country::all(YEAR).len(), Currency::all(YEAR).len(), Zone::all(YEAR).len()]
        .map(|rows| rows.div_ceil(50) as u32);
    let page = Duration::from_millis(50);
    assert_eq!(run.took(), page * pages.into_iter().max().expect("three"));

    let snapshot = task.handle().snapshot().await.expect("a snapshot");
    let analysis = snapshot.analysis();
    let one_after_the_other = page * pages.iter().sum();
    let parallel = one_after_the_other.as_secs_f64() / run.took().as_secs_f64();
    assert_eq!(analysis.parallelism.measured_parallel_steps, Some((parallel * 100.0).round() / 100.0));
    let shown = times::of(&snapshot);
    let bar = |step: &str| shown.lines().find(|line| line.starts_with(step)).expect("the step");
    assert!(
        bar("extract_zones").ends_with(&format!(
            "0.00s  {:.2}s  {}",
            run.took().as_secs_f64(),
            "█".repeat(40)
        )),
        "{shown}"
    );
    assert!(bar("report").ends_with(&format!("{}█", " ".repeat(39))), "{shown}");
    assert!(
        shown.contains("longest way: extract_zones → group_zones → join_by_country → report\n"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_source_that_is_down_is_asked_again_and_the_others_are_not() {
    let folder = TempDir::new().expect("a folder");
    let faults = Faults { down: [(Zone::SOURCE, 2)].into(), crash: None };
    let run = run(&folder, world(), faults).await;
    assert_eq!(run.state(), TaskState::Complete);
    assert_eq!(run.attempts::<extract_zones>(), 3);
    assert_eq!(run.waits::<extract_zones>(), [1, 2].map(Duration::from_secs));
    let began = run.trace().began();
    for step in ["extract_countries", "extract_currencies", "select_countries", "select_money", "report"] {
        assert_eq!(began.iter().filter(|name| **name == step).count(), 1, "`{step}` in {began:?}");
    }
    // Nor do they wait for it: their transforms are done before it answers.
    let place = |step| began.iter().rposition(|name| *name == step).expect("it began");
    assert!(place("select_money") < place("extract_zones"), "{began:?}");
}

#[tokio::test]
async fn a_source_that_stays_down_ends_the_task_and_nothing_is_reported() {
    let folder = TempDir::new().expect("a folder");
    let faults = Faults { down: [(Country::SOURCE, 5)].into(), crash: None };
    let run = run(&folder, world(), faults).await;
    assert_eq!((run.state(), run.attempts::<extract_countries>()), (TaskState::Error, 5));
    let error = run.error::<extract_countries>().expect("an error");
    assert_eq!(error.error_code(), Some("SOURCE_DOWN"));
    assert_eq!(run.step_state::<report>(), StepState::Pending);
    assert_eq!(run.step_state::<extract_currencies>(), StepState::Complete);
    assert!(files(folder.path()).iter().all(|(name, _)| name != "report.txt"));
}

/// A folder for each run of a check.
struct Folders {
    all: TempDir,
    runs: RefCell<Vec<PathBuf>>,
}

impl Folders {
    fn new() -> Self {
        Self { all: TempDir::new().expect("a folder"), runs: RefCell::default() }
    }

    fn setup(&self) -> Scenario<Workflow, App> {
        let folder = self.all.path().join(self.runs.borrow().len().to_string());
        self.runs.borrow_mut().push(folder.clone());
        testing::Tasker::builder(app(&folder, Faults::default())).scenario(world())
    }

    fn last(&self) -> Vec<(String, String)> {
        files(self.runs.borrow().last().expect("a run"))
    }
}

#[tokio::test]
async fn whichever_step_runs_twice_or_is_the_last_before_a_crash_the_files_are_the_same() {
    let undisturbed = TempDir::new().expect("a folder");
    let report = run(&undisturbed, world(), Faults::default()).await.output::<report>();
    let expected = files(undisturbed.path());
    let names: Vec<_> = expected.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["countries.jsonl", "currencies.jsonl", "report.txt", "zones.jsonl"]);

    let folders = Folders::new();
    let check = |_: &str, run: &Run<Workflow>, _: &App| {
        assert_eq!(run.state(), TaskState::Complete);
        assert_eq!(run.output::<data_pipeline::report>(), report);
        assert_eq!(run.events::<ReportReady>().len(), 1);
        assert_eq!(folders.last(), expected);
    };
    testing::run_each_step_twice(|| folders.setup(), check).await;
    testing::crash_after_each_record(|| folders.setup(), check).await;
    // Eight steps each time, and a run before to know them.
    assert!(folders.runs.borrow().len() >= 16, "{}", folders.runs.borrow().len());
}

#[tokio::test]
async fn whichever_step_fails_there_is_no_report() {
    let folders = Folders::new();
    testing::fail_each_step(
        || folders.setup(),
        |step, run, _| {
            assert_eq!(run.state(), TaskState::Error);
            assert_eq!(run.output::<report>(), None);
            let names: Vec<_> = folders.last().into_iter().map(|(name, _)| name).collect();
            assert!(!names.contains(&"report.txt".to_owned()), "{step}: {names:?}");
        },
    )
    .await;
}

#[tokio::test]
async fn an_extract_that_is_told_to_end_leaves_no_file_that_others_would_read() {
    let folder = TempDir::new().expect("a folder");
    let extracted = extract_zones(
        &world(),
        State(Sources::default()),
        Config(Paging { rows: 50, pause_ms: 0 }),
        Files::of_test(folder.path(), 1),
        Cancelled::at_once(),
    )
    .await;
    assert!(extracted.expect_err("it was interrupted").to_string().contains("interrupted"));
    assert!(!folder.path().join("zones.jsonl").exists());
}
