//! TLS to a backend: what is trusted, and who we are, from PEM files.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::client::ResolvesClientCert;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{AlertDescription, CertificateError, ClientConfig, ConfigBuilder, RootCertStore, SignatureScheme, WantsVerifier};

use super::destination::{Destination, File, Stated};
use super::network;
use crate::causes::innermost;

/// The way to a backend.
#[derive(Debug)]
pub(super) struct Tls {
    pub(super) connector: Connector,
    asked: Arc<Asked>,
    stated: Stated,
}

pub(super) type Connector = HttpsConnector<HttpConnector>;

impl Tls {
    /// Connects in the clear to `http` and by TLS to `https`. What cannot be read is an error: to do without would be to trust more than was asked,
    /// or to be somebody else.
    pub(super) fn new(destination: &Destination, alpn: &[u8]) -> Result<Self, String> {
        let asked = Arc::new(Asked::default());
        let is_tls = destination.endpoint.scheme_str() == Some("https");
        let mut config = if is_tls { config(destination, &asked)? } else { nothing_trusted()? };
        config.alpn_protocols = vec![alpn.to_vec()];
        Ok(Self { connector: HttpsConnector::from((network::tcp(), config)), asked, stated: destination.stated.clone() })
    }

    /// The backend answers, with our certificate or without.
    pub(super) fn answered(&self) {
        self.asked.0.store(false, Ordering::Relaxed);
    }

    /// What a failed connection says to whoever has to put it right; `None` if it is not about TLS.
    pub(super) fn explain(&self, error: &(dyn Error + 'static)) -> Option<String> {
        explain(error, &self.stated).or_else(|| {
            // Over HTTP/2 the server's complaint is often lost behind a broken connection.
            self.asked.was().then(|| format!("{}, after the server {}", innermost(error), client_is_asked(&self.stated)))
        })
    }
}

/// What is wanting where a server wants to know who we are.
fn client_is_asked(stated: &Stated) -> String {
    format!("asked for a client certificate: {} and {}", stated.client_certificate(), stated.client_key())
}

/// Has no client certificate, and notes that one was asked for.
#[derive(Debug, Default)]
struct Asked(AtomicBool);

impl Asked {
    fn was(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl ResolvesClientCert for Asked {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.store(true, Ordering::Relaxed);
        None
    }

    /// Otherwise nobody would ask.
    fn has_certs(&self) -> bool {
        true
    }
}

fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(rustls::DEFAULT_VERSIONS);
    builder.map_err(|error| format!("there is no TLS in this build: {error}"))
}

/// For an endpoint that is not reached by TLS.
fn nothing_trusted() -> Result<ClientConfig, String> {
    Ok(builder()?.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

fn config(destination: &Destination, asked: &Arc<Asked>) -> Result<ClientConfig, String> {
    let files = &destination.tls;
    let trusted = builder()?.with_root_certificates(trusted(files.certificate.as_ref(), &destination.stated)?);
    match (&files.client_certificate, &files.client_key) {
        (None, None) => Ok(trusted.with_client_cert_resolver(Arc::clone(asked) as Arc<dyn ResolvesClientCert>)),
        (Some(certificate), Some(key)) => {
            let chain = certificates(certificate)?;
            // What is in the file is in no message.
            let private = PrivateKeyDer::from_pem_file(&key.path).map_err(|error| unreadable("a private key", key, error))?;
            let config = trusted.with_client_auth_cert(chain, private);
            config.map_err(|error| format!("{certificate}, does not go with the key of {key}: {error}"))
        }
        (Some(alone), None) => {
            Err(format!("{alone}, is a client certificate without a key; set {} as well", destination.stated.client_key()))
        }
        (None, Some(alone)) => {
            Err(format!("{alone}, is a key without a client certificate; set {} as well", destination.stated.client_certificate()))
        }
    }
}

/// The authorities in the file, and no others; without a file those of the system.
fn trusted(file: Option<&File>, stated: &Stated) -> Result<RootCertStore, String> {
    let mut store = RootCertStore::empty();
    let Some(file) = file else {
        let (added, _) = store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if added == 0 {
            return Err(format!("this system has no certificate authorities; name one in {}", stated.certificate()));
        }
        return Ok(store);
    };
    for certificate in certificates(file)? {
        store.add(certificate).map_err(|error| format!("{file}, has a certificate that cannot be used: {error}"))?;
    }
    Ok(store)
}

fn certificates(file: &File) -> Result<Vec<CertificateDer<'static>>, String> {
    let read = || CertificateDer::pem_file_iter(&file.path)?.collect::<Result<Vec<_>, _>>();
    let certificates = read().map_err(|error| unreadable("a certificate", file, error))?;
    if certificates.is_empty() { Err(format!("{file}, has no certificate")) } else { Ok(certificates) }
}

fn unreadable(what: &str, file: &File, error: rustls::pki_types::pem::Error) -> String {
    use rustls::pki_types::pem::Error;

    match error {
        Error::Io(error) => format!("{file}, cannot be read: {error}"),
        _ => format!("{file}, has not {what} in PEM"),
    }
}

/// What is known of TLS in an error.
fn explain(error: &(dyn Error + 'static), stated: &Stated) -> Option<String> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(tls) = error.downcast_ref() {
            return Some(explain_tls(tls, stated));
        }
        // The source of an I/O error is the source of what it carries.
        next = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(carried) => Some(carried),
            None => error.source(),
        };
    }
    None
}

fn explain_tls(error: &rustls::Error, stated: &Stated) -> String {
    use rustls::Error::{AlertReceived, InvalidCertificate, InvalidMessage};

    let why = match error {
        InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => {
            &format!("its certificate comes from no authority that is trusted here; name the right one in {}", stated.certificate())
        }
        InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => "its certificate has expired",
        InvalidCertificate(CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. }) => {
            "its certificate is not valid yet"
        }
        InvalidCertificate(CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }) => {
            "its certificate is for another host"
        }
        AlertReceived(AlertDescription::CertificateRequired | AlertDescription::HandshakeFailure) => {
            &format!("it {}", client_is_asked(stated))
        }
        AlertReceived(AlertDescription::UnknownCA | AlertDescription::BadCertificate | AlertDescription::CertificateUnknown) => {
            "it does not trust the client certificate"
        }
        InvalidMessage(_) => "it does not speak TLS on this port; for a connection without, write http:// in front of the endpoint",
        AlertReceived(AlertDescription::NoApplicationProtocol) => {
            &format!("it speaks another version of HTTP; is {} right, and the port?", stated.this_protocol())
        }
        other => &other.to_string(),
    };
    format!("no TLS connection to the backend: {why}")
}
