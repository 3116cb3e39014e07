//! Lines as they come out: what is in them, what is not, and that no field can break one.

use std::fmt;
use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tracing::field::Empty;
use tracing::{Span, debug, error, info, info_span, warn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;

use super::Logs;
use crate::Redaction;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

/// What is written while this runs.
fn written(logs: Logs, run: impl FnOnce()) -> String {
    let lines = Lines::default();
    let to = lines.clone();
    let layer = logs.writer(move || to.clone()).layer().unwrap();
    tracing::subscriber::with_default(registry().with(layer), run);
    lines.take()
}

/// The same, read, without the times.
fn read(logs: Logs, run: impl FnOnce()) -> Vec<Value> {
    let text = written(logs, run);
    let read = |line: &str| {
        let mut line: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let at = line.as_object_mut().unwrap().remove("timestamp").unwrap();
        at.as_str().unwrap().parse::<crate::Timestamp>().unwrap();
        line
    };
    text.lines().map(read).collect()
}

fn everything() -> Logs {
    Logs::json().filter("trace")
}

/// The span of a step.
fn step() -> Span {
    info_span!(
        target: "tasker",
        "tasker.step.execution",
        namespace = "shop",
        workflow = "order",
        version = "1.0.0",
        task = "0193",
        step = "charge",
        attempt = 2,
        correlation_id = "req-1",
        worker = "0194",
        queue_seconds = 0.5,
        outcome = Empty,
        otel.status_code = Empty,
    )
}

#[test]
fn a_record_is_one_object_with_the_fields_of_its_spans() {
    let lines = read(everything(), || {
        let step = step();
        let _step = step.enter();
        info!(cents = 1250, rate = 0.5, paid = true, "the {} was charged", "card");
        step.record("outcome", "complete");
        step.record("otel.status_code", "ERROR");
        let rows = info_span!("import", rows = 7, step = "inner");
        let _rows = rows.enter();
        warn!(outcome = "mine");
    });
    let target = "tasker_core::logs::tests";
    assert_eq!(
        lines,
        [
            json!({
                "level": "INFO", "target": target, "message": "the card was charged", "cents": 1250, "rate": 0.5, "paid": true,
                "span": "tasker.step.execution", "namespace": "shop", "workflow": "order", "version": "1.0.0", "task": "0193",
                "step": "charge", "attempt": 2, "correlation_id": "req-1", "worker": "0194", "queue_seconds": 0.5,
            }),
            json!({
                "level": "WARN", "target": target, "outcome": "mine", "span": "import", "rows": 7, "step": "inner",
                "namespace": "shop", "workflow": "order", "version": "1.0.0", "task": "0193", "attempt": 2,
                "correlation_id": "req-1", "worker": "0194", "queue_seconds": 0.5,
            }),
        ],
        "what is nearer counts"
    );
}

#[test]
fn whatever_is_said_is_json() {
    struct Odd;
    impl fmt::Debug for Odd {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a\0b")?;
            Err(fmt::Error)
        }
    }
    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] fmt::Error);
    let outer = Outer(fmt::Error);
    let line = &read(everything(), || {
        error!(
            level = "mine", timestamp = 1, r#type = "t", level_ = 2, nan = f64::NAN, endless = f64::INFINITY, whole = 2.0, tiny = 1e-30,
            huge = u128::MAX, large = u64::MAX, small = i128::from(i64::MIN), odd = ?Odd, list = ?[1, 2], outer = &outer as &dyn std::error::Error,
            "line 1\nline 2 \u{1b}[31m \u{9b} \"\\ \u{2028}\u{202e}é\u{1f600}"
        );
    })[0];
    assert_eq!(
        *line,
        json!({
            "level": "ERROR", "target": "tasker_core::logs::tests", "level_": "mine", "timestamp_": 1, "type": "t", "level__": 2, "nan": null,
            "endless": null, "whole": 2.0, "tiny": 1e-30, "huge": u128::MAX.to_string(), "large": u64::MAX, "small": i64::MIN,
            "odd": "a\0b(the rest could not be written)", "list": "[1, 2]",
            "outer": format!("outer: {}", fmt::Error),
            "message": "line 1\nline 2 \u{1b}[31m \u{9b} \"\\ \u{2028}\u{202e}é\u{1f600}",
        })
    );
}

#[test]
fn secrets_are_hidden_by_name_and_in_texts() {
    #[derive(Debug)]
    #[expect(dead_code, reason = "it is printed")]
    struct Login {
        user: &'static str,
        password: Option<&'static str>,
    }
    let log = || {
        let span =
            info_span!("login", api_key = "hunter2", iban = 4711, url = "https://ann:hunter2@x.example/");
        let _span = span.enter();
        let login = Login { user: "ann", password: Some("hunter2") };
        info!(password = "hunter2", pin_token = 4711, has_token = true, ?login, sent = %"a=1&secret=hunter2", "Bearer hunter2 is iban=4711");
        span.record("api_key", "hunter2 once more");
        info!(login.user, "again");
    };
    let redaction = Redaction::new().hide(["iban"]);
    let json = written(everything().redact(&redaction), log);
    let pretty = written(Logs::pretty().filter("trace").redact(&redaction), log);
    for text in [&json, &pretty] {
        assert!(!text.contains("hunter2") && !text.contains("4711"), "{text}");
        assert!(text.contains("ann") && text.contains("[redacted]"), "{text}");
    }
    let line: Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    assert_eq!(line["message"], "Bearer [redacted] is iban=[redacted]");
    assert_eq!(line["login"], "Login { user: \"ann\", password: [redacted] }");
    assert_eq!((&line["has_token"], &line["sent"]), (&json!(true), &json!("a=1&secret=[redacted]")));
}

/// A text of all that could end a line, a string or a colour.
fn any_text(random: &mut fastrand::Rng) -> String {
    const ODD: [char; 16] = [
        '\n',
        '\r',
        '\t',
        '\0',
        '"',
        '\\',
        '\u{1b}',
        '\u{7f}',
        '\u{85}',
        '\u{9b}',
        '\u{2028}',
        '\u{202e}',
        '{',
        '=',
        '\u{fffd}',
        '\u{10ffff}',
    ];
    let one = |random: &mut fastrand::Rng| match random.u8(..4) {
        0 => *random.choice(&ODD).unwrap(),
        1 => random.char(..),
        _ => random.char('a'..='z'),
    };
    (0..random.usize(..12)).map(|_| one(random)).collect()
}

#[test]
fn any_field_is_read_back_as_it_was_said() {
    let seed = std::env::var("TASKER_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    println!("TASKER_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let redaction = Redaction::new();
    for _ in 0..2_000 {
        let [one, two, three, around] = [(); 4].map(|()| any_text(&mut random));
        let number = f64::from_bits(random.u64(..));
        let log = || {
            let span = info_span!("around", around = %around);
            let _span = span.enter();
            info!(one, two = ?two, number, "{three}");
        };
        let lines = read(everything(), log);
        assert_eq!(lines.len(), 1);
        let told = |text: &str| Value::from(redaction.text(text));
        assert_eq!((&lines[0]["one"], &lines[0]["message"]), (&told(&one), &told(&three)));
        assert_eq!((&lines[0]["two"], &lines[0]["around"]), (&told(&format!("{two:?}")), &told(&around)));
        let read = lines[0]["number"].as_f64();
        assert_eq!(read, number.is_finite().then_some(number), "{number:e}");
        let json = written(everything(), log);
        let pretty = written(Logs::pretty().filter("trace"), log);
        for text in [&json, &pretty] {
            let is_unsafe = |c: char| c != '\n' && super::escape::is_unsafe(c);
            assert!(text.ends_with('\n') && !text.contains(is_unsafe), "{text:?}");
        }
        let records = pretty.lines().filter(|line| !line.starts_with("                   | ")).count();
        assert_eq!((json.lines().count(), records), (1, 1), "{pretty:?}");
    }
}

/// Lines for people, without the time.
fn people(run: impl FnOnce()) -> String {
    let text = written(Logs::pretty().filter("trace"), run);
    text.lines()
        .map(|line| if line.starts_with(' ') { line } else { &line[12..] })
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn a_line_for_people_says_where_and_what() {
    let text = people(|| {
        let step = step();
        step.in_scope(|| {
            warn!(
                code = "BUSY",
                error = "the gateway is busy",
                wait_seconds = 2.5,
                "the step failed; it runs again"
            );
            info_span!("import", file = "a b").in_scope(|| info!(rows = 7, empty = "", "half\nway\n"));
        });
        info!(worker = "0194", "worker enlisted");
        debug!(
            task = "0193",
            correlation_id = "0193",
            namespace = "shop",
            workflow = "order",
            version = "1.0.0",
            "the task is complete"
        );
    });
    assert_eq!(
        text,
        r#"  WARN order/charge#2             the step failed; it runs again  code=BUSY error="the gateway is busy" wait_seconds=2.5  task=0193 correlation_id=req-1 worker=0194
  INFO order/charge#2             half
                   | way  rows=7 empty="" file="a b"  task=0193 correlation_id=req-1 worker=0194
  INFO tasker_core::logs::tests   worker enlisted  worker=0194
 DEBUG order                      the task is complete  namespace=shop version=1.0.0  task=0193"#
    );
}

#[test]
fn colours_are_for_terminals() {
    let mut logs = Logs::pretty();
    logs.colours = true;
    let lines = Lines::default();
    let to = lines.clone();
    logs.write = Arc::new(move |line| to.clone().write_all(line).unwrap());
    let layer = logs.filter("info").layer().unwrap();
    tracing::subscriber::with_default(registry().with(layer), || error!(said = "\u{1b}[0m", "no"));
    let text = lines.take();
    assert!(
        text.contains("\u{1b}[1;31mERROR\u{1b}[0m") && text.contains("said=\u{1b}[0m\"\\u{1b}[0m\"\n"),
        "{text:?}"
    );
    assert!(!written(Logs::pretty(), || error!("no")).contains('\u{1b}'), "a writer has none");
}

#[test]
fn a_warning_says_of_what_step_it_is_though_information_is_not_logged() {
    let log = || {
        let step = step();
        let _step = step.enter();
        info!("not this");
        info_span!("not this either", rows = 7).in_scope(|| warn!("this"));
    };
    let lines = read(Logs::json().filter("warn"), log);
    assert_eq!(lines.len(), 1);
    assert_eq!((&lines[0]["task"], &lines[0]["rows"]), (&json!("0193"), &Value::Null));
    assert_eq!(written(Logs::json().filter("off"), log), "");
}

#[test]
fn two_logs_side_by_side_hide_what_each_is_told_to() {
    let (one, other) = (Lines::default(), Lines::default());
    let (to_one, to_other) = (one.clone(), other.clone());
    let json = Logs::json().filter("info").redact(["iban"]).writer(move || to_one.clone()).layer().unwrap();
    let pretty = Logs::pretty().filter("warn").writer(move || to_other.clone()).layer().unwrap();
    tracing::subscriber::with_default(registry().with(json).with(pretty), || {
        let span = info_span!(target: "tasker", "both", iban = "DE02", n = 1);
        span.record("n", 2);
        let _span = span.enter();
        info!("first");
        warn!("second");
    });
    let (one, other) = (one.take(), other.take());
    assert!(
        one.lines().count() == 2 && one.contains("\"iban\":\"[redacted]\",\"n\":2") && !one.contains("DE02"),
        "{one}"
    );
    assert!(other.lines().count() == 1 && other.contains("iban=DE02 n=2"), "{other}");
}

#[test]
fn what_logs_while_it_is_logged_breaks_nothing() {
    struct Chatty;
    impl fmt::Display for Chatty {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            info!("from inside");
            f.write_str("said")
        }
    }
    let lines = read(everything(), || {
        let span = info_span!("span", a = Empty);
        let _span = span.enter();
        span.record("a", tracing::field::display(Chatty));
        info!(b = %Chatty, "from outside");
    });
    let said: Vec<&str> = lines.iter().map(|line| line["message"].as_str().unwrap()).collect();
    // What is logged by a field of a record is dropped by `tracing` itself.
    assert_eq!(said, ["from inside", "from outside"]);
    assert_eq!((&lines[1]["a"], &lines[1]["b"]), (&json!("said"), &json!("said")));
}

#[test]
fn a_writer_that_fails_is_passed_over() {
    struct Broken;
    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
    }
    let layer = Logs::json().filter("info").writer(|| Broken).layer().unwrap();
    tracing::subscriber::with_default(registry().with(layer), || info!("to nobody"));
}
