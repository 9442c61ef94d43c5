//! The service's published model: its operations and the shapes of what they take and give. It is read from the
//! package botocore (Apache-2.0) that the set-up of the tests installs.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io,
    path::Path,
};

use flate2::read::GzDecoder;
use regex_lite::Regex;
use serde_json::Value;

use crate::SimulatorError;

/// Where the file is in a Python environment.
const PLACE: &str = "site-packages/botocore/data/mediaconvert/2017-08-29/service-2.json.gz";

/// The model.
pub(crate) struct Model {
    shapes: BTreeMap<String, Shape>,
    operations: Vec<Operation>,
}

/// What a value may be.
pub(crate) struct Shape {
    pub(crate) kind: Kind,
    /// Smallest value, or length.
    pub(crate) min: Option<f64>,
    /// Largest.
    pub(crate) max: Option<f64>,
}

/// The sort of a value.
pub(crate) enum Kind {
    /// Members by the names on the wire, and those that must be there.
    Structure { members: BTreeMap<String, Member>, required: BTreeSet<String> },
    /// A list of values of a shape.
    List(String),
    /// Values of a shape by any text.
    Map(String),
    /// One of these words, when there are any; fitting the pattern.
    Text { words: Vec<String>, pattern: Option<Regex> },
    /// A whole number.
    Integer,
    /// Any number.
    Double,
    /// True or false.
    Boolean,
    /// Seconds since 1970.
    Timestamp,
}

/// A member of a structure.
pub(crate) struct Member {
    pub(crate) shape: String,
    /// Where it is when not in the body.
    pub(crate) location: Option<Location>,
}

/// Outside the body.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Location {
    Path,
    Query,
}

/// One call.
pub(crate) struct Operation {
    pub(crate) name: String,
    pub(crate) method: String,
    /// Its path; a segment in braces is a member of the input.
    pub(crate) path: Vec<String>,
    /// HTTP status of its success.
    pub(crate) status: u16,
    pub(crate) input: String,
}

impl Model {
    /// Reads the file in a Python environment: the folder that holds `bin` and `lib`.
    pub(crate) fn of_environment(environment: &Path) -> Result<Self, SimulatorError> {
        let missing = |source| SimulatorError::Model { place: environment.to_owned(), source };
        let pythons = std::fs::read_dir(environment.join("lib")).map_err(missing)?;
        let found = pythons.flatten().map(|python| python.path().join(PLACE)).find(|file| file.exists());
        Self::read(&found.ok_or_else(|| missing(io::ErrorKind::NotFound.into()))?)
    }

    fn read(file: &Path) -> Result<Self, SimulatorError> {
        let bad = |source: io::Error| SimulatorError::Model { place: file.to_owned(), source };
        let packed = File::open(file).map_err(bad)?;
        let document: Value =
            serde_json::from_reader(GzDecoder::new(packed)).map_err(|error| bad(error.into()))?;
        let mut shapes = BTreeMap::new();
        for (name, shape) in entries(&document["shapes"]) {
            let pattern = shape["pattern"].as_str().map(Regex::new).transpose();
            let pattern = pattern.map_err(|error| bad(io::Error::new(io::ErrorKind::InvalidData, error)))?;
            shapes.insert(name.clone(), Shape::of(name, shape, pattern));
        }
        let operations =
            entries(&document["operations"]).map(|(name, one)| Operation::of(name, one)).collect();
        Ok(Self { shapes, operations })
    }

    /// A shape. One that the model names and does not have takes nothing.
    pub(crate) fn shape(&self, name: &str) -> Option<&Shape> {
        self.shapes.get(name)
    }

    /// The call that a request is, with the members that its path names.
    pub(crate) fn operation(
        &self,
        method: &str,
        path: &[String],
    ) -> Option<(&Operation, Vec<(&str, String)>)> {
        self.operations.iter().filter(|one| one.method == method && one.path.len() == path.len()).find_map(
            |one| {
                let mut members = Vec::new();
                for (pattern, segment) in one.path.iter().zip(path) {
                    match pattern.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
                        Some(name) => members.push((name, segment.clone())),
                        None if pattern == segment => {}
                        None => return None,
                    }
                }
                Some((one, members))
            },
        )
    }

    /// All calls of the service.
    #[cfg(test)]
    pub(crate) fn operations(&self) -> &[Operation] {
        &self.operations
    }
}

impl Shape {
    fn of(name: &str, shape: &Value, pattern: Option<Regex>) -> Self {
        let kind = match shape["type"].as_str().unwrap_or_default() {
            "structure" => structure(shape),
            "list" => Kind::List(text(&shape["member"]["shape"])),
            "map" => Kind::Map(text(&shape["value"]["shape"])),
            "integer" | "long" => Kind::Integer,
            "double" => Kind::Double,
            "boolean" => Kind::Boolean,
            "timestamp" => Kind::Timestamp,
            _ => Kind::Text { words: list(&shape["enum"]), pattern },
        };
        // The ranges of fractional numbers are only in the names of their shapes: `__doubleMin0Max1`.
        let named = |word| matches!(kind, Kind::Double).then(|| in_name(name, word)).flatten();
        let min = shape["min"].as_f64().or_else(|| named("Min"));
        let max = shape["max"].as_f64().or_else(|| named("Max"));
        Self { kind, min, max }
    }
}

impl Operation {
    fn of(name: &str, operation: &Value) -> Self {
        let http = &operation["http"];
        let path = http["requestUri"].as_str().unwrap_or_default();
        Self {
            name: name.to_owned(),
            method: text(&http["method"]),
            path: path.split('/').skip(1).map(str::to_owned).collect(),
            status: http["responseCode"].as_u64().and_then(|code| u16::try_from(code).ok()).unwrap_or(200),
            input: text(&operation["input"]["shape"]),
        }
    }
}

fn structure(shape: &Value) -> Kind {
    let mut members = BTreeMap::new();
    let needed = list(&shape["required"]);
    let mut required = BTreeSet::new();
    for (name, member) in entries(&shape["members"]) {
        let wire = member["locationName"].as_str().unwrap_or(name).to_owned();
        let location = match member["location"].as_str() {
            Some("uri") => Some(Location::Path),
            Some("querystring") => Some(Location::Query),
            _ => None,
        };
        if needed.contains(name) {
            required.insert(wire.clone());
        }
        members.insert(wire, Member { shape: text(&member["shape"]), location });
    }
    Kind::Structure { members, required }
}

/// The number after a word in a shape's name: `Negative` before it is its sign.
fn in_name(name: &str, word: &str) -> Option<f64> {
    let rest = name.split_once(word)?.1;
    let (sign, rest) = rest.strip_prefix("Negative").map_or((1.0, rest), |rest| (-1.0, rest));
    let end = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse::<f64>().ok().map(|number| sign * number)
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn list(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(text).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
