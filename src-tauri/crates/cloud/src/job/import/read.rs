//! Reading a document, and remembering what was read: the rest is what did not map.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use serde_json::Value;

use super::Unmapped;

/// A place in the document.
#[derive(Clone)]
pub(super) struct Read<'a> {
    value: &'a Value,
    path: String,
    memory: Rc<Memory<'a>>,
}

struct Memory<'a> {
    root: &'a Value,
    /// Paths that were read; empty: mapped, else what became of it.
    read: RefCell<BTreeMap<String, String>>,
}

static NOTHING: Value = Value::Null;

impl<'a> Read<'a> {
    /// The root.
    pub(super) fn of(root: &'a Value) -> Self {
        let memory = Memory { root, read: RefCell::new(BTreeMap::new()) };
        Self { value: root, path: String::new(), memory: Rc::new(memory) }
    }

    /// A place below, by keys with `/` between them; null where there is none.
    pub(super) fn at(&self, path: &str) -> Self {
        path.split('/').fold(self.clone(), |place, key| Self {
            value: place.value.get(key).unwrap_or(&NOTHING),
            path: join(&place.path, key),
            memory: Rc::clone(&place.memory),
        })
    }

    /// Elements of a list.
    pub(super) fn items(&self) -> Vec<Self> {
        let items = self.value.as_array().into_iter().flatten().enumerate();
        let place = |(at, value): (usize, &'a Value)| Self {
            value,
            path: join(&self.path, &at.to_string()),
            memory: Rc::clone(&self.memory),
        };
        items.map(place).collect()
    }

    /// Whether there is something below, without reading it.
    pub(super) fn exists(&self, path: &str) -> bool {
        !self.at(path).value.is_null()
    }

    /// The text here, read.
    pub(super) fn text(&self) -> Option<&'a str> {
        self.value.as_str().inspect(|_| self.remember(""))
    }

    /// The number here, read.
    pub(super) fn number(&self) -> Option<f64> {
        self.value.as_f64().inspect(|_| self.remember(""))
    }

    /// The whole number here, read.
    pub(super) fn whole(&self) -> Option<u32> {
        self.value.as_u64().and_then(|number| u32::try_from(number).ok()).inspect(|_| self.remember(""))
    }

    /// Whether the text here is this one; read.
    pub(super) fn is(&self, text: &str) -> bool {
        self.text() == Some(text)
    }

    /// Says what became of it and everything below.
    pub(super) fn note(&self, why: &str) {
        if !self.value.is_null() {
            self.remember(why);
        }
    }

    /// Says what became of every member of this name, anywhere.
    pub(super) fn note_each(&self, name: &str, why: &str) {
        let mut found = Vec::new();
        leaves(self.memory.root, "", &mut |path, _| found.push(path.to_owned()));
        let end = format!("/{name}");
        let mut read = self.memory.read.borrow_mut();
        for path in found.into_iter().filter(|path| path.ends_with(&end)) {
            read.insert(path, why.to_owned());
        }
    }

    fn remember(&self, why: &str) {
        let mut read = self.memory.read.borrow_mut();
        // What became of it is said once; reading it again adds nothing.
        let known = read.entry(self.path.clone()).or_default();
        if !why.is_empty() {
            why.clone_into(known);
        }
    }

    /// All values that were not read, and those with a note, in the order of the document.
    pub(super) fn unread(&self) -> Vec<Unmapped> {
        let read = self.memory.read.borrow();
        let mut unmapped = Vec::new();
        leaves(self.memory.root, "", &mut |path, value| {
            let above = ancestors(path).find_map(|at| read.get(at).filter(|why| !why.is_empty()));
            let why = match (above, read.contains_key(path)) {
                (Some(why), _) => why.clone(),
                (None, true) => return,
                (None, false) => reason(path, value).to_owned(),
            };
            unmapped.push(Unmapped { path: format!("/{path}"), value: value.to_string(), why });
        });
        unmapped
    }
}

/// Why profiles have no place for a setting.
fn reason(path: &str, value: &Value) -> &'static str {
    let has = |part: &str| path.split('/').any(|step| step == part);
    if has("captionDescriptions") || has("captionSelectors") {
        "Captions and subtitles are not made from a template."
    } else if has("audioSelectors") || has("audioSelectorGroups") || has("audioDescriptions") {
        "Sound is made on this computer, from the tracks that the profile selects."
    } else if path.ends_with("destination") {
        "Spillway delivers itself."
    } else if has("timecodeConfig") || path.ends_with("timecodeSource") {
        "Jobs of Spillway count from zero."
    } else if matches!(value.as_str(), Some("DISABLED" | "NONE" | "DEFAULT" | "AUTO" | "IGNORE")) {
        "A profile cannot say it; it is the usual value or off."
    } else if has("codecSettings") || has("videoPreprocessors") {
        "It tunes MediaConvert only, where Spillway does not need it otherwise."
    } else {
        "A profile cannot say it."
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}/{key}") }
}

/// The path itself and every place above it.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| path.rsplit_once('/').map(|(above, _)| above))
}

fn leaves(value: &Value, path: &str, found: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                leaves(value, &join(path, key), found);
            }
        }
        Value::Array(items) => {
            for (at, value) in items.iter().enumerate() {
                leaves(value, &join(path, &at.to_string()), found);
            }
        }
        Value::Null => {}
        value => found(path, value),
    }
}
