/// What a PostgreSQL, or a database that speaks its language, can do beyond plain transactions.
///
/// It is read when the store connects (`SELECT version()`) and can be overridden with
/// [`SqlStoreOptions::profile`](crate::SqlStoreOptions::profile). With [`PLAIN`](Self::PLAIN) nothing but atomic statements and
/// serializable transactions is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    /// Whether workers that claim at the same time pass over each other's rows (`FOR UPDATE SKIP LOCKED`). Without it, they
    /// wait for one another, or repeat.
    pub skip_locked: bool,
    /// Whether other processes are told of new work (`LISTEN` and `NOTIFY`). Without it, they find it by asking now and then.
    pub notify: bool,
    /// Whether every transaction is `SERIALIZABLE`, and repeated where it cannot be serialized, because the database knows no
    /// `READ COMMITTED` that updates a row as a concurrent transaction left it.
    pub serializable: bool,
}

impl Profile {
    /// PostgreSQL 13 and newer.
    pub const POSTGRES: Self = Self { skip_locked: true, notify: true, serializable: false };

    /// Nothing special: how `CockroachDB` and `YugabyteDB` are meant to be driven. It is tested on PostgreSQL; neither of the two has been
    /// tried, and `CockroachDB` as it comes refuses statements that change one table in several places, as ours do.
    pub const PLAIN: Self = Self { skip_locked: false, notify: false, serializable: true };

    /// What a server can do that calls itself this (`SELECT version()`).
    pub(crate) fn of_server(version: &str) -> Self {
        let plain = ["CockroachDB", "-YB-"].iter().any(|name| version.contains(name));
        if plain { Self::PLAIN } else { Self::POSTGRES }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_known_by_what_it_calls_itself() {
        assert_eq!(Profile::of_server("PostgreSQL 15.8 (Debian 15.8-1) on x86_64"), Profile::POSTGRES);
        assert_eq!(Profile::of_server("CockroachDB CCL v24.1.0 (x86_64-pc-linux-gnu)"), Profile::PLAIN);
        assert_eq!(Profile::of_server("PostgreSQL 11.2-YB-2.20.1.0-b0 on x86_64"), Profile::PLAIN);
    }
}
