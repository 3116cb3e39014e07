//! One call over the wire: requests, redirects, and the body of the answer up to its limit.
//!
//! Redirects are followed here and not by the client, and only as far as the host that the settings name: another system must not choose whom
//! this machine calls from within its network, nor whose answer becomes a result. Ruby Tasker follows none.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION};
use reqwest::{Response, StatusCode, Url};

use super::client::Clients;
use super::prepare::{MOST_OF_URL, Prepared};
use super::trouble::Trouble;
use super::{Method, redact};

/// How many redirects are followed.
const MOST_REDIRECTS: usize = 5;

/// How much is read of an answer that is not a good one.
const MOST_OF_ERROR: u64 = 8 << 10;

/// An answer.
pub(super) struct Received {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// Of an answer that is not a good one, what could be read of it.
    pub(super) body: Vec<u8>,
    /// Whether there was more.
    pub(super) cut: bool,
}

/// Makes a call, which takes no longer than it may.
pub(super) async fn exchange(
    clients: &Clients,
    call: Prepared,
    timeout: Duration,
) -> Result<Received, Trouble> {
    tokio::time::timeout(timeout, follow(clients, call)).await.unwrap_or(Err(Trouble::Timeout(timeout)))
}

async fn follow(clients: &Clients, mut call: Prepared) -> Result<Received, Trouble> {
    let mut redirects = 0;
    loop {
        let answer = send(clients, &call).await?;
        let status = answer.status();
        let location = answer.headers().get(LOCATION).filter(|_| is_redirect(status));
        let Some(location) = location else { return receive(answer, call.max_response_bytes).await };
        let location = String::from_utf8_lossy(location.as_bytes()).into_owned();
        if redirects == MOST_REDIRECTS {
            return Err(Trouble::Redirect(format!(
                "was redirected more than {MOST_REDIRECTS} times, the last time to {}",
                redact::url(&location)
            )));
        }
        redirects += 1;
        call.redirect(status, &location)?;
    }
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

async fn send(clients: &Clients, call: &Prepared) -> Result<Response, Trouble> {
    let client = clients.get(&call.ssl, call.url.scheme() == "https")?;
    let mut request = client.request(call.method.of_client(), call.url.clone()).headers(call.headers.clone());
    if let Some((user, password)) = &call.login {
        request = request.basic_auth(user, password.as_ref());
    }
    if let Some(body) = &call.body {
        request = request.body(body.clone());
    }
    Ok(request.send().await?)
}

impl Prepared {
    /// Turns to where an answer points.
    fn redirect(&mut self, status: StatusCode, location: &str) -> Result<(), Trouble> {
        let refused = |why: &str| {
            let shown = redact::url(location);
            Trouble::Redirect(format!(
                "was redirected ({}) to {shown}, which was not followed: {why}",
                status.as_u16()
            ))
        };
        let mut next = self.url.join(location).map_err(|_| refused("it is no URL"))?;
        if !matches!(next.scheme(), "http" | "https") {
            return Err(refused("only `http://` and `https://` can be called"));
        }
        if self.url.scheme() == "https" && next.scheme() == "http" {
            return Err(refused("it is not encrypted, and the call was"));
        }
        if !is_same_place(&self.url, &next) {
            return Err(refused("it leads to another host or port; call that in `url` if it is meant"));
        }
        if next.as_str().len() > MOST_OF_URL {
            return Err(refused("it is longer than what can be sent"));
        }
        // A login that the other system makes up is not ours.
        let _ = next.set_username("");
        let _ = next.set_password(None);
        let becomes_get = match status.as_u16() {
            303 => self.method != Method::Head,
            301 | 302 => self.method == Method::Post,
            _ => false,
        };
        if becomes_get {
            (self.method, self.body) = (Method::Get, None);
            self.headers.remove(CONTENT_TYPE);
        }
        self.url = next;
        Ok(())
    }
}

/// Whether two URLs lead to the same system. The change from `http` to `https` on one host is a usual redirect.
fn is_same_place(from: &Url, to: &Url) -> bool {
    let port = Url::port_or_known_default;
    let becomes_https =
        (from.scheme(), to.scheme()) == ("http", "https") && (port(from), port(to)) == (Some(80), Some(443));
    from.host_str() == to.host_str() && (from.origin() == to.origin() || becomes_https)
}

async fn receive(mut answer: Response, most: u64) -> Result<Received, Trouble> {
    let (status, headers) = (answer.status(), std::mem::take(answer.headers_mut()));
    let good = is_good(status);
    let most = if good { most } else { MOST_OF_ERROR };
    if good && answer.content_length().is_some_and(|length| length > most) {
        return Err(Trouble::TooLarge(most));
    }
    let (mut body, mut cut) = (Vec::new(), false);
    loop {
        match answer.chunk().await {
            Ok(Some(chunk)) if body.len() as u64 + chunk.len() as u64 > most => {
                if good {
                    return Err(Trouble::TooLarge(most));
                }
                body.extend_from_slice(&chunk[..most as usize - body.len()]);
                cut = true;
                break;
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(error) if good => return Err(error.into()),
            // The status says enough.
            Err(_) => {
                cut = true;
                break;
            }
        }
    }
    Ok(Received { status, headers, body, cut })
}

/// Whether a status is that of a good answer: 200 to 226, the last that is defined.
pub(super) fn is_good(status: StatusCode) -> bool {
    (200..=226).contains(&status.as_u16())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_the_same_with_its_scheme_host_and_port_or_once_it_is_encrypted() {
        for (from, to, same) in [
            ("http://x.example/a", "http://x.example:80/b", true),
            ("http://x.example/", "https://x.example/", true),
            ("https://x.example/", "http://x.example/", false),
            ("http://x.example:8080/", "https://x.example/", false),
            ("http://x.example/", "https://x.example:8443/", false),
            ("https://x.example/", "https://x.example:8443/", false),
            ("https://x.example/", "https://api.x.example/", false),
            ("https://x.example/", "https://X.example./", false),
            ("https://x.example/", "https://X.EXAMPLE/", true),
        ] {
            assert_eq!(
                is_same_place(&Url::parse(from).unwrap(), &Url::parse(to).unwrap()),
                same,
                "{from} {to}"
            );
        }
    }
}
