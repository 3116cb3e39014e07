#![allow(missing_docs, clippy::all, clippy::pedantic)]
use std::sync::Arc;
use std::time::{Duration, Instant};
use tasker::store::*;
use tasker::*;
const N: usize = 2000;

fn cpu(pid: &str) -> f64 {
    let s = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let f: Vec<&str> = s.rsplit(')').next().unwrap().split_whitespace().collect();
    if f.len() < 15 {
        return 0.0;
    }
    (f[11].parse::<f64>().unwrap() + f[12].parse::<f64>().unwrap()) / 100.0
}
fn pgcpu() -> f64 {
    std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|e| {
            let n = e.file_name().into_string().ok()?;
            let c = std::fs::read_to_string(format!("/proc/{n}/cmdline")).ok()?;
            (c.starts_with("postgres:") && c.contains(" bench ")).then(|| cpu(&n))
        })
        .sum()
}
#[tokio::main]
async fn main() {
    let dir = tempfile::tempdir_in("/work").unwrap();
    let url =
        std::env::var("URL").unwrap_or_else(|_| format!("sqlite://{}", dir.path().join("p.db").display()));
    let lanes: usize = std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(1);
    let size: usize = std::env::args().nth(2).and_then(|a| a.parse().ok()).unwrap_or(100);
    let store = SqlStore::connect(&url).await.unwrap();
    let mut b = WorkflowDef::builder("bench", "c5", "1.0.0");
    for i in 0..5 {
        let mut s = StepSpec::new(format!("s{i}"));
        if i > 0 {
            let before = format!("s{}", i - 1);
            s = s.depends_on([before.as_str()]).reads([before.as_str()]);
        }
        b = b.step(s);
    }
    let wf = Arc::new(b.build().unwrap());
    let ids = store.install(&[wf.clone()]).await.unwrap();
    let runnable = Arc::new(Runnable::new([(ids[0], wf.clone())]));
    let worker = WorkerId::random();
    store.enlist(worker, Duration::from_secs(600)).await.unwrap();
    let payload = Json::of(&serde_json::json!({"text": "x".repeat(180)})).unwrap();
    for round in 0..4 {
        let t = Instant::now();
        let tasks: Vec<NewTask> = (0..N)
            .map(|n| NewTask {
                id: TaskId::random(),
                definition: ids[0],
                workflow: wf.clone(),
                idempotency_key: None,
                context: Json::of(&serde_json::json!({"number": n})).unwrap(),
                priority: 0,
            })
            .collect();
        for chunk in tasks.chunks(1000) {
            store.create(chunk).await.unwrap();
        }
        let created = t.elapsed();
        let t = Instant::now();
        let (c0, p0) = (cpu("self"), pgcpu());
        let mut handles = vec![];
        for _ in 0..lanes {
            let (store, runnable, payload) = (store.clone(), runnable.clone(), payload.clone());
            handles.push(tokio::spawn(async move {
                let mut claimed = store.claim(worker, &runnable, &Room::new(size)).await.unwrap().steps;
                let (mut n, mut calls, mut ended) = (0, 0, 0);
                while !claimed.is_empty() {
                    let outcomes: Vec<Outcome> = claimed
                        .iter()
                        .map(|c| Outcome {
                            execution: c.execution,
                            definition: c.definition,
                            ending: Ending::Complete(payload.clone()),
                        })
                        .collect();
                    n += outcomes.len();
                    calls += 1;
                    let s = store.settle(worker, &runnable, &outcomes, &Room::new(size)).await.unwrap();
                    assert!(s.refused.is_empty());
                    ended += s.ended.len();
                    claimed = s.claimed;
                }
                (n, calls, ended)
            }));
        }
        let mut n = 0;
        let mut calls = 0;
        let mut ended = 0;
        for h in handles {
            let r = h.await.unwrap();
            n += r.0;
            calls += r.1;
            ended += r.2;
        }
        let e = t.elapsed().as_secs_f64();
        println!(
            "   cpu us/step: client {:.1} postgres {:.1}",
            (cpu("self") - c0) * 1e6 / n as f64,
            (pgcpu() - p0) * 1e6 / n as f64
        );
        println!(
            "round {round}: create {:.0} tasks/s; settle {n} steps {ended} ended in {e:.3} s = {:.0} steps/s, {:.2} ms a call of {:.0}; with create {:.0}",
            N as f64 / created.as_secs_f64(),
            n as f64 / e,
            e * 1e3 * lanes as f64 / calls as f64,
            n as f64 / calls as f64,
            n as f64 / (e + created.as_secs_f64())
        );
    }
}
