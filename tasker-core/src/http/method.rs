use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a call asks of the other system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Read something.
    #[default]
    #[serde(alias = "get")]
    Get,
    /// Read only the status and the headers.
    #[serde(alias = "head")]
    Head,
    /// Make something, or have something done.
    #[serde(alias = "post")]
    Post,
    /// Put something in the place of what is there.
    #[serde(alias = "put")]
    Put,
    /// Change parts of something.
    #[serde(alias = "patch")]
    Patch,
    /// Remove something.
    #[serde(alias = "delete")]
    Delete,
    /// Ask what may be done.
    #[serde(alias = "options")]
    Options,
}

impl Method {
    pub(super) const ALL: [Self; 7] =
        [Self::Get, Self::Head, Self::Post, Self::Put, Self::Patch, Self::Delete, Self::Options];

    /// As it is sent: `GET`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
        }
    }

    pub(super) const fn of_client(self) -> reqwest::Method {
        match self {
            Self::Get => reqwest::Method::GET,
            Self::Head => reqwest::Method::HEAD,
            Self::Post => reqwest::Method::POST,
            Self::Put => reqwest::Method::PUT,
            Self::Patch => reqwest::Method::PATCH,
            Self::Delete => reqwest::Method::DELETE,
            Self::Options => reqwest::Method::OPTIONS,
        }
    }

    /// Whether a body means anything.
    pub(super) const fn takes_body(self) -> bool {
        matches!(self, Self::Post | Self::Put | Self::Patch | Self::Delete)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
