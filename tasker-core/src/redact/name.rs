//! Whether a name is that of a secret: by its words, however they are joined.

/// Words that make a name that of a secret wherever they stand in it.
const WORDS: [&str; 11] = [
    "secret",
    "token",
    "passw",
    "passphrase",
    "passcode",
    "credential",
    "signature",
    "apikey",
    "authorization",
    "jwt",
    "privatekey",
];

/// Words that do so at the end of a name, where they are all of a word or of some: `sessionid`, `session_id` and `sessionId`. What is often written
/// as one word stands here whole, because `compass` ends in `pass`, and `shipping` has a `pin` in it.
const ENDS: [&str; 44] = [
    "accesskey",
    "auth",
    "authkey",
    "backupcode",
    "cookie",
    "creds",
    "csc",
    "csrf",
    "cvc",
    "cvc2",
    "cvv",
    "cvv2",
    "dbpass",
    "encryptionkey",
    "hmac",
    "hotp",
    "jsessionid",
    "key",
    "keypass",
    "masterkey",
    "mnemonic",
    "otp",
    "otpcode",
    "pass",
    "passkey",
    "pgpass",
    "phpsessid",
    "pin",
    "psk",
    "pswd",
    "pwd",
    "recoverycode",
    "recoveryphrase",
    "salt",
    "securitycode",
    "seedphrase",
    "session",
    "sessionid",
    "sig",
    "signingkey",
    "sshkey",
    "ssn",
    "totp",
    "xsrf",
];

/// How many letters the longest of these has.
const LONGEST: usize = 14;

/// A name without what joins its words.
pub(super) struct Name {
    /// In lower case.
    pub(super) letters: String,
    words: Vec<Word>,
}

struct Word {
    /// Where it begins among the letters.
    start: usize,
    /// Whether it is the last one, or the last before a `[`: `auth[user]` is a secret as `auth` is.
    is_end: bool,
}

impl Name {
    pub(super) fn of(name: &str) -> Self {
        if name.contains('%') { Self::of_plain(&unescaped(name)) } else { Self::of_plain(name) }
    }

    fn of_plain(name: &str) -> Self {
        let mut letters = String::with_capacity(name.len());
        let mut words: Vec<Word> = Vec::with_capacity(4);
        let mut before: Option<char> = None;
        let mut characters = name.chars().peekable();
        while let Some(c) = characters.next() {
            if !c.is_alphanumeric() {
                if c == '['
                    && let Some(word) = words.last_mut()
                {
                    word.is_end = true;
                }
                before = None;
                continue;
            }
            let begins = before.is_none_or(|before| {
                // `cardNumber`, `IBANCode`
                let mut hump = || characters.peek().is_some_and(|next| next.is_lowercase());
                c.is_uppercase() && (!before.is_uppercase() || hump())
            });
            if begins {
                words.push(Word { start: letters.len(), is_end: false });
            }
            before = Some(c);
            if c.is_ascii() {
                letters.push(c.to_ascii_lowercase());
            } else {
                letters.extend(c.to_lowercase());
            }
        }
        if let Some(word) = words.last_mut() {
            word.is_end = true;
        }
        Self { letters, words }
    }

    /// Whether it is like that of a secret.
    pub(super) fn is_usual(&self) -> bool {
        let letters = self.letters.as_bytes();
        let from = |at: usize, word: &str| letters[at..].starts_with(word.as_bytes());
        (0..letters.len()).any(|at| WORDS.iter().any(|word| from(at, word)))
            || (0..self.words.len()).any(|no| self.words[no].is_end && self.ends_like_one(no))
    }

    /// Whether a word, or some words before it with it, is one of the [`ENDS`].
    fn ends_like_one(&self, no: usize) -> bool {
        let end = self.words.get(no + 1).map_or(self.letters.len(), |next| next.start);
        let starts = self.words[..=no].iter().rev().map(|word| word.start);
        let mut endings =
            starts.take_while(|start| end - start <= LONGEST).map(|start| &self.letters[start..end]);
        endings.any(|ending| ENDS.contains(&ending))
    }

    /// Whether these letters are some of its words, one after the other.
    pub(super) fn has(&self, letters: &str) -> bool {
        let is_boundary = |at: usize| {
            at == self.letters.len() || self.words.binary_search_by_key(&at, |word| word.start).is_ok()
        };
        let mut starts = self.words.iter().map(|word| word.start);
        starts.any(|start| self.letters[start..].starts_with(letters) && is_boundary(start + letters.len()))
    }
}

/// As it was before it was written into a query.
fn unescaped(name: &str) -> String {
    let mut name = name.to_owned();
    for (escaped, character) in [("%5b", "["), ("%5d", "]"), ("%5f", "_"), ("%2d", "-"), ("%22", " ")] {
        name = name.replace(escaped, character).replace(&escaped.to_uppercase(), character);
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_secret(name: &str) -> bool {
        Name::of(name).is_usual()
    }

    #[test]
    fn no_word_is_longer_than_what_is_compared() {
        assert_eq!(ENDS.iter().map(|word| word.len()).max(), Some(LONGEST));
    }

    #[test]
    fn names_of_secrets_are_known() {
        for name in [
            "token",
            "access_token",
            "X-Amz-Security-Token",
            "client_secret",
            "password",
            "passwd",
            "api_key",
            "apiKey",
            "APIKEY",
            "key",
            "X-Amz-Signature",
            "X-Amz-Credential",
            "sig",
            "pwd",
            "auth",
            "oauth_signature",
            "user[password]",
            "auth[user]",
            "auth%5Buser%5D",
            "filter%5Bapi%5Fkey%5D",
            "key[]",
            "id_jwt",
            "private_key",
            "otp",
            "signingKey",
            "customer.ssn",
            "Set-Cookie",
            "pass",
            "DB_PASS",
            "smtp_pass",
            "SmtpPass",
            "user[pass]",
            "dbpass",
            "pgpass",
            "keypass",
            "keystorePass",
            "pswd",
            "mysql_pwd",
            "passphrase",
            "key_passphrase",
            "passcode",
            "pin",
            "cardPin",
            "PIN",
            "login-pin",
            "passkey",
            "sshkey",
            "AccessKey",
            "accesskey",
            "encryptionkey",
            "wifi_psk",
            "totp",
            "cvv2",
            "card[csc]",
            "creds",
            "csrf",
            "_xsrf",
            "sessionid",
            "user.sessionId",
            "session_id",
            "card_security_code",
            "seed_phrase",
            "PHPSESSID",
            "JSESSIONID",
            "password_salt",
            "mnemonic",
            "webhook_hmac",
        ] {
            assert!(is_secret(name), "{name}");
        }
    }

    #[test]
    fn names_that_only_look_like_those_of_secrets_are_shown() {
        for name in [
            "id",
            "keyword",
            "key_word[name]",
            "monkey",
            "page",
            "sign",
            "author",
            "keys_count",
            "assigned",
            "design",
            "sessions",
            "keyOfMap",
            "pass_count",
            "passCount",
            "passed",
            "passes",
            "passenger",
            "passage",
            "passport",
            "bypass",
            "bypass_steps",
            "compass",
            "trespass",
            "overpass",
            "surpass",
            "pinned",
            "pins",
            "pin_count",
            "pinboard",
            "spin",
            "shipping",
            "mapping",
            "topping",
            "opinion",
            "sidecar",
            "account_sid",
            "session_idle",
            "session_ids_count",
            "code",
            "country_code",
            "phrase",
            "salted",
            "basalt",
            "incredible",
            "credit",
            "hotkeys",
            "turkey",
            "risk",
            "desc",
            "disc",
            "",
            "_",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn words_are_found_however_they_are_joined() {
        let has = |name: &str, told: &str| Name::of(name).has(&Name::of(told).letters);
        for name in [
            "card_number",
            "cardNumber",
            "CARD-NUMBER",
            "cardnumber",
            "customer[card][number]",
            "old card number 2",
        ] {
            assert!(has(name, "card_number"), "{name}");
        }
        assert!(has("senderIBANCode", "iban") && has("Straßen-Nr", "straßenNr") && has("ÄRA", "ära"));
        for (name, told) in
            [("caliban", "iban"), ("ibanez", "iban"), ("number_card", "card_number"), ("", "iban")]
        {
            assert!(!has(name, told), "{name}");
        }
    }
}
