//! Certificates for a test, made by an authority of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, crypto};

/// A certificate authority, with its files in a folder.
pub struct Authority {
    folder: PathBuf,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate and its key, as PEM files.
#[derive(Clone, Debug)]
pub struct Identity {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Authority {
    /// A new one, which nobody trusts yet.
    ///
    /// # Panics
    ///
    /// If its files cannot be written.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        fs::create_dir_all(folder).expect("the folder can be made");
        let mut params = CertificateParams::new(Vec::new()).expect("an authority needs no host");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key can be made");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("it signs itself");
        fs::write(folder.join("authority.pem"), issuer.pem()).expect("the folder can be written to");
        Self { folder: folder.to_owned(), issuer }
    }

    /// The file of its certificate, for who is to trust it.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        self.folder.join("authority.pem")
    }

    /// A certificate for a host, or for a client; `expired` if it was good only in the past.
    ///
    /// # Panics
    ///
    /// If the name is none, or the files cannot be written.
    #[must_use]
    pub fn identity(&self, name: &str, expired: bool) -> Identity {
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name of a host");
        if expired {
            (params.not_before, params.not_after) = (date_time_ymd(2001, 1, 1), date_time_ymd(2002, 1, 1));
        }
        let key = KeyPair::generate().expect("a key can be made");
        let certificate = params.signed_by(&key, &self.issuer).expect("it is signed");
        let file = |suffix: &str| self.folder.join(format!("{name}-{expired}-{suffix}.pem"));
        let identity = Identity { certificate: file("certificate"), key: file("key") };
        fs::write(&identity.certificate, certificate.pem()).expect("the folder can be written to");
        fs::write(&identity.key, key.serialize_pem()).expect("the folder can be written to");
        identity
    }
}

/// A server's side of TLS; with an authority, clients must have a certificate of it.
///
/// # Panics
///
/// If the files are not what they should be.
#[must_use]
pub fn server(identity: &Identity, clients: Option<&Authority>) -> ServerConfig {
    let provider = Arc::new(crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions().expect("the defaults");
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(authority.issuer.der().clone()).expect("an authority");
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.expect("there is an authority"))
        }
    };
    let certificate = CertificateDer::from_pem_file(&identity.certificate).expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(&identity.key).expect("a key");
    let mut config = builder.with_single_cert(vec![certificate], key).expect("they belong together");
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config
}
