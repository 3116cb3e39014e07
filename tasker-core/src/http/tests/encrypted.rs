//! TLS: whom a call trusts.

use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::server::{Act, Seen, Server, answer};
use super::{api, error, told};
use crate::http::ApiConfig;

/// A certificate authority, as a file.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), issuer.pem()).unwrap();
        Self { issuer, folder }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// A server with a certificate for `localhost`, and its URL under a name.
    async fn server(&self, name: &str) -> (Server, String) {
        self.playing(name, |_| answer(200, &[], "\"encrypted\"")).await
    }

    async fn playing(
        &self,
        name: &str,
        play: impl Fn(&Seen) -> Vec<Act> + Send + Sync + 'static,
    ) -> (Server, String) {
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        let tls = TlsAcceptor::from(Arc::new(config));
        let server = Server::start_with(Some(tls), false, play).await;
        let url = format!("https://{name}:{}/", server.port());
        (server, url)
    }
}

#[tokio::test]
async fn an_authority_in_a_file_is_trusted() {
    let authority = Authority::new();
    let (server, url) = authority.server("localhost").await;
    let config = ApiConfig::get(url).ca_file(authority.file());
    let api = api();
    for _ in 0..2 {
        assert_eq!(api.call(&config).await.unwrap().body, "encrypted");
    }
    assert!(server.seen().iter().all(|seen| seen.connection == 0), "the connection is used again");
}

#[tokio::test]
async fn another_authority_and_another_name_are_not_trusted() {
    let (authority, other) = (Authority::new(), Authority::new());
    let (server, url) = authority.server("localhost").await;
    let stranger = error(ApiConfig::get(url).ca_file(other.file())).await;
    assert_eq!(told(&stranger), ("HTTP_TLS", false, None));
    assert!(
        stranger.message().contains("could not agree on an encrypted connection: invalid peer certificate"),
        "{stranger}"
    );
    let (_server, url) = authority.server("127.0.0.1").await;
    let misnamed = error(ApiConfig::get(url).ca_file(authority.file())).await;
    assert_eq!(told(&misnamed), ("HTTP_TLS", false, None));
    assert!(server.seen().is_empty(), "nothing was sent");
}

#[tokio::test]
async fn without_verification_anybody_is_trusted() {
    let (_server, url) = Authority::new().server("127.0.0.1").await;
    let config = ApiConfig::get(url).danger_without_verification();
    assert_eq!(api().call(&config).await.unwrap().body, "encrypted");
}

#[tokio::test]
async fn a_server_that_does_not_encrypt_is_told_apart() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        stream
    });
    let error = error(ApiConfig::get(url).danger_without_verification()).await;
    assert_eq!(told(&error), ("HTTP_TLS", false, None));
    drop(server.await);
}

#[tokio::test]
async fn a_call_is_not_redirected_out_of_encryption() {
    let plain = Server::start(|_| answer(200, &[], "")).await;
    let away = plain.url("/");
    let authority = Authority::new();
    let (_server, url) =
        authority.playing("localhost", move |_| answer(302, &[("Location", &away)], "")).await;
    let error = error(ApiConfig::get(url).ca_file(authority.file())).await;
    assert_eq!(told(&error), ("HTTP_REDIRECT", false, None));
    assert!(error.message().contains("it is not encrypted, and the call was"), "{error}");
    assert!(plain.seen().is_empty());
}

#[tokio::test]
async fn a_file_of_authorities_that_is_not_there_is_a_mistake_of_the_settings() {
    let error = error(ApiConfig::get("https://localhost:1/").ca_file("/no/such/ca.pem")).await;
    assert_eq!(told(&error), ("HTTP_CONFIG", true, None));
    assert!(error.message().contains("`ssl.ca_file` is `/no/such/ca.pem`, which cannot be read"), "{error}");
}
