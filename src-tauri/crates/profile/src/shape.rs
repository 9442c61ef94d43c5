//! The shape of a profile document: keys, types, known values. Checked against the JSON Schema of the
//! types, so that one pass finds every fault and the list of known names can never drift from the types.

use std::ops::Range;

use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::{Path, propose};
use crate::parse::Fault;
use crate::schema;

pub(crate) fn faults(document: &Spanned<DeTable<'_>>) -> Vec<Fault> {
    let schema = schema::json_schema();
    let mut walk = Walk { root: &schema, faults: Vec::new() };
    walk.object(&schema, document.get_ref(), &document.span(), &Path::default());
    walk.faults
}

struct Walk<'s> {
    root: &'s Value,
    faults: Vec<Fault>,
}

impl<'s> Walk<'s> {
    fn value(&mut self, schema: &'s Value, node: &Spanned<DeValue<'_>>, at: &Path) {
        let schema = self.resolve(schema);
        if let Some(choices) = schema.get("oneOf").and_then(Value::as_array) {
            return self.choice(choices, node, at);
        }
        let value = node.get_ref();
        match (type_of(schema), value) {
            ("object", DeValue::Table(table)) => self.object(schema, table, &node.span(), at),
            ("array", DeValue::Array(items)) => {
                for (n, item) in items.iter().enumerate() {
                    self.value(&schema["items"], item, &at.index(n));
                }
            }
            ("integer", DeValue::Integer(number)) => {
                if number.as_str().starts_with('-') && schema.get("minimum").is_some() {
                    self.fault(node.span(), format!("{} must not be negative", at.plain()), None);
                }
            }
            ("string", DeValue::String(_))
            | ("boolean", DeValue::Boolean(_))
            | ("number", DeValue::Float(_) | DeValue::Integer(_)) => {}
            (wanted, _) => self.wrong_type(wanted, node, at),
        }
    }

    /// A closed enum: plain names, tables told apart by a tag, or tables told apart by their only key.
    fn choice(&mut self, choices: &'s [Value], node: &Spanned<DeValue<'_>>, at: &Path) {
        match node.get_ref() {
            DeValue::String(word) => {
                let names: Vec<&str> = choices.iter().filter_map(|choice| choice["const"].as_str()).collect();
                if names.is_empty() {
                    self.wrong_type("object", node, at);
                } else if !names.contains(&word.as_ref()) {
                    self.unknown_value(word, &names, node.span(), at);
                }
            }
            DeValue::Table(table) => match tag_of(choices) {
                Some(tag) => self.tagged(tag, choices, table, node, at),
                None => self.by_key(choices, table, node, at),
            },
            _ => {
                let wanted = if tag_of(choices).is_some() { "object" } else { "string" };
                self.wrong_type(wanted, node, at);
            }
        }
    }

    fn tagged(
        &mut self,
        tag: &str,
        choices: &'s [Value],
        table: &DeTable<'_>,
        node: &Spanned<DeValue<'_>>,
        at: &Path,
    ) {
        let name_of = |choice: &'s Value| choice["properties"][tag]["const"].as_str();
        let names: Vec<&str> = choices.iter().filter_map(name_of).collect();
        let Some(given) = table.get(tag) else {
            let known = Some(format!("known: {}", names.join(", ")));
            return self.fault(node.span(), format!("{} needs the key \"{tag}\"", at.plain()), known);
        };
        let Some(word) = given.get_ref().as_str() else {
            return self.wrong_type("string", given, &at.key(tag));
        };
        match choices.iter().find(|choice| name_of(choice) == Some(word)) {
            Some(choice) => self.object(choice, table, &node.span(), at),
            None => self.unknown_value(word, &names, given.span(), &at.key(tag)),
        }
    }

    fn by_key(&mut self, choices: &'s [Value], table: &DeTable<'_>, node: &Spanned<DeValue<'_>>, at: &Path) {
        let tables = choices.iter().filter(|choice| choice.get("properties").is_some());
        let matching = tables.clone().find(|choice| {
            choice["properties"]
                .as_object()
                .is_some_and(|keys| table.keys().any(|key| keys.contains_key(key.as_ref().as_ref())))
        });
        match matching.or_else(|| tables.clone().next()) {
            Some(choice) => self.object(choice, table, &node.span(), at),
            None => self.wrong_type("string", node, at),
        }
    }

    fn object(&mut self, schema: &'s Value, table: &DeTable<'_>, span: &Range<usize>, at: &Path) {
        let keys = schema["properties"].as_object();
        let others = schema.get("additionalProperties").filter(|others| others.is_object());
        for (key, value) in table {
            match keys.and_then(|keys| keys.get(key.get_ref().as_ref())).or(others) {
                Some(schema) => self.value(schema, value, &at.key(key.get_ref())),
                None => self.unknown_key(key, keys, at),
            }
        }
        let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        for key in required.filter(|key| !table.contains_key(*key)) {
            let place = if at.steps().is_empty() { "the profile".to_owned() } else { at.plain() };
            self.fault(span.clone(), format!("{place} needs the key \"{key}\""), None);
        }
    }

    fn unknown_key(
        &mut self,
        key: &Spanned<std::borrow::Cow<'_, str>>,
        keys: Option<&Map<String, Value>>,
        at: &Path,
    ) {
        let place = if at.steps().is_empty() { String::new() } else { format!(" in {}", at.plain()) };
        let suggestion = propose(key.get_ref(), keys.into_iter().flat_map(Map::keys).map(String::as_str));
        self.fault(key.span(), format!("unknown key \"{}\"{place}", key.get_ref()), suggestion);
    }

    fn unknown_value(&mut self, word: &str, known: &[&str], span: Range<usize>, at: &Path) {
        let suggestion = propose(word, known.iter().copied());
        self.fault(span, format!("unknown value \"{word}\" for {}", at.plain()), suggestion);
    }

    fn wrong_type(&mut self, wanted: &str, node: &Spanned<DeValue<'_>>, at: &Path) {
        let plain = at.plain();
        let key = plain.rsplit('.').next().unwrap_or_default();
        let (what, example) = match wanted {
            "string" => ("text", format!("{key} = \"…\"")),
            "integer" => ("a whole number", format!("{key} = 192")),
            "number" => ("a number", format!("{key} = 2.5")),
            "boolean" => ("true or false", format!("{key} = true")),
            "array" => ("a list", format!("{key} = [ … ]")),
            _ => ("a table", format!("{key} = {{ … }}")),
        };
        let message = format!("{plain} needs {what}, found {}", found(node.get_ref()));
        self.fault(node.span(), message, Some(format!("for example: {example}")));
    }

    fn fault(&mut self, span: Range<usize>, message: String, suggestion: Option<String>) {
        self.faults.push(Fault { span, message, suggestion });
    }

    /// Follows references, and looks through "or null": TOML has no null.
    fn resolve(&self, schema: &'s Value) -> &'s Value {
        if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
            let definition = self.root.pointer(name.trim_start_matches('#'));
            return definition.map_or(schema, |schema| self.resolve(schema));
        }
        let choices = schema.get("anyOf").and_then(Value::as_array);
        let not_null = choices.and_then(|choices| choices.iter().find(|choice| type_of(choice) != "null"));
        not_null.map_or(schema, |schema| self.resolve(schema))
    }
}

fn type_of(schema: &Value) -> &str {
    match &schema["type"] {
        Value::Array(types) => {
            types.iter().filter_map(Value::as_str).find(|name| *name != "null").unwrap_or("")
        }
        name => name.as_str().unwrap_or(""),
    }
}

/// The key whose constant value tells the alternatives apart, e.g. `kind`.
fn tag_of(choices: &[Value]) -> Option<&str> {
    let keys = choices.first()?.get("properties")?.as_object()?;
    keys.iter().find(|(_, schema)| schema.get("const").is_some()).map(|(key, _)| key.as_str())
}

fn found(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with decimals",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date without quotes",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
