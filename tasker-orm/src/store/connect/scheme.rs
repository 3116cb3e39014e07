//! What a URL begins with, and what is said of one that begins otherwise.

use tasker_rules::suggest::nearest;

const KNOWN: [&str; 3] = ["sqlite", "postgres", "postgresql"];

/// How the URL of a database looks.
const EXAMPLES: &str = "write `sqlite://orders.db`, `sqlite::memory:` or `postgres://user@host/orders`";

/// What is wrong with a URL that is of no database which this build opens; a text without a scheme may be a secret and is not shown.
pub(super) fn unknown(scheme: Option<&str>) -> String {
    match scheme {
        None => format!("it does not say what kind of database it is; {EXAMPLES}"),
        Some("sqlite") => not_built("SQLite", "sqlite"),
        Some("postgres" | "postgresql") => not_built("PostgreSQL", "postgres"),
        Some("mysql" | "mariadb") => {
            format!("MySQL and MariaDB are not supported, SQLite and PostgreSQL are; {EXAMPLES}")
        }
        Some(other) => match nearest(&other.to_lowercase(), KNOWN) {
            Some(near) => format!("no database is called `{other}`; did you mean `{near}:`?"),
            None => format!("`{other}` is no database that is known; {EXAMPLES}"),
        },
    }
}

fn not_built(database: &str, feature: &str) -> String {
    format!(
        "this is {database}, and this build has no support for it; turn the feature `{feature}` of `tasker` on: \
         `tasker = {{ version = \"…\", features = [\"{feature}\"] }}`"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheme_that_is_none_is_told_what_it_may_be() {
        assert_eq!(
            unknown(Some("postgresq")),
            "no database is called `postgresq`; did you mean `postgres:`?"
        );
        assert_eq!(unknown(Some("SQLite3")), "no database is called `SQLite3`; did you mean `sqlite:`?");
        assert!(unknown(Some("mysql")).starts_with("MySQL and MariaDB are not supported"));
        assert!(unknown(Some("redis")).starts_with("`redis` is no database that is known; write `sqlite://"));
        assert!(unknown(None).starts_with("it does not say what kind of database it is; write `sqlite://"));
    }

    #[test]
    fn a_database_that_this_build_lacks_names_its_feature() {
        for (scheme, feature) in [("sqlite", "sqlite"), ("postgres", "postgres"), ("postgresql", "postgres")]
        {
            let told = unknown(Some(scheme));
            assert!(told.contains(&format!("turn the feature `{feature}` of `tasker` on")), "{told}");
        }
    }
}
