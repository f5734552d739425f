//! The methods that a file descriptor set has: of [`descriptor.proto`](https://github.com/protocolbuffers/protobuf/blob/main/src/google/protobuf/descriptor.proto)
//! no more than names.

use std::error::Error;
use std::fmt;

use prost::{DecodeError, Message};

#[derive(Clone, PartialEq, Message)]
struct Set {
    #[prost(message, repeated, tag = "1")]
    files: Vec<File>,
}

#[derive(Clone, PartialEq, Message)]
struct File {
    #[prost(string, tag = "2")]
    package: String,
    #[prost(message, repeated, tag = "6")]
    services: Vec<Service>,
}

#[derive(Clone, PartialEq, Message)]
struct Service {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, repeated, tag = "2")]
    methods: Vec<Method>,
}

#[derive(Clone, PartialEq, Message)]
struct Method {
    #[prost(string, tag = "1")]
    name: String,
}

/// Bytes that are no file descriptor set.
#[derive(Clone, Debug, PartialEq)]
pub struct DescriptorError(DecodeError);

impl fmt::Display for DescriptorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this is no file descriptor set: {}", self.0)
    }
}

impl Error for DescriptorError {}

/// The names of all methods in a file descriptor set, for [`methods`](super::ServerLayer::methods): the one that tonic's generator writes, and that its service for
/// reflection takes.
///
/// ```
/// # fn main() -> Result<(), otel_runtime::grpc::DescriptorError> {
/// # const FILE_DESCRIPTOR_SET: &[u8] = b"";
/// // const FILE_DESCRIPTOR_SET: &[u8] = tonic::include_file_descriptor_set!("shop");
/// let layer = otel_runtime::grpc::server().methods(otel_runtime::grpc::methods_in(FILE_DESCRIPTOR_SET)?);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// If it is none.
pub fn methods_in(descriptors: &[u8]) -> Result<Vec<String>, DescriptorError> {
    let Set { files } = Set::decode(descriptors).map_err(DescriptorError)?;
    let names = files.iter().flat_map(|File { package, services }| {
        let package = if package.is_empty() { String::new() } else { format!("{package}.") };
        services.iter().flat_map(move |Service { name, methods }| {
            let service = format!("{package}{name}");
            methods.iter().map(move |Method { name }| format!("{service}/{name}"))
        })
    });
    Ok(names.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_have_the_names_that_calls_have() {
        // As a compiler writes them: a file with its name and its syntax, and one without a package.
        let set = b"\x0a\x37\x0a\x0ashop.proto\x12\x04shop\x32\x1b\x0a\x06Orders\x12\x07\x0a\x05Place\x12\x08\x0a\x06Cancel\x62\x06proto3\
            \x0a\x0e\x32\x0c\x0a\x04Echo\x12\x04\x0a\x02Do";
        assert_eq!(methods_in(set), Ok(["shop.Orders/Place", "shop.Orders/Cancel", "Echo/Do"].map(str::to_owned).to_vec()));
        assert_eq!(methods_in(b""), Ok(Vec::new()));
        let error = methods_in(b"\x0a\xff").expect_err("it ends too soon");
        assert!(error.to_string().starts_with("this is no file descriptor set: "), "{error}");
    }
}
