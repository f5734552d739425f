//! OTLP's requests for spans that are encoded already: `ExportTraceServiceRequest { ResourceSpans { ScopeSpans { Span … } … } }`.

use std::sync::Arc;

use opentelemetry_proto::tonic::resource::v1::Resource as ProtoResource;
use opentelemetry_proto::tonic::trace::v1::ResourceSpans;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_sdk::Resource;
use prost::Message;

use super::{Chunk, Piece, SPANS};
use crate::delivery::{MAX_REQUEST, Parcel};
use crate::recording::EncodedScope;
use crate::wire::{self, FieldKind, Fields, length_of_varint, varint};

const RESOURCE_SPANS: u8 = 1;
const SCOPE_SPANS: u8 = 2;

/// Makes requests for one resource.
pub(super) struct Requests {
    /// `ResourceSpans` without the spans.
    head: Vec<u8>,
    max: usize,
}

impl Requests {
    pub(super) fn new(resource: &Resource) -> Self {
        Self::no_larger_than(MAX_REQUEST, resource)
    }

    pub(super) fn no_larger_than(max: usize, resource: &Resource) -> Self {
        let ResourceAttributesWithSchema { attributes, schema_url } = resource.into();
        let resource = Some(ProtoResource { attributes: attributes.0, ..ProtoResource::default() });
        let head = ResourceSpans { resource, scope_spans: Vec::new(), schema_url: schema_url.unwrap_or_default() }.encode_to_vec();
        Self { head, max }
    }

    /// The spans in one request, or in several where it would be too large; what cannot be divided goes alone.
    pub(super) fn of(&self, chunks: &[Chunk]) -> Vec<Parcel> {
        let pieces: Vec<Piece<'_>> = chunks.iter().flat_map(Chunk::pieces).collect();
        let mut parcels = Vec::new();
        if !pieces.is_empty() {
            self.divide(&pieces, &mut parcels);
        }
        parcels
    }

    fn divide(&self, pieces: &[Piece<'_>], parcels: &mut Vec<Parcel>) {
        let items: usize = pieces.iter().map(|piece| piece.items).sum();
        let body = self.request(pieces);
        match pieces {
            _ if body.len() <= self.max || items == 1 => parcels.push(Parcel { body: body.into(), items: items as u64 }),
            [piece] => self.divide(&piece.spans(), parcels),
            _ => {
                let (first, second) = pieces.split_at(pieces.len() / 2);
                self.divide(first, parcels);
                self.divide(second, parcels);
            }
        }
    }

    fn request(&self, pieces: &[Piece<'_>]) -> Vec<u8> {
        // Scopes are few: those of the libraries that a program is made of.
        let mut scopes: Vec<(&Arc<EncodedScope>, usize)> = Vec::new();
        for piece in pieces {
            match scopes.iter_mut().find(|(scope, _)| Arc::ptr_eq(scope, piece.scope)) {
                Some((_, length)) => *length += piece.bytes.len(),
                None => scopes.push((piece.scope, piece.scope.head.len() + piece.bytes.len())),
            }
        }
        let with_field = |length: usize| 1 + length_of_varint(length as u64) + length;
        let length = self.head.len() + scopes.iter().map(|(_, length)| with_field(*length)).sum::<usize>();
        let mut body = Vec::with_capacity(with_field(length));
        body.push(wire::key(RESOURCE_SPANS, FieldKind::Delimited));
        varint(&mut body, length as u64);
        body.extend_from_slice(&self.head);
        for (scope, length) in scopes {
            body.push(wire::key(SCOPE_SPANS, FieldKind::Delimited));
            varint(&mut body, length as u64);
            body.extend_from_slice(&scope.head);
            for piece in pieces.iter().filter(|piece| Arc::ptr_eq(piece.scope, scope)) {
                body.extend_from_slice(piece.bytes);
            }
        }
        body
    }
}

impl Piece<'_> {
    /// Each span by itself.
    fn spans(&self) -> Vec<Self> {
        let mut rest = self.bytes;
        let mut fields = Fields::new(self.bytes);
        let mut spans = Vec::with_capacity(self.items);
        while let Some(Ok((number, _))) = fields.next() {
            debug_assert_eq!(number, u64::from(SPANS));
            let (span, after) = rest.split_at(rest.len() - fields.rest().len());
            spans.push(Piece { scope: self.scope, items: 1, bytes: span });
            rest = after;
        }
        spans
    }
}
