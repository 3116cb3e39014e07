//! Where something is sent that is no API step.

use reqwest::Url;

/// The URL, or what is wrong with it.
pub(crate) fn url(text: &str) -> Result<Url, String> {
    let begins = |with: &str| text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    if !begins("https://") && !begins("http://") {
        return Err("it does not begin with `https://` or `http://`".to_owned());
    }
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "it has a user in it; send that as a header, with `header(\"Authorization\", ..)`".to_owned()
        );
    }
    Ok(url)
}
