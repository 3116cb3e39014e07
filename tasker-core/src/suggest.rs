//! "Did you mean …?", for what is looked up by name at run time.

use std::fmt::Write;

/// The candidate nearest to `word`, if it is near enough to be a typo of it: one edit for each three letters.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// `; did you mean …?`, or nothing.
pub(crate) fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, candidates).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
}

/// Names as a message lists them: not more than somebody reads.
pub(crate) fn quoted<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const MOST: usize = 20;
    let mut names = names.into_iter();
    let mut list = names.by_ref().take(MOST).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let more = names.count();
    if more > 0 {
        let _ = write!(list, " and {more} more");
    }
    list
}

/// The number of edits (insert, delete, replace, swap neighbours) from `a` to `b`: Damerau-Levenshtein in its
/// "optimal string alignment" form, which keeps three rows of the table.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replace = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replace.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
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
    fn a_long_list_is_cut() {
        let names: Vec<String> = (0..23).map(|n| n.to_string()).collect();
        assert_eq!(quoted(["a", "b"]), "`a`, `b`");
        assert!(quoted(names.iter().map(String::as_str)).ends_with("`19` and 3 more"));
    }

    #[test]
    fn edits_are_counted() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("charge", "chagre"), 1);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("größe", "grösse"), 2);
    }
}
