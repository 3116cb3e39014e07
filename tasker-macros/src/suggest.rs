//! "Did you mean …?"

/// The candidate nearest to `word`, if it is near enough to be a typo of it: one edit for each three letters, `r#` not counted.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = bare(word);
    let limit = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (distance(word, bare(candidate)), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

fn bare(name: &str) -> &str {
    name.strip_prefix("r#").unwrap_or(name)
}

/// Names as a message lists them.
pub(crate) fn quoted<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
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
    fn a_typo_finds_its_step() {
        let steps = ["validate_cart", "process_payment"];
        assert_eq!(nearest("validate_crat", steps), Some("validate_cart"));
        assert_eq!(nearest("proces_payment", steps), Some("process_payment"));
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
    fn among_equals_the_first_by_name_wins() {
        assert_eq!(nearest("step_x", ["step_b", "step_a"]), Some("step_a"));
    }

    #[test]
    fn edits_are_counted() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("charge", "chagre"), 1);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("größe", "grösse"), 2);
    }
}
