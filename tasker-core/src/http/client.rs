//! The HTTP clients, each with its pool of connections: one for each way in which the other side proves who it is.
//!
//! Cryptography is ring's and is given to each client: a library does not set what is the default for the process.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::redirect::Policy;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_platform_verifier::BuilderVerifierExt;

use super::config::Ssl;

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    #[error("`ssl.ca_file` is `{path}`, which cannot be read: {error}")]
    Unreadable { path: String, error: io::Error },
    #[error(
        "`ssl.ca_file` is `{path}`, in which there is no certificate; it is a PEM file with `-----BEGIN CERTIFICATE-----`"
    )]
    NoCertificate { path: String },
    #[error("a certificate in `ssl.ca_file`, which is `{path}`, cannot be used: {error}")]
    BadCertificate { path: String, error: rustls::Error },
    #[error(
        "there are no certificate authorities to trust on this machine ({0}); install them, such as the package `ca-certificates`, or name a file \
         with `ssl.ca_file`"
    )]
    NoAuthorities(rustls::Error),
    #[error("the HTTP client cannot be set up: {0}")]
    Client(String),
}

/// The clients made so far, the one that was used last at the end.
pub(crate) struct Clients {
    proxies: Proxies,
    made: Mutex<Vec<(Trust, reqwest::Client)>>,
}

/// Whether calls go by way of a proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proxies {
    /// As the variables `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` say.
    OfEnvironment,
    None,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Trust {
    /// For `http://`, which has nothing to prove. So it works on a machine without certificate authorities.
    Plain,
    Tls(Ssl),
}

impl Clients {
    /// A task file names few authorities; settings made at run time must not use up the memory.
    const MOST: usize = 16;

    pub(crate) fn new(proxies: Proxies) -> Self {
        Self { proxies, made: Mutex::default() }
    }

    pub(crate) fn get(&self, ssl: &Ssl, https: bool) -> Result<reqwest::Client, ClientError> {
        let trust = if https { Trust::Tls(ssl.clone()) } else { Trust::Plain };
        let mut clients = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let known = clients.iter().position(|(known, _)| *known == trust);
        let (trust, client) = if let Some(at) = known {
            clients.remove(at)
        } else {
            let client = client(&trust, self.proxies)?;
            (trust, client)
        };
        if clients.len() >= Self::MOST {
            clients.remove(0);
        }
        clients.push((trust, client.clone()));
        Ok(client)
    }
}

fn client(trust: &Trust, proxies: Proxies) -> Result<reqwest::Client, ClientError> {
    let builder = reqwest::Client::builder()
        // Redirects are followed, and executions repeated, where it is known what may be sent again, and where.
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .tls_backend_preconfigured(tls(trust)?);
    let builder = match proxies {
        Proxies::OfEnvironment => builder,
        Proxies::None => builder.no_proxy(),
    };
    builder.build().map_err(|error| ClientError::Client(error.to_string()))
}

fn tls(trust: &Trust) -> Result<ClientConfig, ClientError> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| ClientError::Client(error.to_string()))?;
    let builder = match trust {
        Trust::Plain => builder.with_root_certificates(RootCertStore::empty()),
        Trust::Tls(Ssl::System) => builder.with_platform_verifier().map_err(ClientError::NoAuthorities)?,
        Trust::Tls(Ssl::CaFile(path)) => builder.with_root_certificates(authorities(path)?),
        Trust::Tls(Ssl::Unverified) => {
            tracing::warn!("an API step trusts any certificate (`ssl.verify: false`)");
            builder.dangerous().with_custom_certificate_verifier(Arc::new(Anybody(provider)))
        }
    };
    Ok(builder.with_no_client_auth())
}

/// Read once, with the first call: a small file.
fn authorities(path: &Path) -> Result<RootCertStore, ClientError> {
    let shown = || path.display().to_string();
    let pem = std::fs::read(path).map_err(|error| ClientError::Unreadable { path: shown(), error })?;
    let mut authorities = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem).flatten() {
        authorities.add(certificate).map_err(|error| ClientError::BadCertificate { path: shown(), error })?;
    }
    if authorities.is_empty() {
        return Err(ClientError::NoCertificate { path: shown() });
    }
    Ok(authorities)
}

/// Takes every certificate. That whoever shows one has its key is checked all the same.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(pem: &str) -> String {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), pem).unwrap();
        let error =
            Clients::new(Proxies::None).get(&Ssl::CaFile(file.path().to_owned()), true).err().unwrap();
        error.to_string().replace(&file.path().display().to_string(), "FILE")
    }

    #[test]
    fn a_file_without_certificates_is_refused() {
        assert!(refused("").starts_with("`ssl.ca_file` is `FILE`, in which there is no certificate"));
        let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(
            refused(garbage).starts_with("a certificate in `ssl.ca_file`, which is `FILE`, cannot be used")
        );
        let missing =
            Clients::new(Proxies::None).get(&Ssl::CaFile("/no/such/file.pem".into()), true).err().unwrap();
        assert!(
            missing.to_string().starts_with("`ssl.ca_file` is `/no/such/file.pem`, which cannot be read")
        );
    }

    #[test]
    fn the_clients_that_are_kept_are_few_and_the_last_ones_used() {
        let clients = Clients::new(Proxies::None);
        clients.get(&Ssl::System, false).unwrap();
        clients.get(&Ssl::Unverified, true).unwrap();
        let authority = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        for number in 0..Clients::MOST {
            let path = folder.path().join(number.to_string());
            std::fs::write(&path, authority.cert.pem()).unwrap();
            clients.get(&Ssl::CaFile(path), true).unwrap();
            clients.get(&Ssl::Unverified, false).unwrap();
        }
        let kept: Vec<Trust> = clients.made.lock().unwrap().iter().map(|(trust, _)| trust.clone()).collect();
        assert_eq!(kept.len(), Clients::MOST);
        assert_eq!(kept.last(), Some(&Trust::Plain));
        assert!(
            !kept.contains(&Trust::Tls(Ssl::Unverified)),
            "the one that was not used for longest is gone"
        );
    }
}
