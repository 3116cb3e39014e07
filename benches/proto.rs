#![allow(missing_docs, clippy::all, clippy::pedantic)]
use sea_orm::sqlx::{self, Arguments, Connection, Executor, sqlite::*, Row, AssertSqlSafe};
use std::time::Instant;
use uuid::Uuid;

const N: usize = 2000;
const B: usize = 100;

async fn open() -> (tempfile::TempDir, SqliteConnection) {
    let dir = tempfile::tempdir_in("/work").unwrap();
    let path = dir.path().join("p.db");
    let url = format!("sqlite://{}", path.display());
    drop(tasker::SqlStore::connect(&url).await.unwrap());
    let o = SqliteConnectOptions::new().filename(&path).journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full)
        .foreign_keys(true).pragma("cache_size", "-16000").pragma("wal_autocheckpoint", "4000");
    let mut c = SqliteConnection::connect_with(&o).await.unwrap();
    c.execute("select 1").await.unwrap();
    (dir, c)
}

async fn create(c: &mut SqliteConnection) -> Vec<Uuid> {
    let t = Instant::now();
    let ids: Vec<Uuid> = (0..N).map(|_| Uuid::now_v7()).collect();
    for chunk in ids.chunks(200) {
        let mut tx = c.begin().await.unwrap();
        for id in chunk {
            sqlx::query("INSERT INTO tasker_tasks (id, definition_id, state, identity, priority, open_steps, active_steps, revision, context, created_at) VALUES (?,1,'in_progress',NULL,0,5,1,1,'{\"number\":1}',1795000000000000)")
                .bind(id).execute(&mut *tx).await.unwrap();
            for s in 0..5 {
                sqlx::query("INSERT INTO tasker_workflow_steps (task_id, step_no, named_step_id, definition_id, state, priority, open_dependencies, attempt, lost, retry_limit, run_at, revision) VALUES (?,?,1,1,'pending',0,?,0,0,3,1795000000000000,0)")
                .bind(id).bind(s).bind((s>0) as i32).execute(&mut *tx).await.unwrap();
            }
        }
        tx.commit().await.unwrap();
    }
    eprintln!("create {:?}", t.elapsed());
    ids
}

fn rows(n: usize, k: usize) -> String {
    let one = format!("({})", vec!["?"; k].join(","));
    vec![one; n].join(",")
}

async fn run(c: &mut SqliteConnection, sql: String, args: SqliteArguments) -> u64 {
    sqlx::query_with(AssertSqlSafe(sql), args).execute(c).await.unwrap().rows_affected()
}

#[tokio::main]
async fn main() {
    let variant = std::env::args().nth(1).unwrap_or("values".into());
    let (_d, mut c) = open().await;
    let ids = create(&mut c).await;
    let w = Uuid::now_v7();
    let payload = format!("{{\"text\":\"{}\"}}", "x".repeat(180));
    // first claim: not measured
    sqlx::query("UPDATE tasker_workflow_steps SET state='in_progress', worker_id=?, attempt=1, revision=1 WHERE step_no=0").bind(w).execute(&mut c).await.unwrap();
    let mut times = [0f64; 8];
    let t0 = Instant::now();
    let mut n = 0;
    for group in ids.chunks(B) {
        for step in 0..5i32 {
            let t = Instant::now();
            c.execute("BEGIN IMMEDIATE").await.unwrap();
            times[0] += t.elapsed().as_secs_f64();
            let t = Instant::now();
            match variant.as_str() {
                "values" => {
                    let mut a = SqliteArguments::default();
                    for id in group { a.add(id).unwrap(); a.add(step).unwrap(); a.add(1i32).unwrap(); a.add(payload.clone()).unwrap(); }
                    a.add(w).unwrap();
                    run(&mut c, format!("UPDATE tasker_workflow_steps AS s SET state='complete', result=c.column4, error=NULL, waiting_for=NULL, worker_id=NULL, revision=s.revision+1
                        FROM (VALUES {}) AS c WHERE s.task_id=c.column1 AND s.step_no=c.column2 AND s.revision=c.column3 AND +s.worker_id=? AND +s.state='in_progress'", rows(group.len(),4)), a).await;
                }
                v => {
                    let each = if v == "jsonb" { "jsonb_each" } else { "json_each" };
                    let mut s = String::from("[");
                    for id in group { if s.len()>1 {s.push(',');} s += &format!("[\"{}\",{},1,{}]", id.simple(), step, serde_json::to_string(&payload).unwrap()); }
                    s.push(']');
                    let mut a = SqliteArguments::default();
                    a.add(s).unwrap(); a.add(w).unwrap();
                    run(&mut c, format!("UPDATE tasker_workflow_steps AS s SET state='complete', result=c.r, error=NULL, waiting_for=NULL, worker_id=NULL, revision=s.revision+1
                        FROM (SELECT unhex(value->>0) t, value->>1 n, value->>2 v, value->>3 r FROM {each}(?)) AS c WHERE s.task_id=c.t AND s.step_no=c.n AND s.revision=c.v AND +s.worker_id=? AND +s.state='in_progress'"), a).await;
                }
            }
            times[1] += t.elapsed().as_secs_f64();
            let t = Instant::now();
            if step < 4 {
            match variant.as_str() {
                "values" => {
                    let mut a = SqliteArguments::default(); a.add(w).unwrap();
                    for id in group { a.add(id).unwrap(); a.add(step+1).unwrap(); a.add(1i32).unwrap(); }
                    run(&mut c, format!("UPDATE tasker_workflow_steps AS s SET open_dependencies=s.open_dependencies-c.column3, state='in_progress', attempt=s.attempt+1, worker_id=?, revision=s.revision+1
                        FROM (VALUES {}) AS c WHERE s.task_id=c.column1 AND s.step_no=c.column2", rows(group.len(),3)), a).await;
                }
                v => {
                    let each = if v == "jsonb" { "jsonb_each" } else { "json_each" };
                    let mut s = String::from("[");
                    for id in group { if s.len()>1 {s.push(',');} s += &format!("[\"{}\",{},1]", id.simple(), step+1); }
                    s.push(']');
                    let mut a = SqliteArguments::default();
                    a.add(w).unwrap(); a.add(s).unwrap();
                    run(&mut c, format!("UPDATE tasker_workflow_steps AS s SET open_dependencies=s.open_dependencies-c.k, state='in_progress', attempt=s.attempt+1, worker_id=?, revision=s.revision+1
                        FROM (SELECT unhex(value->>0) t, value->>1 n, value->>2 k FROM {each}(?)) AS c WHERE s.task_id=c.t AND s.step_no=c.n"), a).await;
                }
            }
            }
            times[2] += t.elapsed().as_secs_f64();
            let t = Instant::now();
            match variant.as_str() {
                "values" => {
                    let mut a = SqliteArguments::default();
                    for id in group { a.add(id).unwrap(); a.add(1i32).unwrap(); }
                    run(&mut c, format!("UPDATE tasker_tasks AS t SET open_steps=t.open_steps-c.column2, state=CASE WHEN t.open_steps=c.column2 THEN 'complete' ELSE t.state END, ended_at=CASE WHEN t.open_steps=c.column2 THEN 1 ELSE NULL END
                        FROM (VALUES {}) AS c WHERE t.id=c.column1", rows(group.len(),2)), a).await;
                }
                v => {
                    let each = if v == "jsonb" { "jsonb_each" } else { "json_each" };
                    let mut s = String::from("[");
                    for id in group { if s.len()>1 {s.push(',');} s += &format!("[\"{}\",1]", id.simple()); }
                    s.push(']');
                    let mut a = SqliteArguments::default();
                    a.add(s).unwrap();
                    run(&mut c, format!("UPDATE tasker_tasks AS t SET open_steps=t.open_steps-c.k, state=CASE WHEN t.open_steps=c.k THEN 'complete' ELSE t.state END, ended_at=CASE WHEN t.open_steps=c.k THEN 1 ELSE NULL END
                        FROM (SELECT unhex(value->>0) t, value->>1 k FROM {each}(?)) AS c WHERE t.id=c.t"), a).await;
                }
            }
            times[3] += t.elapsed().as_secs_f64();
            let t = Instant::now();
            match variant.as_str() {
                "values" => {
                    let mut a = SqliteArguments::default();
                    for id in group {
                        a.add(id).unwrap(); a.add(step).unwrap(); a.add(2i32).unwrap(); a.add("in_progress").unwrap(); a.add("complete").unwrap(); a.add(1i32).unwrap(); a.add(w).unwrap(); a.add(1795000000000000i64).unwrap();
                        a.add(id).unwrap(); a.add(step+1).unwrap(); a.add(1i32).unwrap(); a.add("pending").unwrap(); a.add("in_progress").unwrap(); a.add(1i32).unwrap(); a.add(w).unwrap(); a.add(1795000000000000i64).unwrap();
                    }
                    run(&mut c, format!("INSERT INTO tasker_workflow_step_transitions (task_id, step_no, revision, from_state, to_state, attempt, worker_id, created_at) VALUES {}", rows(group.len()*2,8)), a).await;
                }
                v => {
                    let each = if v == "jsonb" { "jsonb_each" } else { "json_each" };
                    let mut s = String::from("[");
                    for id in group { if s.len()>1 {s.push(',');} let w = w.simple(); let id = id.simple(); let next = step+1; s += &format!("[\"{id}\",{step},2,\"in_progress\",\"complete\",1,\"{w}\",1795000000000000],[\"{id}\",{next},1,\"pending\",\"in_progress\",1,\"{w}\",1795000000000000]"); }
                    s.push(']');
                    let mut a = SqliteArguments::default();
                    a.add(s).unwrap();
                    run(&mut c, format!("INSERT INTO tasker_workflow_step_transitions (task_id, step_no, revision, from_state, to_state, attempt, worker_id, created_at) SELECT unhex(value->>0), value->>1, value->>2, value->>3, value->>4, value->>5, unhex(value->>6), value->>7 FROM {each}(?)"), a).await;
                }
            }
            times[4] += t.elapsed().as_secs_f64();
            let t = Instant::now();
            c.execute("COMMIT").await.unwrap();
            times[5] += t.elapsed().as_secs_f64();
            n += group.len();
        }
    }
    let e = t0.elapsed().as_secs_f64();
    println!("{variant}: {:.0} steps/s; us/step: begin {:.1} complete {:.1} release {:.1} tasks {:.1} history {:.1} commit {:.1}", n as f64 / e, times[0]*1e6/n as f64, times[1]*1e6/n as f64, times[2]*1e6/n as f64, times[3]*1e6/n as f64, times[4]*1e6/n as f64, times[5]*1e6/n as f64);
    let done: i64 = sqlx::query("select count(*) from tasker_workflow_steps where state='complete'").fetch_one(&mut c).await.unwrap().get(0);
    println!("done {done}");
}
