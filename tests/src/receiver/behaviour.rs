//! What a receiver does with a request.

use std::{str::FromStr, time::Duration};

use hyper::{
    HeaderMap,
    body::Bytes,
    header::{HeaderName, HeaderValue},
};
use tonic::Code;

/// How requests are answered.
#[derive(Debug, Clone, Default)]
pub enum Behaviour {
    /// Success.
    #[default]
    Accept,
    /// An error: over HTTP a status with an empty body, over gRPC a code. The
    /// headers go along with either.
    Status { http: u16, grpc: Code, headers: HeaderMap },
    /// An HTTP status, over gRPC too: from something on the way that does not speak it.
    Proxy { http: u16, headers: HeaderMap },
    /// Success, but only after this time.
    Delay(Duration),
    /// No answer, the connection stays open.
    Hang,
    /// No answer, the connection is closed.
    Reset,
    /// Success that rejects some of the items.
    PartialSuccess { rejected: i64, message: String },
    /// Success by its status, with a body that does not decode.
    Garbage,
    /// Success by its status, with this for a body, in this encoding.
    Reply { encoding: Option<HeaderValue>, body: Bytes },
}

/// What comes before the zeros of a stream of DEFLATE that is nothing but zeros: the codes for them, all of whose bits are 0 too. Each byte of
/// zero that follows stands for 1032 of them, which is as much as there can be.
const BOMB: &[u8] = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xed\xc1\x31\x01\0\0\0\xc2\xa0\xf5\x4f\x6d\x08\x5f\xa0";

impl Behaviour {
    /// An error without headers.
    #[must_use]
    pub fn status(http: u16, grpc: Code) -> Self {
        Self::Status { http, grpc, headers: HeaderMap::new() }
    }

    /// Success by its status, with a compressed body of 2 MiB that is 2 GiB when it is expanded.
    #[must_use]
    pub fn gzip_bomb() -> Self {
        let mut body = BOMB.to_vec();
        body.resize(2 << 20, 0);
        Self::Reply { encoding: Some(HeaderValue::from_static("gzip")), body: body.into() }
    }

    /// Whether the sender is told, in a way it can understand, that its data
    /// were taken.
    pub(super) fn accepts(&self) -> bool {
        match self {
            Self::Accept | Self::Delay(_) | Self::PartialSuccess { .. } | Self::Reply { .. } => true,
            Self::Status { .. } | Self::Proxy { .. } | Self::Hang | Self::Reset | Self::Garbage => false,
        }
    }

    /// Returns itself, checked in the thread of the test, where a mistake
    /// fails the test and does not only break a connection.
    #[track_caller]
    pub(super) fn checked(self) -> Self {
        if let Self::Status { http, .. } | Self::Proxy { http, .. } = &self {
            assert!((300..600).contains(http), "{http} is no HTTP status of an error");
        }
        if let Self::Status { grpc, .. } = &self {
            assert!(*grpc != Code::Ok, "OK is no gRPC code of an error");
        }
        self
    }
}

/// As on the command line of the program `receiver`: a word, and what it takes. A gRPC code is a number.
///
/// `accept`, `status 503 14 retry-after=1`, `proxy 307 location=http://elsewhere`, `delay 50` (milliseconds), `hang`, `reset`, `partial 3`, `garbage`, `bomb`, `long 8388608` (bytes).
impl FromStr for Behaviour {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no behaviour");
        let number = |word: &str| word.parse::<u32>().map_err(|_| wrong());
        let words: Vec<&str> = text.split_whitespace().collect();
        Ok(match words.as_slice() {
            ["accept"] => Self::Accept,
            ["status", http, grpc, headers @ ..] => Self::Status {
                http: http.parse().map_err(|_| wrong())?,
                grpc: Code::from(grpc.parse::<i32>().map_err(|_| wrong())?),
                headers: self::headers(headers).ok_or_else(wrong)?,
            },
            ["proxy", http, headers @ ..] => {
                Self::Proxy { http: http.parse().map_err(|_| wrong())?, headers: self::headers(headers).ok_or_else(wrong)? }
            }
            ["delay", milliseconds] => Self::Delay(Duration::from_millis(number(milliseconds)?.into())),
            ["hang"] => Self::Hang,
            ["reset"] => Self::Reset,
            ["partial", rejected] => {
                Self::PartialSuccess { rejected: number(rejected)?.into(), message: "the test rejects them".to_owned() }
            }
            ["garbage"] => Self::Garbage,
            ["bomb"] => Self::gzip_bomb(),
            ["long", bytes] => Self::Reply { encoding: None, body: vec![0; number(bytes)? as usize].into() },
            _ => return Err(wrong()),
        })
    }
}

/// Of words `name=value`.
fn headers(words: &[&str]) -> Option<HeaderMap> {
    let headers = words.iter().map(|header| {
        let (name, value) = header.split_once('=')?;
        Some((HeaderName::from_str(name).ok()?, HeaderValue::from_str(value).ok()?))
    });
    headers.collect()
}
