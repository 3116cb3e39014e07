//! The statements of the hot path: one text for each backend, in `sql/`.
//!
//! Each takes a batch (see [`batch`](crate::batch)), so that it is one trip to the database however large the batch is, and is one
//! statement, so that it is its own transaction.

use std::sync::OnceLock;

use crate::mark;
use crate::profile::Profile;

/// Calls of the procedures that `sqlite_procedures` makes.
const SQLITE_EXCHANGE: &str = "INSERT INTO tasker_exchange (ends, rooms, worker_id, room, now, ready, due, turns, records) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9); SELECT json FROM tasker_answer";
const SQLITE_CREATE: &str = "INSERT INTO tasker_create (tasks, steps, now, attributes) VALUES ($1, $2, $3, $4); SELECT json FROM tasker_answer";

/// Makes the procedures of a connection that writes to a SQLite database.
#[cfg(feature = "sqlite")]
pub(crate) fn sqlite_procedures() -> String {
    let create =
        sqlite_create("INSERT INTO tasker_answer", ["NEW.tasks", "NEW.steps", "NEW.now", "NEW.attributes"]);
    let among = "t.task_id IN (SELECT task_id FROM tasker_ends)";
    let pass_turns = Dialect::pass_turns(among, "NEW.now");
    let prepare = include_str!("sql/sqlite/prepare.sql").replace("{create}", &create);
    let exchange = with_marks(include_str!("sql/sqlite/exchange.sql")).replace("{pass_turns}", &pass_turns);
    prepare + &exchange
}

fn sqlite_create(answer: &str, [tasks, steps, now, attributes]: [&str; 4]) -> String {
    let text = include_str!("sql/sqlite/create.sql").replace("{answer}", answer).replace("{tasks}", tasks);
    with_marks(&text).replace("{steps}", steps).replace("{now}", now).replace("{attributes}", attributes)
}

/// What the entries of the outbox say: see [`mark`].
fn with_marks(text: &str) -> String {
    let text = text.replace("{step_mark}", mark::STEP).replace("{task_mark}", mark::TASK);
    text.replace("{event_mark}", mark::EVENT).replace("{created_mark}", mark::CREATED)
}

/// Whose SQL it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backend {
    Sqlite,
    Postgres,
}

/// The backend and what it can do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dialect {
    pub(crate) backend: Backend,
    pub(crate) profile: Profile,
}

/// Whose connection a statement is sent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Connection {
    /// One of the store's.
    Ours,
    /// The host's: on SQLite it has no procedures.
    Hosts,
}

/// What an exchange may consist of; the text for PostgreSQL has a section for each part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Executions end.
    Ends,
    /// Which steps are given out is a matter of choice; otherwise it is all that the exchange releases. There without ends, too.
    Choice,
    /// Others may be settling steps of the same tasks.
    Shared,
    /// Steps whose time has come are given out, which is a choice.
    Due,
    /// Other processes are told.
    Tell,
    /// What steps wrote beside their results is recorded.
    Records,
    /// Tasks that are created have attributes.
    Attributes,
}

/// The text without the sections that are not needed, and without remarks.
fn with_parts(text: &str, parts: &[Part]) -> String {
    let (mut kept, mut inside) = (String::with_capacity(text.len()), true);
    for line in text.lines() {
        match line.strip_prefix("--[") {
            Some(names) => inside = names.split(' ').all(|name| is_there(name, parts)),
            None if line == "--]" => inside = true,
            None if inside && !line.starts_with("--") => kept.extend([line, "\n"]),
            None => {}
        }
    }
    kept
}

fn is_there(section: &str, parts: &[Part]) -> bool {
    let part = match section {
        "ends" => Part::Ends,
        "choice" => Part::Choice,
        "all" => return !parts.contains(&Part::Choice),
        "shared" => Part::Shared,
        "due" => Part::Due,
        "tell" => Part::Tell,
        "records" => Part::Records,
        "attributes" => Part::Attributes,
        _ => unreachable!("there is no section `{section}`"),
    };
    parts.contains(&part)
}

impl Dialect {
    /// Ends, releases, gives out: see the texts.
    pub(crate) fn exchange(self, parts: &[Part]) -> &'static str {
        // One for each set of parts, with and without the locks that are skipped.
        static TEXTS: [OnceLock<String>; 128] = [const { OnceLock::new() }; 128];
        match self.backend {
            Backend::Postgres => {
                let locks = usize::from(self.profile.skip_locked);
                let place = parts.iter().fold(locks << 6, |place, &part| place | 1 << part as usize);
                TEXTS[place].get_or_init(|| self.postgres(include_str!("sql/postgres/exchange.sql"), parts))
            }
            Backend::Sqlite => SQLITE_EXCHANGE,
        }
    }

    /// Creates tasks; of the parts there are to tell others, and attributes.
    pub(crate) fn create(self, parts: &[Part], connection: Connection) -> String {
        match (self.backend, connection) {
            (Backend::Postgres, _) => self.postgres(include_str!("sql/postgres/create.sql"), parts),
            (Backend::Sqlite, Connection::Ours) => SQLITE_CREATE.to_owned(),
            (Backend::Sqlite, Connection::Hosts) => sqlite_create("", ["$1", "$2", "$3", "$4"]),
        }
    }

    /// Gives the turn in sequential tasks in which nobody has it to the first step that waits for it.
    pub(crate) fn pass_turns(among: &str, now: &str) -> String {
        include_str!("sql/pass_turns.sql").replace("{among}", among).replace("{now}", now)
    }

    /// Whether a column is among ids, given as the parameter of [`batch::ids`](crate::batch::ids).
    pub(crate) fn among(self, column: &str, parameter: &str) -> String {
        match self.backend {
            Backend::Postgres => format!("{column} = ANY({parameter}::uuid[])"),
            Backend::Sqlite => format!("{column} IN (SELECT unhex(value->>0) FROM json_each({parameter}))"),
        }
    }

    fn postgres(self, text: &str, parts: &[Part]) -> String {
        const NOW: &str =
            "coalesce($1::bigint, (extract(epoch FROM statement_timestamp()) * 1000000)::bigint)";
        const GO: &str = "p.chosen AND s.open_dependencies = p.satisfied AND s.state = 'pending' AND s.waiting_for IS NULL";
        let skip_locked = if self.profile.skip_locked { "FOR UPDATE OF s SKIP LOCKED" } else { "" };
        with_marks(&with_parts(text, parts))
            .replace("{now}", NOW)
            .replace("{go}", GO)
            .replace("{skip_locked}", skip_locked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_ends_and_none_lies_within_another() {
        for text in [include_str!("sql/postgres/exchange.sql"), include_str!("sql/postgres/create.sql")] {
            let mut inside = false;
            for line in text.lines() {
                if line.starts_with("--[") {
                    assert!(!std::mem::replace(&mut inside, true), "{line}");
                } else if line == "--]" {
                    assert!(std::mem::replace(&mut inside, false));
                }
            }
            assert!(!inside);
        }
    }

    #[test]
    fn each_set_of_parts_has_a_text_of_its_own() {
        const PARTS: [Part; 6] =
            [Part::Ends, Part::Choice, Part::Shared, Part::Due, Part::Tell, Part::Records];
        let mut texts = std::collections::BTreeSet::new();
        for profile in [Profile::POSTGRES, Profile::PLAIN] {
            for bits in 0..1 << PARTS.len() {
                let parts: Vec<Part> =
                    PARTS.into_iter().filter(|&part| bits & 1 << part as usize != 0).collect();
                texts.insert(Dialect { backend: Backend::Postgres, profile }.exchange(&parts).as_ptr());
            }
        }
        assert_eq!(texts.len(), 128);
    }

    #[test]
    fn a_part_that_is_not_there_is_not_in_the_text() {
        let dialect = Dialect { backend: Backend::Postgres, profile: Profile::POSTGRES };
        let text = dialect.exchange(&[Part::Choice, Part::Due]);
        assert!(!text.lines().any(|line| line.starts_with("--[")));
        assert!(!text.contains("open_steps - ") && text.contains("run_at <= "));
    }
}
