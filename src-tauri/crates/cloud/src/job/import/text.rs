//! The profile as a text that people keep: what is not said is the usual.

use spillway_profile::Profile;
use toml::{Table, Value};

use super::Unmapped;

/// TOML that reads back as the same profile, headed by the list of what did not map.
pub(super) fn toml(profile: &Profile, unmapped: &[Unmapped]) -> String {
    let mut text = String::from("# Imported from a MediaConvert job template.\n");
    if !unmapped.is_empty() {
        text.push_str("#\n# Not said by this profile:\n");
        for item in unmapped {
            let line = format!("#   {} = {}: {}", item.path, item.value, item.why);
            text.extend(line.chars().map(|c| if c.is_control() { ' ' } else { c }));
            text.push('\n');
        }
    }
    text.push('\n');
    let table = Table::try_from(profile).map(|mut table| {
        leave_out_defaults(&mut table, profile);
        table
    });
    // A profile is plain data: it can always be written.
    text.push_str(&table.and_then(|table| toml::to_string_pretty(&table)).unwrap_or_default());
    text
}

/// Removes every key without which the same profile is read.
fn leave_out_defaults(table: &mut Table, profile: &Profile) {
    let mut paths = Vec::new();
    list(&Value::Table(table.clone()), &mut Vec::new(), &mut paths);
    for path in paths {
        let mut without = Value::Table(table.clone());
        remove(&mut without, &path);
        let Value::Table(shorter) = without else { continue };
        if shorter.clone().try_into::<Profile>().is_ok_and(|read| read == *profile) {
            *table = shorter;
        }
    }
}

/// Keys of all tables, those above before those below.
fn list(value: &Value, at: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
    let inside: Vec<(String, &Value)> = match value {
        Value::Table(table) => table.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect(),
        _ => return,
    };
    for (key, inner) in inside {
        at.push(key);
        if value.is_table() {
            paths.push(at.clone());
        }
        list(inner, at, paths);
        at.pop();
    }
}

fn remove(value: &mut Value, path: &[String]) {
    match (value, path) {
        (Value::Table(table), [key]) => drop(table.remove(key)),
        (Value::Table(table), [key, rest @ ..]) => {
            if let Some(inner) = table.get_mut(key) {
                remove(inner, rest);
            }
        }
        (Value::Array(items), [at, rest @ ..]) => {
            if let Some(inner) = at.parse::<usize>().ok().and_then(|at| items.get_mut(at)) {
                remove(inner, rest);
            }
        }
        _ => {}
    }
}
