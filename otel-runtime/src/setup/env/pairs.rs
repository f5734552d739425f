//! Lists of `key=value`, percent-encoded: attributes of the resource, and headers.

use http::{HeaderName, HeaderValue, header};
use percent_encoding::percent_decode_str;

/// The pairs of a list; `Err` if one of them is none.
pub(in crate::setup) fn pairs(text: &str) -> Result<Vec<(String, String)>, String> {
    let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    let pairs = entries.map(pair).collect::<Result<Vec<_>, _>>();
    pairs.map_err(|problem| format!("{problem} in `{text}`, so all of it is ignored"))
}

fn pair(entry: &str) -> Result<(String, String), String> {
    let (key, value) = entry.split_once('=').ok_or_else(|| format!("`{entry}` has no `=`"))?;
    let decoded = |part: &str| {
        let decoded = percent_decode_str(part.trim()).decode_utf8();
        decoded.map(std::borrow::Cow::into_owned).map_err(|_| format!("`{part}` is not UTF-8 after decoding"))
    };
    let key = decoded(key)?;
    if key.is_empty() {
        return Err(format!("`{entry}` has no key"));
    }
    Ok((key, decoded(value)?))
}

/// Headers that say how a request is to be read; a wrong one would spoil it.
const FRAMING: [HeaderName; 8] = [
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::CONTENT_ENCODING,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
    header::TE,
    header::TRAILER,
    header::UPGRADE,
];

/// The headers of a list, and what is wrong with what is none, of which no value is repeated.
#[derive(Default)]
pub(in crate::setup) struct List {
    pub(in crate::setup) headers: Vec<(HeaderName, HeaderValue)>,
    pub(in crate::setup) problems: Vec<String>,
}

pub(in crate::setup) fn headers(text: &str) -> List {
    let mut list = List::default();
    for (index, entry) in text.split(',').enumerate().filter(|(_, entry)| !entry.trim().is_empty()) {
        match pair(entry).ok().map(|(name, value)| header(&name, &value)) {
            Some(Ok(header)) => list.headers.push(header),
            Some(Err(NoHeader::Framing(name))) => {
                list.problems.push(format!("entry {}, `{name}`, is for the exporter to set; it is ignored", index + 1));
            }
            Some(Err(NoHeader::Malformed)) | None => {
                list.problems.push(format!("entry {} is not a header like name=value; it is ignored", index + 1));
            }
        }
    }
    list
}

/// Why something is no header that can be sent.
pub(in crate::setup) enum NoHeader {
    Framing(HeaderName),
    Malformed,
}

/// A header, whose value no `Debug` shows.
pub(in crate::setup) fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), NoHeader> {
    let name = HeaderName::try_from(name).map_err(|_| NoHeader::Malformed)?;
    let mut value = HeaderValue::try_from(value).map_err(|_| NoHeader::Malformed)?;
    value.set_sensitive(true);
    if FRAMING.contains(&name) { Err(NoHeader::Framing(name)) } else { Ok((name, value)) }
}
