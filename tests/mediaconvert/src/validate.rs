//! Whether a document is what the model says. Violations are told as the service tells them:
//! `/outputGroups/0/outputs: Should have at least 1 items`.

use serde_json::{Map, Value};

use crate::model::{Kind, Model, Shape};

/// One thing that is wrong: where, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Path from the settings of a job, or from its request.
    pub path: String,
    /// What is wrong there.
    pub what: String,
}

impl Violation {
    pub(crate) fn new(path: impl Into<String>, what: impl Into<String>) -> Self {
        Self { path: path.into(), what: what.into() }
    }
}

impl std::fmt::Display for Violation {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let path = if self.path.is_empty() { "/" } else { &self.path };
        write!(formatter, "{path}: {}", self.what)
    }
}

/// All violations of the body of a request. Members of its path and its query are looked at by [`parameter`].
pub(crate) fn body(model: &Model, input: &str, value: &Value) -> Vec<Violation> {
    let mut found = Vec::new();
    check(model, input, value, "", &mut found);
    for violation in &mut found {
        // What is wrong in the settings is told from there.
        if let Some(inside) = violation.path.strip_prefix("/settings/") {
            violation.path = format!("/{inside}");
        }
    }
    found
}

/// Violations of a member of the path or the query, which is text; and its value.
pub(crate) fn parameter(model: &Model, input: &str, name: &str, text: &str) -> Result<Value, Violation> {
    let path = format!("/{name}");
    let member = match model.shape(input).map(|shape| &shape.kind) {
        Some(Kind::Structure { members, .. }) => members.get(name).filter(|member| member.location.is_some()),
        _ => None,
    };
    let Some(member) = member else { return Err(Violation::new(path, "is not a known parameter")) };
    let whole = matches!(model.shape(&member.shape), Some(Shape { kind: Kind::Integer, .. }));
    let value = if whole {
        let number = text.parse::<i64>().map_err(|_| Violation::new(&path, "should be of type integer"))?;
        Value::from(number)
    } else {
        Value::from(text)
    };
    let mut found = Vec::new();
    check(model, &member.shape, &value, &path, &mut found);
    found.pop().map_or(Ok(value), Err)
}

fn check(model: &Model, name: &str, value: &Value, path: &str, found: &mut Vec<Violation>) {
    let Some(shape) = model.shape(name) else { return };
    let expected = match (&shape.kind, value) {
        (Kind::Structure { .. }, Value::Object(fields)) => {
            return structure(model, shape, fields, path, found);
        }
        (Kind::List(member), Value::Array(items)) => {
            for (at, item) in items.iter().enumerate() {
                check(model, member, item, &format!("{path}/{at}"), found);
            }
            return range(shape, length(items.len()), "items", path, found);
        }
        (Kind::Map(member), Value::Object(fields)) => {
            for (key, item) in fields {
                check(model, member, item, &format!("{path}/{key}"), found);
            }
            return;
        }
        (Kind::Text { .. }, Value::String(text)) => return word(shape, text, path, found),
        (Kind::Integer, Value::Number(number)) if number.is_i64() || number.is_u64() => {
            return range(shape, number.as_f64().unwrap_or_default(), "", path, found);
        }
        (Kind::Double, Value::Number(number)) => {
            return range(shape, number.as_f64().unwrap_or_default(), "", path, found);
        }
        (Kind::Boolean, Value::Bool(_)) | (Kind::Timestamp, Value::Number(_)) => return,
        (Kind::Structure { .. } | Kind::Map(_), _) => "object",
        (Kind::List(_), _) => "array",
        (Kind::Text { .. }, _) => "string",
        (Kind::Integer, _) => "integer",
        (Kind::Double | Kind::Timestamp, _) => "number",
        (Kind::Boolean, _) => "boolean",
    };
    found.push(Violation::new(path, format!("should be of type {expected}")));
}

fn structure(
    model: &Model,
    shape: &Shape,
    fields: &Map<String, Value>,
    path: &str,
    found: &mut Vec<Violation>,
) {
    let Kind::Structure { members, required } = &shape.kind else { return };
    for (name, value) in fields {
        let inside = format!("{path}/{name}");
        match members.get(name).filter(|member| member.location.is_none()) {
            Some(member) => check(model, &member.shape, value, &inside, found),
            None => found.push(Violation::new(inside, "is not a known property")),
        }
    }
    for name in required {
        let in_body = members.get(name).is_some_and(|member| member.location.is_none());
        if in_body && !fields.contains_key(name) {
            found.push(Violation::new(path, format!("{name} is a required property")));
        }
    }
}

fn word(shape: &Shape, text: &str, path: &str, found: &mut Vec<Violation>) {
    let Kind::Text { words, pattern } = &shape.kind else { return };
    range(shape, length(text.chars().count()), "characters", path, found);
    if !words.is_empty() && !words.iter().any(|word| word == text) {
        found.push(Violation::new(path, format!("should be one of {}", words.join(", "))));
    }
    if pattern.as_ref().is_some_and(|pattern| !pattern.is_match(text)) {
        found.push(Violation::new(path, "does not match the pattern"));
    }
}

fn range(shape: &Shape, value: f64, what: &str, path: &str, found: &mut Vec<Violation>) {
    let told = |limit: f64, more: &str, less: &str| {
        if what.is_empty() {
            format!("Should be {less} or equal to {limit}")
        } else {
            format!("Should have at {more} {limit} {what}")
        }
    };
    if let Some(min) = shape.min.filter(|min| value < *min) {
        found.push(Violation::new(path, told(min, "least", "greater than")));
    }
    if let Some(max) = shape.max.filter(|max| value > *max) {
        found.push(Violation::new(path, told(max, "most", "less than")));
    }
}

#[expect(clippy::cast_precision_loss, reason = "no document has so many")]
fn length(count: usize) -> f64 {
    count as f64
}
