//! YAML as a tree of nodes that know their place, bounded in size and depth whatever the text is.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, Tag};

use super::problem::{Place, Problem};
use super::substitute::Variables;

/// Deeper than any configuration.
const MAX_DEPTH: usize = 64;
/// More than any configuration has, with every alias counted as what it stands for.
const MAX_NODES: usize = 100_000;

/// A value, and where it stands.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) value: Value,
    /// This and all that is in it, and how deep that is.
    nodes: usize,
    depth: usize,
}

#[derive(Debug)]
pub(super) enum Value {
    Scalar(Scalar),
    List(Vec<Rc<Node>>),
    Map(Vec<Entry>),
}

/// A value that is no collection, with its variables substituted.
#[derive(Clone, Debug)]
pub(super) struct Scalar {
    pub(super) text: String,
    /// As it was written, if that is not the same.
    pub(super) written: Option<String>,
    /// Whether it is without quotes, and so what it looks like.
    pub(super) is_plain: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) place: Place,
    pub(super) node: Rc<Node>,
}

/// Reads the one document of a text. What is wrong with references to variables is kept beside it.
pub(super) fn parse(text: &str, variables: &Variables<'_>) -> Result<Rc<Node>, Problem> {
    let mut builder = Builder { variables, open: Vec::new(), anchors: BTreeMap::new(), nodes: 0, root: None };
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| not_yaml(&error))?;
        builder.take(event, span)?;
    }
    builder.root.ok_or_else(|| Problem::new(Place { line: 1, column: 1 }, "", "the file has no content"))
}

fn not_yaml(error: &ScanError) -> Problem {
    Problem::new(place(*error.marker()), "", format!("this is not YAML: {}", error.info()))
}

fn place(marker: Marker) -> Place {
    Place { line: marker.line(), column: marker.col() + 1 }
}

struct Builder<'a> {
    variables: &'a Variables<'a>,
    /// The collections that are not at their end.
    open: Vec<Open>,
    anchors: BTreeMap<usize, Rc<Node>>,
    /// How many values there were so far.
    nodes: usize,
    root: Option<Rc<Node>>,
}

struct Open {
    place: Place,
    anchor: usize,
    collection: Collection,
}

enum Collection {
    List(Vec<Rc<Node>>),
    /// With its keys, and the key whose value comes next.
    Map(Vec<Entry>, BTreeSet<String>, Option<(String, Place)>),
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Problem> {
        let place = place(span.start);
        match event {
            Event::DocumentStart(_) if self.root.is_some() => {
                return Err(Problem::new(place, "", "the file has more than one YAML document"));
            }
            Event::Scalar(text, style, anchor, tag) => {
                let node = self.scalar(&text, style, tag.as_deref(), place)?;
                self.add(node, anchor)?;
            }
            Event::SequenceStart(anchor, _) => self.begin(place, anchor, Collection::List(Vec::new()))?,
            Event::MappingStart(anchor, _) => self.begin(place, anchor, Collection::Map(Vec::new(), BTreeSet::new(), None))?,
            Event::SequenceEnd | Event::MappingEnd => self.end()?,
            Event::Alias(anchor) => {
                let node = self.anchors.get(&anchor).map(Rc::clone);
                let node = node.ok_or_else(|| Problem::new(place, "", "an alias stands inside of what it stands for"))?;
                self.add(node, 0)?;
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn begin(&mut self, place: Place, anchor: usize, collection: Collection) -> Result<(), Problem> {
        if self.open.len() >= MAX_DEPTH {
            return Err(too_deep(place));
        }
        if matches!(self.open.last(), Some(Open { collection: Collection::Map(_, _, None), .. })) {
            return Err(Problem::new(place, "", "a key is a text, and neither a list nor a map"));
        }
        self.open.push(Open { place, anchor, collection });
        Ok(())
    }

    fn end(&mut self) -> Result<(), Problem> {
        let Some(Open { place, anchor, collection }) = self.open.pop() else { return Ok(()) };
        let value = match collection {
            Collection::List(items) => Value::List(items),
            Collection::Map(entries, ..) => Value::Map(self.merged(entries)?),
        };
        let inside = || -> Box<dyn Iterator<Item = &Rc<Node>>> {
            match &value {
                Value::Scalar(_) => Box::new(std::iter::empty()),
                Value::List(items) => Box::new(items.iter()),
                Value::Map(entries) => Box::new(entries.iter().map(|entry| &entry.node)),
            }
        };
        let nodes = inside().fold(1, |nodes: usize, node| nodes.saturating_add(node.nodes));
        let depth = 1 + inside().map(|node| node.depth).max().unwrap_or(0);
        if nodes > MAX_NODES {
            return Err(too_many(place));
        }
        if depth > MAX_DEPTH {
            return Err(too_deep(place));
        }
        self.add(Rc::new(Node { place, value, nodes, depth }), anchor)
    }

    fn scalar(&self, text: &str, style: ScalarStyle, tag: Option<&Tag>, place: Place) -> Result<Rc<Node>, Problem> {
        let is_plain = match tag {
            Some(tag) if !tag.is_yaml_core_schema() => {
                // It is not repeated: it may be a password that begins like one.
                return Err(Problem::new(place, "", "a tag means nothing here; a text that begins with `!` stands in quotes"));
            }
            Some(tag) => tag.suffix != "str",
            None => style == ScalarStyle::Plain,
        };
        let is_key = matches!(self.open.last(), Some(Open { collection: Collection::Map(_, _, None), .. }));
        let substituted = if is_key { None } else { self.variables.substitute(text, place) };
        let scalar = match substituted {
            Some(substituted) => Scalar { text: substituted, written: Some(text.to_owned()), is_plain },
            None => Scalar { text: text.to_owned(), written: None, is_plain },
        };
        Ok(Rc::new(Node { place, value: Value::Scalar(scalar), nodes: 1, depth: 0 }))
    }

    /// The entries of a map, with those that are merged into it.
    fn merged(&mut self, entries: Vec<Entry>) -> Result<Vec<Entry>, Problem> {
        let (merges, mut own): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| entry.key == MERGE);
        let mut keys: BTreeSet<String> =
            if merges.is_empty() { BTreeSet::new() } else { own.iter().map(|entry| entry.key.clone()).collect() };
        for Entry { node, place, .. } in merges {
            let maps: Vec<&Rc<Node>> = match &node.value {
                Value::List(maps) => maps.iter().collect(),
                _ => vec![&node],
            };
            for map in maps {
                let Value::Map(entries) = &map.value else {
                    return Err(Problem::new(place, "", "what is merged by `<<` is a map, or a list of maps"));
                };
                for entry in entries {
                    if keys.insert(entry.key.clone()) {
                        own.push(entry.clone());
                    }
                }
                self.nodes += entries.len();
                if self.nodes > MAX_NODES {
                    return Err(too_many(place));
                }
            }
        }
        Ok(own)
    }

    /// Puts a node where it belongs.
    fn add(&mut self, node: Rc<Node>, anchor: usize) -> Result<(), Problem> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(too_many(node.place));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        match self.open.last_mut().map(|open| &mut open.collection) {
            None => self.root = Some(node),
            Some(Collection::List(items)) => items.push(node),
            Some(Collection::Map(entries, keys, key)) => match (key.take(), &node.value) {
                (Some((key, place)), _) => entries.push(Entry { key, place, node }),
                (None, Value::Scalar(scalar)) => {
                    if !keys.insert(scalar.text.clone()) && scalar.text != MERGE {
                        return Err(Problem::new(node.place, "", format!("the key `{}` stands here twice", shown_key(&scalar.text))));
                    }
                    *key = Some((scalar.text.clone(), node.place));
                }
                (None, _) => return Err(Problem::new(node.place, "", "a key is a text, and neither a list nor a map")),
            },
        }
        Ok(())
    }
}

fn too_deep(place: Place) -> Problem {
    Problem::new(place, "", format!("this is more than {MAX_DEPTH} levels deep"))
}

fn too_many(place: Place) -> Problem {
    Problem::new(place, "", format!("there are more than {MAX_NODES} values, aliases counted as what they stand for"))
}

/// The key whose value's entries are those of the map, unless it has them itself (<https://yaml.org/type/merge.html>).
const MERGE: &str = "<<";

/// A key for a message. What looks like none is not shown: it may be a value that got there by mistake, and a secret.
pub(super) fn shown_key(key: &str) -> &str {
    let is_key = key.len() <= 64 && key.bytes().all(|letter| letter.is_ascii_alphanumeric() || b"_-./".contains(&letter));
    if is_key { key } else { "***" }
}
