//! What is made of the rows: functions from data to data. They ask nothing and nobody, so their steps may run as often as they like.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::sources::{Country, Currency, Kind, Region, Zone};

/// A currency that people pay with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Money {
    pub code: String,
    pub name: String,
    /// The codes of the countries that use it.
    pub countries: BTreeSet<String>,
}

/// The clocks of a country, of several, or of none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Clocks {
    /// The zones.
    pub zones: BTreeSet<String>,
    /// How many minutes they are ahead of UTC.
    pub offsets: BTreeSet<i32>,
    /// Whether there is one that is put back and forth in the year.
    pub change: bool,
}

/// A currency with its countries and their clocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    pub currency: String,
    pub name: String,
    /// The codes of the countries of the region that use it.
    pub countries: BTreeSet<String>,
    /// The codes of those whose clocks change.
    pub changing: BTreeSet<String>,
    /// How many zones they have together.
    pub zones: usize,
    /// How many minutes their clocks are ahead of UTC, at least and at most; none where no zone is known.
    pub offsets: Option<(i32, i32)>,
}

/// How well the sources fit together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// How many countries there are.
    pub countries: usize,
    /// The names of those that no currency is known of.
    pub without_currency: Vec<String>,
    /// The names of those that no zone is known of.
    pub without_zone: Vec<String>,
}

/// The countries of a region, or of the world: their names by their codes.
pub fn countries_of(region: Option<Region>, rows: Vec<Country>) -> BTreeMap<String, String> {
    let chosen = rows.into_iter().filter(|country| region.is_none_or(|region| country.region == region));
    chosen.map(|country| (country.code, country.name)).collect()
}

/// What people pay with.
pub fn money(rows: Vec<Currency>) -> Vec<Money> {
    let money = rows.into_iter().filter(|row| row.kind == Kind::Money && !row.countries.is_empty());
    money
        .map(|row| Money { code: row.code, name: row.name, countries: row.countries.into_iter().collect() })
        .collect()
}

/// The clocks of each country. A zone may belong to several.
pub fn clocks(rows: Vec<Zone>) -> BTreeMap<String, Clocks> {
    let mut clocks = BTreeMap::<String, Clocks>::new();
    for Zone { name, countries, offsets } in rows {
        for country in countries {
            let clocks = clocks.entry(country).or_default();
            clocks.zones.insert(name.clone());
            clocks.offsets.extend(&offsets);
            clocks.change |= offsets.len() > 1;
        }
    }
    clocks
}

/// The currencies of these countries with their clocks, those of most countries first; and what did not fit.
pub fn join(
    countries: &BTreeMap<String, String>,
    money: &[Money],
    clocks: &BTreeMap<String, Clocks>,
) -> (Vec<Line>, Coverage) {
    let lines = money.iter().map(|money| line(money, countries, clocks));
    let mut lines: Vec<_> = lines.filter(|line| !line.countries.is_empty()).collect();
    lines.sort_by(|a, b| b.countries.len().cmp(&a.countries.len()).then_with(|| a.currency.cmp(&b.currency)));
    let paid: BTreeSet<_> = lines.iter().flat_map(|line| &line.countries).collect();
    let without = |known: &dyn Fn(&String) -> bool| {
        countries.iter().filter(|(code, _)| !known(code)).map(|(_, name)| name.clone()).collect()
    };
    let coverage = Coverage {
        countries: countries.len(),
        without_currency: without(&|code| paid.contains(code)),
        without_zone: without(&|code| clocks.contains_key(code)),
    };
    (lines, coverage)
}

fn line(money: &Money, known: &BTreeMap<String, String>, clocks: &BTreeMap<String, Clocks>) -> Line {
    let countries: BTreeSet<_> =
        money.countries.iter().filter(|code| known.contains_key(*code)).cloned().collect();
    let theirs = || countries.iter().filter_map(|code| Some((code, clocks.get(code)?)));
    let zones: BTreeSet<_> = theirs().flat_map(|(_, clocks)| &clocks.zones).collect();
    let offsets: BTreeSet<_> = theirs().flat_map(|(_, clocks)| &clocks.offsets).collect();
    Line {
        currency: money.code.clone(),
        name: money.name.clone(),
        changing: theirs().filter(|(_, clocks)| clocks.change).map(|(code, _)| code.clone()).collect(),
        zones: zones.len(),
        offsets: offsets.first().zip(offsets.last()).map(|(first, last)| (**first, **last)),
        countries,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(codes: &[&str]) -> BTreeSet<String> {
        codes.iter().map(ToString::to_string).collect()
    }

    fn zone(name: &str, countries: &[&str], offsets: &[i32]) -> Zone {
        let countries = countries.iter().map(ToString::to_string).collect();
        Zone { name: name.to_owned(), countries, offsets: offsets.to_vec() }
    }

    fn crown(countries: &[&str]) -> Money {
        Money { code: "CRN".to_owned(), name: "Crown".to_owned(), countries: codes(countries) }
    }

    fn known(known: &[&str]) -> BTreeMap<String, String> {
        known.iter().map(|code| (code.to_string(), format!("The land of {code}"))).collect()
    }

    #[test]
    fn a_zone_of_two_countries_is_one_zone_and_the_clocks_of_both() {
        let clocks = clocks(vec![zone("North", &["AA", "BB"], &[60, 120]), zone("South", &["BB"], &[-30])]);
        let (lines, _) = join(&known(&["AA", "BB"]), &[crown(&["AA", "BB"])], &clocks);
        assert_eq!((lines[0].zones, lines[0].offsets), (2, Some((-30, 120))));
        assert_eq!(lines[0].changing, codes(&["AA", "BB"]));
        let (lines, _) = join(&known(&["AA"]), &[crown(&["AA", "BB"])], &clocks);
        assert_eq!((lines[0].zones, lines[0].offsets), (1, Some((60, 120))));
    }

    #[test]
    fn what_a_source_does_not_know_is_reported_and_not_lost() {
        let clocks = clocks(vec![zone("North", &["AA"], &[0])]);
        let (lines, coverage) = join(&known(&["AA", "BB", "CC"]), &[crown(&["AA", "BB", "ZZ"])], &clocks);
        assert_eq!(lines[0].countries, codes(&["AA", "BB"]), "nobody knows where ZZ is");
        assert_eq!(lines[0].offsets, Some((0, 0)));
        assert_eq!(coverage.countries, 3);
        assert_eq!(coverage.without_currency, ["The land of CC"]);
        assert_eq!(coverage.without_zone, ["The land of BB", "The land of CC"]);
    }

    #[test]
    fn a_currency_without_clocks_has_none_and_one_without_countries_is_left_out() {
        let money = [crown(&["AA"]), Money { code: "LOS".to_owned(), ..crown(&["ZZ"]) }];
        let (lines, _) = join(&known(&["AA"]), &money, &BTreeMap::new());
        assert_eq!(lines.len(), 1);
        assert_eq!((lines[0].zones, lines[0].offsets), (0, None));
    }

    #[test]
    fn those_of_most_countries_come_first_and_then_by_the_code() {
        let coin = |code: &str, countries: &[&str]| Money { code: code.to_owned(), ..crown(countries) };
        let money = [coin("A", &["AA"]), coin("C", &["AA", "BB"]), coin("B", &["BB", "CC"])];
        let (lines, _) = join(&known(&["AA", "BB", "CC"]), &money, &BTreeMap::new());
        assert_eq!(lines.iter().map(|line| line.currency.as_str()).collect::<Vec<_>>(), ["B", "C", "A"]);
    }
}
