//! Moments as text: RFC 3339, in JSON too.

use std::borrow::Cow;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::Timestamp;

/// A text that is no moment.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no moment; one is written as in RFC 3339, such as `2026-11-22T08:30:00Z`")]
pub struct InvalidTimestamp(String);

/// Reads RFC 3339; what is finer than a microsecond is cut off.
impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        let time = chrono::DateTime::parse_from_rfc3339(text);
        time.map(|time| Self(time.timestamp_micros())).map_err(|_| InvalidTimestamp(text.to_owned()))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'_, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for Timestamp {
    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }

    fn inline_schema() -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_reads_back_from_its_text_and_from_its_json() {
        let time = Timestamp::from_micros(1_700_000_000_000_250);
        assert_eq!(time.to_string().parse(), Ok(time));
        let json = serde_json::to_value(time).unwrap();
        assert_eq!(json, "2023-11-14T22:13:20.000250Z");
        assert_eq!(serde_json::from_value::<Timestamp>(json).unwrap(), time);
    }

    #[test]
    fn any_offset_is_read_and_anything_else_is_refused() {
        let text = "2023-11-14T23:13:20.0002509+01:00";
        assert_eq!(text.parse(), Ok(Timestamp::from_micros(1_700_000_000_000_250)));
        let error = serde_json::from_str::<Timestamp>("\"today\"").unwrap_err();
        assert!(error.to_string().starts_with("`today` is no moment; one is written as"), "{error}");
    }
}
