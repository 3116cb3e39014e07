//! What the sources say, row by row.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Row;

/// A country of ISO 3166.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Country {
    /// Its two letters, which all three sources know.
    pub code: String,
    pub name: String,
    pub region: Region,
}

/// A part of the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Region {
    Africa,
    Asia,
    Europe,
    NorthAmerica,
    Oceania,
    SouthAmerica,
}

impl Region {
    pub const ALL: [Self; 6] =
        [Self::Africa, Self::Asia, Self::Europe, Self::NorthAmerica, Self::Oceania, Self::SouthAmerica];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Africa => "Africa",
            Self::Asia => "Asia",
            Self::Europe => "Europe",
            Self::NorthAmerica => "North America",
            Self::Oceania => "Oceania",
            Self::SouthAmerica => "South America",
        }
    }

    /// The name in a word, as it is stored and written on the command line: `north-america`.
    pub fn word(self) -> String {
        self.name().to_lowercase().replace(' ', "-")
    }
}

/// A code of ISO 4217.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Currency {
    pub code: String,
    pub name: String,
    pub kind: Kind,
    /// The codes of the countries that use it.
    pub countries: Vec<String>,
}

/// What a code of ISO 4217 stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// What people pay with.
    Money,
    /// What only banks know.
    Fund,
    /// Gold, bonds and test cases.
    Special,
    /// What people paid with until another currency took its place.
    Superseded,
}

/// A zone of the IANA database, and its clocks in one year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone {
    pub name: String,
    /// The codes of the countries in it.
    pub countries: Vec<String>,
    /// How many minutes its clocks are ahead of UTC, each value that they have in the year once.
    pub offsets: Vec<i32>,
}

impl Row for Country {
    const SOURCE: &'static str = "countries";

    fn all(_: u16) -> Vec<Self> {
        let mut rows: Vec<_> = iso3166::LIST
            .iter()
            .map(|country| Self {
                code: country.alpha2.to_owned(),
                name: country.name.to_owned(),
                region: match country.region {
                    iso3166::Region::Africa => Region::Africa,
                    iso3166::Region::Asia => Region::Asia,
                    iso3166::Region::Europe => Region::Europe,
                    iso3166::Region::NorthAmerica => Region::NorthAmerica,
                    iso3166::Region::Oceania => Region::Oceania,
                    iso3166::Region::SouthAmerica => Region::SouthAmerica,
                },
            })
            .collect();
        rows.sort_unstable_by(|a, b| a.code.cmp(&b.code));
        rows
    }
}

impl Row for Currency {
    const SOURCE: &'static str = "currencies";

    fn all(_: u16) -> Vec<Self> {
        // The numbers of ISO 4217 have three digits.
        let mut rows: Vec<_> = (0..1_000)
            .filter_map(iso_currency::Currency::from_numeric)
            .map(|currency| Self {
                code: currency.code().to_owned(),
                name: currency.name().to_owned(),
                kind: match () {
                    () if currency.is_fund() => Kind::Fund,
                    () if currency.is_special() => Kind::Special,
                    () if currency.is_superseded().is_some() => Kind::Superseded,
                    () => Kind::Money,
                },
                countries: currency.used_by().iter().map(ToString::to_string).collect(),
            })
            .collect();
        rows.sort_unstable_by(|a, b| a.code.cmp(&b.code));
        rows
    }
}

impl Row for Zone {
    const SOURCE: &'static str = "zones";

    fn all(year: u16) -> Vec<Self> {
        let (begin, end) = (beginning(year), beginning(year + 1));
        let rows = timezone_data::names().filter_map(|name| {
            // Names without countries are former ones of others.
            let zone = timezone_data::load(name).ok()?;
            let countries = zone.meta()?.countries().map(|country| country.code.to_owned()).collect();
            let changes = zone.transitions_for_range(begin, end).map(|change| change.zone_type.offset);
            let seconds: BTreeSet<_> = changes.chain([zone.lookup(begin).offset]).collect();
            let offsets = seconds.into_iter().map(|seconds| seconds / 60).collect();
            Some(Self { name: name.to_owned(), countries, offsets })
        });
        let mut rows: Vec<_> = rows.collect();
        rows.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        rows
    }
}

/// The first second of a year, since 1970. The days are those of the Gregorian calendar: 365 for each year, and the leap days between.
fn beginning(year: u16) -> i64 {
    let leap_days = |before: i64| before / 4 - before / 100 + before / 400;
    let before = i64::from(year) - 1;
    ((before - 1969) * 365 + leap_days(before) - leap_days(1969)) * 86_400
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_begin_where_calendars_say() {
        // `date -u -d YEAR-01-01 +%s`
        let known = [
            (1980, 315_532_800),
            (2000, 946_684_800),
            (2001, 978_307_200),
            (2026, 1_767_225_600),
            (2101, 4_133_980_800),
        ];
        for (year, second) in known {
            assert_eq!(beginning(year), second, "{year}");
        }
    }

    #[test]
    fn a_zone_has_the_clocks_of_its_year() {
        let offsets = |year, name: &str| {
            Zone::all(year).into_iter().find(|zone| zone.name == name).map(|zone| zone.offsets)
        };
        assert_eq!(offsets(2026, "Europe/Berlin"), Some(vec![60, 120]));
        assert_eq!(offsets(2026, "Asia/Tokyo"), Some(vec![540]));
        assert_eq!(offsets(2026, "Asia/Kathmandu"), Some(vec![345]));
        // Turkey had summer time until it kept it, in 2016.
        assert_eq!(offsets(2015, "Europe/Istanbul"), Some(vec![120, 180]));
        assert_eq!(offsets(2017, "Europe/Istanbul"), Some(vec![180]));
        // A name of the past for a zone that has another one.
        assert_eq!(offsets(2026, "Asia/Calcutta"), None);
    }

    #[test]
    fn a_region_is_written_as_it_is_stored() {
        for region in Region::ALL {
            assert_eq!(serde_json::to_value(region).unwrap(), region.word());
        }
    }

    #[test]
    fn the_rows_of_a_source_have_one_order() {
        let (countries, currencies) = (Country::all(2026), Currency::all(2026));
        assert_eq!(countries.len(), iso3166::LIST.len());
        assert!(countries.is_sorted_by(|a, b| a.code < b.code));
        assert!(currencies.is_sorted_by(|a, b| a.code < b.code));
        assert!(Zone::all(2026).is_sorted_by(|a, b| a.name < b.name));
    }
}
