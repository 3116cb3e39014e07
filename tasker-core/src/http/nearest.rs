//! "Did you mean …?", for keys and placeholders.

/// The candidate nearest to a word, if it is near enough to be a typo of it: one edit for each three letters.
pub(super) fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(1);
    candidates
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= limit && *distance < candidate.chars().count())
        .min()
        .map(|(_, candidate)| candidate)
}

/// The number of letters to insert, delete or replace between two words (Levenshtein), which keeps one row of the table.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, letter) in from.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, other) in to.iter().enumerate() {
            let replace = diagonal + usize::from(letter != *other);
            let least = replace.min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = std::mem::replace(&mut row[j + 1], least);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_finds_its_word_and_another_word_finds_nothing() {
        let words = ["url", "params", "headers", "timeout"];
        for (word, found) in [
            ("header", Some("headers")),
            ("timeuot", Some("timeout")),
            ("uri", Some("url")),
            ("bodies", None),
            ("x", None),
        ] {
            assert_eq!(nearest(word, words.into_iter()), found, "{word}");
        }
    }
}
