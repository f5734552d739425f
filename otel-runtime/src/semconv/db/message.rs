//! What a database says of an error, fit to be exported.

/// The message of an error without what may be secret in it: databases repeat in it, in quotes, what they stumbled over. What is in the text of the
/// query that is exported anyway stays; unless all of it is there, everything from the first quote to the last is left out, since a quote in a value looks
/// like its end.
pub(crate) fn message(message: &str, exported: &str) -> String {
    const QUOTES: [char; 3] = ['\'', '"', '`'];
    let Some(first) = message.find(QUOTES) else { return message.to_owned() };
    let mut rest = &message[first..];
    let mut are_known = true;
    while let Some(start) = rest.find(QUOTES) {
        let (quote, inside) = rest[start..].split_at(1);
        let Some(end) = inside.find(quote) else {
            are_known = false;
            break;
        };
        let piece = &inside[..end];
        are_known &= !piece.is_empty() && exported.contains(piece) && piece != "?";
        rest = &inside[end + 1..];
    }
    if are_known {
        return message.to_owned();
    }
    let last = message.rfind(QUOTES).filter(|last| *last > first).map_or("", |last| &message[last + 1..]);
    format!("{}?{}", &message[..first], last.trim_end())
}
