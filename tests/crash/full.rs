//! The disk under a SQLite file is full, or as good as full, and later it is not.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tokio::time::sleep;

use crate::audit::Audit;
use crate::load::Load;
use crate::patience::{a_while, rounds};
use crate::process::{Options, Worker};
use crate::site::Site;

/// How long there is no space: longer than the lease.
const FULL: Duration = Duration::from_millis(1_300);
/// Names the folder of the small disk.
const DISK: &str = "TASKER_CRASH_DISK";

/// The system refuses files beyond a size, to the workers only; others can still write.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_that_cannot_write_go_on_when_they_can() {
    if Command::new("prlimit").arg("--version").stdout(Stdio::null()).status().is_err() {
        eprintln!("SKIPPED: there is no prlimit");
        return;
    }
    let site = Site::sqlite().await;
    no_space(site, |site, workers| {
        // What the steps write still fits.
        let limit = fs::metadata(site.ledger()).map_or(0, |ledger| ledger.len()) + (128 << 10);
        limit_files(workers, &limit.to_string());
        Box::new(|workers| limit_files(workers, "unlimited"))
    })
    .await;
}

fn limit_files(workers: &[Worker], bytes: &str) {
    for worker in workers {
        worker.limit_files(bytes);
    }
}

/// Nobody can write, on a disk of the test's own that no other process sees.
#[test]
fn a_full_disk_loses_nothing() {
    let disk = tempfile::tempdir().unwrap();
    let on_disk = |program: &Path, arguments: &[&str]| {
        let mount = "mount -t tmpfs -o size=64m tmpfs \"$1\" && shift && exec \"$@\"";
        let mut unshare = Command::new("unshare");
        unshare.args(["--mount", "--propagation", "private", "/bin/sh", "-c", mount, "mount"]);
        unshare.arg(disk.path()).arg(program).args(arguments).env(DISK, disk.path()).stdin(Stdio::null());
        unshare
    };
    let possible = on_disk(Path::new("true"), &[]).stderr(Stdio::null()).status();
    if !possible.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: this user cannot mount a disk");
        return;
    }
    let this = std::env::current_exe().unwrap();
    let inside = ["--exact", "full::on_a_small_disk", "--ignored", "--nocapture"];
    let output = on_disk(&this, &inside).output().unwrap();
    print!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by a test, on a disk of its own"]
async fn on_a_small_disk() {
    let disk = PathBuf::from(std::env::var(DISK).expect(DISK));
    let site = Site::sqlite_in(&disk).await;
    no_space(site, move |_, _| {
        let ballast = disk.join("ballast");
        let mut file = File::create(&ballast).unwrap();
        while file.write(&[0; 4096]).is_ok_and(|written| written > 0) {}
        Box::new(move |_| fs::remove_file(&ballast).unwrap())
    })
    .await;
}

/// What makes space again.
type MakeSpace = Box<dyn FnOnce(&[Worker])>;

async fn no_space(site: Site, take_space: impl Fn(&Site, &[Worker]) -> MakeSpace) {
    let mut workers = Vec::new();
    for _ in 0..2 {
        workers.push(Worker::start_with(&site, Options { limited: true, ..Options::default() }).await);
    }
    let load = Load::begin(&site, 30);
    let mut random = site.random();
    load.served(20).await;
    for _ in 0..rounds(2) {
        a_while(&mut random, 300..600).await;
        let make_space = take_space(&site, &workers);
        sleep(FULL).await;
        make_space(&workers);
    }
    let before = load.done();
    load.served(before + 50).await;
    let acknowledged = load.finish().await;
    site.all_ended().await;
    assert!(workers.iter_mut().all(Worker::is_alive), "a worker did not survive");
    let refused = site.heard("disk is full") + site.heard("disk I/O error");
    assert!(refused > 0, "nobody noticed, so the test says nothing");
    for worker in workers {
        worker.terminate().await;
    }
    let audit = Audit::of(&site, &acknowledged).await;
    println!(
        "{} tasks, {before} before it was over; {refused} errors were logged, at most {} attempts, {} effects in vain",
        acknowledged.len(),
        audit.most_attempts(),
        audit.effects_in_vain(),
    );
}
