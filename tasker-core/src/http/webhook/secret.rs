//! The secret that both sides have, and what is signed with it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::hmac::{self, HMAC_SHA256, Key};

/// What a secret begins with.
const PREFIX: &str = "whsec_";

/// The version of the signature.
const VERSION: &str = "v1,";

/// Why there is no webhook. No text of it has a secret.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// The URL cannot be called.
    #[error("the URL of the webhook cannot be called: {0}; a URL is such as `https://partner.example/hooks`")]
    Url(String),
    /// The secret is none.
    #[error(
        "the secret of the webhook {0}; write `whsec_` and 24 to 64 bytes in Base64, such as those that `openssl rand -base64 32` prints"
    )]
    Secret(&'static str),
    /// This is no header.
    #[error("the header `{0}` of the webhook has a name or a value that HTTP does not have")]
    Header(String),
    /// The webhook writes this header itself.
    #[error("the webhook writes the header `{0}` itself; leave it out")]
    OwnHeader(String),
}

/// A secret. It has no text for debugging.
#[derive(Clone)]
pub(super) struct Secret(Key);

impl Secret {
    pub(super) fn read(text: &str) -> Result<Self, WebhookError> {
        let coded =
            text.trim().strip_prefix(PREFIX).ok_or(WebhookError::Secret("does not begin with `whsec_`"))?;
        let bytes =
            BASE64.decode(coded).map_err(|_| WebhookError::Secret("is not Base64 behind `whsec_`"))?;
        if !(24..=64).contains(&bytes.len()) {
            return Err(WebhookError::Secret("is too short or too long"));
        }
        Ok(Self(Key::new(HMAC_SHA256, &bytes)))
    }

    pub(super) fn sign(&self, content: &[u8]) -> String {
        format!("{VERSION}{}", BASE64.encode(hmac::sign(&self.0, content)))
    }

    /// Whether one of the signatures in a header is of this secret. It takes as long for a wrong one as for a right one.
    pub(super) fn has_signed(&self, content: &[u8], header: &str) -> bool {
        header
            .split_ascii_whitespace()
            .filter_map(|signature| signature.strip_prefix(VERSION))
            .any(|coded| BASE64.decode(coded).is_ok_and(|tag| hmac::verify(&self.0, content, &tag).is_ok()))
    }
}

/// What is signed of a delivery.
pub(super) fn signed(id: &str, timestamp: &str, body: &[u8]) -> Vec<u8> {
    [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_the_standards_example() {
        let secret = Secret::read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let content = signed("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", br#"{"test": 2432232314}"#);
        let signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(secret.sign(&content), signature);
        assert!(secret.has_signed(&content, &format!("v1a,xyz v1,AAAA {signature}")));
        assert!(!secret.has_signed(&content, "v1,AAAA v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
        assert!(!secret.has_signed(&signed("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265331", b"{}"), signature));
    }

    #[test]
    fn what_is_no_secret_is_refused_without_being_repeated() {
        for wrong in ["", "hunter2hunter2", "whsec_hunter2!", "whsec_aHVudGVyMg=="] {
            let error = Secret::read(wrong).err().unwrap().to_string();
            assert!(error.starts_with("the secret of the webhook "), "{error}");
            assert!(!error.contains("hunter2") && !error.contains("aHVudGVyMg"), "{error}");
        }
    }
}
