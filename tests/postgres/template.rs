//! Databases, and the templates that they are copied from.

use std::thread;

use tasker_tests::postgres::{Server, server_or_skip};
use tokio::runtime::Builder;

const TABLE: &str = "CREATE TABLE kept (value text); INSERT INTO kept VALUES ('template')";

/// A template of this run, whatever earlier runs left on the server.
fn template(test: &str) -> String {
    format!("{test}_{:08x}", fastrand::u32(..))
}

fn fill(server: &Server, url: &str) {
    server.query(&name(url), TABLE);
}

/// The database in a URL.
fn name(url: &str) -> String {
    let path = url.split('?').next().unwrap();
    path.rsplit('/').next().unwrap().to_owned()
}

#[tokio::test]
async fn databases_of_a_template_are_independent() {
    let Some(server) = server_or_skip() else { return };
    let template = template("independent");
    let one = server.database(&template, async |url| fill(&server, &url)).await;
    let other = server.database(&template, async |_| panic!("it is prepared")).await;
    one.query("UPDATE kept SET value = 'one'");
    assert_eq!(other.query("SELECT value FROM kept"), "template");
    assert_eq!(one.query("SELECT value FROM kept"), "one");
}

#[tokio::test]
async fn a_database_is_gone_after_its_test() {
    let Some(server) = server_or_skip() else { return };
    let database = server.database(&template("gone"), async |_| ()).await;
    let count = format!("SELECT count(*) FROM pg_database WHERE datname = '{}'", name(database.url()));
    assert_eq!(server.query("postgres", &count), "1");
    drop(database);
    assert_eq!(server.query("postgres", &count), "0");
}

#[tokio::test]
async fn tests_at_once_prepare_a_template_once() {
    let Some(server) = server_or_skip() else { return };
    let template = template("once");
    let databases = async || server.database(&template, async |url| fill(&server, &url)).await;
    let (one, two, three) = tokio::join!(databases(), databases(), databases());
    for database in [one, two, three] {
        assert_eq!(database.query("SELECT value FROM kept"), "template");
    }
}

#[tokio::test]
async fn a_template_that_was_not_finished_is_prepared_anew() {
    let Some(server) = server_or_skip() else { return };
    let template = template("anew");
    thread::scope(|scope| {
        let failed = scope.spawn(|| {
            let runtime = Builder::new_current_thread().build().unwrap();
            let prepare = async |url: String| {
                fill(&server, &url);
                panic!("the test of the preparation");
            };
            runtime.block_on(server.database(&template, prepare));
        });
        assert!(failed.join().is_err());
    });
    let database = server.database(&template, async |url| fill(&server, &url)).await;
    assert_eq!(database.query("SELECT value FROM kept"), "template");
}
