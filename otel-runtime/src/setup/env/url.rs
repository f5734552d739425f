//! URLs of backends: what is taken for one, and what is wrong with what is not.

use http::Uri;

/// A URL with scheme `http` or `https`, a host and, if there is one, a port; `default_scheme` is that of what has none, where that is allowed. What
/// is no URL may still contain a password, so no problem repeats it.
pub(in crate::setup) fn parse(text: &str, default_scheme: Option<&str>) -> Result<Uri, String> {
    let text = text.trim();
    if text.starts_with(['"', '\'']) {
        return Err("the value has quotes around it".to_owned());
    }
    let (scheme, rest) = match (text.split_once("://"), default_scheme) {
        (Some((scheme, rest)), _) if ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) => (scheme, rest),
        (Some((scheme, _)), _) if scheme.eq_ignore_ascii_case("grpc") => {
            return Err("the scheme `grpc` is none; write http:// or https://, and set the protocol to grpc".to_owned());
        }
        (None, Some(scheme)) => (scheme, text),
        (None, None) if !text.contains('@') && !text.is_empty() => {
            return Err("the value does not begin with http:// or https://".to_owned());
        }
        _ => return Err(NO_URL.to_owned()),
    };
    let url = format!("{scheme}://{rest}").parse::<Uri>().map_err(|_| NO_URL.to_owned())?;
    let authority = url.authority().filter(|authority| !authority.host().is_empty()).ok_or(NO_URL)?;
    if authority.as_str().contains('@') {
        return Err("a URL with a user name is not accepted".to_owned());
    }
    // What follows the host, which may be an address in brackets.
    let after_host = authority.as_str().strip_prefix(authority.host()).unwrap_or_default();
    if !after_host.is_empty() && authority.port_u16().is_none_or(|port| port == 0) {
        return Err("the port of the URL is not a number from 1 to 65535".to_owned());
    }
    Ok(url)
}

const NO_URL: &str = "the value is not a URL like http://host:port";

/// A URL without what may be secret in it: some backends want a key in the query.
pub(in crate::setup) fn shown(url: &Uri) -> String {
    let text = url.to_string();
    text.split_once('?').map_or_else(|| text.clone(), |(bare, _)| format!("{bare}?***"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        for (text, default_scheme, expected) in [
            ("http://localhost:4318", None, "http://localhost:4318/"),
            (" HTTPS://Collector/base ", None, "https://Collector/base"),
            ("http://[::1]:4318/x?key=v", None, "http://[::1]:4318/x?key=v"),
            ("collector:4317", Some("https"), "https://collector:4317/"),
            ("[::1]:4317", Some("http"), "http://[::1]:4317/"),
            ("collector", Some("https"), "https://collector/"),
        ] {
            assert_eq!(parse(text, default_scheme).map(|url| url.to_string()).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_none_is_said_with_what_is_wrong() {
        for (text, problem) in [
            ("localhost:4318", "does not begin with http://"),
            ("\"http://localhost:4318\"", "quotes"),
            ("grpc://localhost:4317", "the scheme `grpc`"),
            ("ftp://localhost", "not a URL"),
            ("http://", "not a URL"),
            ("http://:4318", "not a URL"),
            ("http://a b", "not a URL"),
            ("http://localhost:99999", "the port"),
            ("http://localhost:port", "the port"),
            ("http://localhost:0", "the port"),
            ("http://localhost:", "the port"),
            ("http://[::1]:-1", "the port"),
            ("http://user:password@localhost", "a user name"),
            ("user:password@localhost", "not a URL"),
        ] {
            let found = parse(text, None).map(|url| url.to_string());
            assert!(found.as_ref().is_err_and(|found| found.contains(problem) && !found.contains("password")), "{text}: {found:?}");
        }
    }
}
