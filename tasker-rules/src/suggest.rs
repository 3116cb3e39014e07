//! "Did you mean …?", for what is looked up by name.

use std::fmt::Write;

/// The candidate nearest to `word`, if it is near enough to be a typo of it: one edit for each three letters, `r#` not counted.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = bare(word).chars().collect();
    let limit = (word.len() / 3).max(1);
    let (mut letters, mut rows) = (Vec::new(), Rows::default());
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        letters.clear();
        letters.extend(bare(candidate).chars());
        let most = best.map_or(limit, |(distance, _)| distance);
        if let Some(distance) = rows.distance(&word, &letters, most)
            && best.is_none_or(|best| (distance, candidate) < best)
        {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

fn bare(name: &str) -> &str {
    name.strip_prefix("r#").unwrap_or(name)
}

/// `; did you mean …?`, or nothing.
#[must_use]
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, candidates).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
}

/// Names as a message lists them: not more than somebody reads.
#[must_use]
pub fn quoted<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const MOST: usize = 20;
    let mut names = names.into_iter();
    let mut list = names.by_ref().take(MOST).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let more = names.count();
    if more > 0 {
        let _ = write!(list, " and {more} more");
    }
    list
}

/// Three rows of the table of Damerau-Levenshtein in its "optimal string alignment" form.
#[derive(Default)]
struct Rows {
    before: Vec<usize>,
    last: Vec<usize>,
    row: Vec<usize>,
}

impl Rows {
    /// The number of edits (insert, delete, replace, swap neighbours) from `a` to `b`, if it is at most this.
    fn distance(&mut self, a: &[char], b: &[char], most: usize) -> Option<usize> {
        if a.len().abs_diff(b.len()) > most {
            return None;
        }
        let Self { before, last, row } = self;
        last.clear();
        last.extend(0..=b.len());
        for i in 1..=a.len() {
            row.clear();
            row.push(i);
            for j in 1..=b.len() {
                let replace = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let mut edits = replace.min(last[j] + 1).min(row[j - 1] + 1);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    edits = edits.min(before[j - 2] + 1);
                }
                row.push(edits);
            }
            // A swap reaches back two rows.
            if row.iter().chain(&*last).min().is_some_and(|least| *least > most) {
                return None;
            }
            std::mem::swap(before, last);
            std::mem::swap(last, row);
        }
        last.last().copied().filter(|edits| *edits <= most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_finds_what_was_meant() {
        let steps = ["validate_cart", "process_payment"];
        assert_eq!(nearest("validate_crat", steps), Some("validate_cart"));
        assert_eq!(did_you_mean("proces_payment", steps), "; did you mean `process_payment`?");
        assert_eq!(did_you_mean("send_mail", steps), "");
    }

    #[test]
    fn a_typo_of_a_raw_name_finds_it() {
        assert_eq!(nearest("mtch", ["validate_cart", "r#match"]), Some("r#match"));
        assert_eq!(nearest("r#chagre", ["validate_cart", "charge"]), Some("charge"));
    }

    #[test]
    fn another_word_finds_nothing() {
        assert_eq!(nearest("send_mail", ["validate_cart", "process_payment"]), None);
        assert_eq!(nearest("a", []), None);
    }

    #[test]
    fn a_long_list_is_cut() {
        let names: Vec<String> = (0..23).map(|n| n.to_string()).collect();
        assert_eq!(quoted(["a", "b"]), "`a`, `b`");
        assert!(quoted(names.iter().map(String::as_str)).ends_with("`19` and 3 more"));
    }

    #[test]
    fn among_equals_the_first_by_name_is_meant_and_the_nearest_before_all() {
        assert_eq!(nearest("step_x", ["step_b", "step_a"]), Some("step_a"));
        assert_eq!(nearest("fetch_ordr", ["fetch_odr", "fetch_order", "fetch_ordre"]), Some("fetch_odr"));
        assert_eq!(nearest("charge", ["chrge", "charge"]), Some("charge"));
    }

    #[test]
    fn edits_are_counted_up_to_a_limit() {
        let distance = |a: &str, b: &str, most| {
            let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            Rows::default().distance(&a, &b, most)
        };
        assert_eq!(distance("", "abc", 3), Some(3));
        assert_eq!(distance("charge", "chagre", 1), Some(1));
        assert_eq!(distance("kitten", "sitting", 3), Some(3));
        assert_eq!(distance("kitten", "sitting", 2), None);
        assert_eq!(distance("größe", "grösse", 2), Some(2));
        assert_eq!(distance("abcdef", "badcfe", 3), Some(3));
    }
}
