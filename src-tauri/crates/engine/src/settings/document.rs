//! `config.toml` itself: read with places of mistakes, written without losing what its owner wrote around.

use std::{
    io,
    ops::Range,
    path::{Path, PathBuf},
};

use toml_edit::{DocumentMut, Item, Table, TableLike, Value};

use super::{EngineSettings, Settings, SettingsError, effective};
use crate::files;

/// Most worker processes at a time.
const MOST_WORKERS: u32 = 1_024;
/// Highest nice value.
const MOST_NICE: i32 = 19;
/// Most memory of a worker in MiB: as many bytes as the system can limit.
const MOST_MEMORY_MB: u64 = (i64::MAX as u64) >> 20;

/// The file in its folder.
pub(super) fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("config.toml")
}

/// Reads the settings; without a file they are the defaults.
///
/// # Errors
/// When the file cannot be read, or its text is wrong: with line and column.
pub fn load(data_dir: &Path) -> Result<Settings, SettingsError> {
    let path = path(data_dir);
    settings(&path, &text(&path)?)
}

/// Writes the settings. Comments, order and spelling of the file stay; only what differs is changed, and
/// what has its default is added only if it was there before.
///
/// # Errors
/// When a value makes no sense, a new folder for temporary data cannot be written, or the file is wrong
/// already, cannot be read, or cannot be written. The file then is as before.
pub fn save(data_dir: &Path, settings: &Settings) -> Result<(), SettingsError> {
    within_bounds(&settings.engine)?;
    let path = path(data_dir);
    let old = text(&path)?;
    let before = self::settings(&path, &old)?;
    if *settings == before {
        return Ok(());
    }
    let folders = [&settings.engine.work_dir, &settings.desktop.out_dir];
    if let Some(folder) = folders.into_iter().flatten().find(|folder| folder.to_str().is_none()) {
        return Err(SettingsError::NotText(folder.clone()));
    }
    if settings.engine.work_dir != before.engine.work_dir {
        let folder = effective::work_dir(data_dir, &settings.engine);
        files::try_writing(&folder).map_err(|source| SettingsError::WorkDir { folder, source })?;
    }
    let new = edited(&path, &old, settings)?;
    std::fs::create_dir_all(data_dir)
        .and_then(|()| files::replace(&path, new.as_bytes()))
        .map_err(|source| SettingsError::Write { path, source })
}

/// Whether the figures make sense.
pub(super) fn within_bounds(engine: &EngineSettings) -> Result<(), SettingsError> {
    let EngineSettings { workers, nice, work_dir: _, worker_memory_mb } = engine;
    let figures = [
        ("number of workers", workers.map(i128::from), i128::from(MOST_WORKERS)),
        ("nice value", nice.map(i128::from), i128::from(MOST_NICE)),
        ("memory of a worker in MiB", worker_memory_mb.map(i128::from), i128::from(MOST_MEMORY_MB)),
    ];
    for (what, value, most) in figures {
        if let Some(value) = value.filter(|value| !(0..=most).contains(value)) {
            return Err(SettingsError::OutOfRange { what, value, most });
        }
    }
    Ok(())
}

fn text(path: &Path) -> Result<String, SettingsError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(source) => Err(SettingsError::Read { path: path.to_path_buf(), source }),
    }
}

fn settings(path: &Path, text: &str) -> Result<Settings, SettingsError> {
    let wrong = |error: toml::de::Error| wrong(path, text, error.span(), error.message());
    let settings: Settings = toml::from_str(text).map_err(wrong)?;
    for (key, engine) in [
        ("workers", EngineSettings { workers: settings.engine.workers, ..EngineSettings::default() }),
        ("nice", EngineSettings { nice: settings.engine.nice, ..EngineSettings::default() }),
        (
            "worker_memory_mb",
            EngineSettings {
                worker_memory_mb: settings.engine.worker_memory_mb,
                ..EngineSettings::default()
            },
        ),
    ] {
        within_bounds(&engine)
            .map_err(|error| self::wrong(path, text, span(text, key), &error.to_string()))?;
    }
    Ok(settings)
}

/// Where the value of a key of `[engine]` stands.
fn span(text: &str, key: &str) -> Option<Range<usize>> {
    toml_edit::Document::parse(text).ok()?.get("engine")?.get(key)?.span()
}

fn wrong(path: &Path, text: &str, span: Option<Range<usize>>, message: &str) -> SettingsError {
    let before = span.and_then(|span| text.get(..span.start));
    let (line, column) = before.map_or((0, 0), |before| {
        let line = before.matches('\n').count() + 1;
        (line, before.rsplit('\n').next().unwrap_or(before).chars().count() + 1)
    });
    SettingsError::Wrong {
        file: path.to_path_buf(),
        line,
        column,
        message: message.trim_end().replace('\n', ", "),
    }
}

fn edited(path: &Path, old: &str, settings: &Settings) -> Result<String, SettingsError> {
    let fault = |error: &dyn std::fmt::Display| wrong(path, old, None, &error.to_string());
    let mut document: DocumentMut = old.parse().map_err(|error: toml_edit::TomlError| fault(&error))?;
    let wanted = toml_edit::ser::to_document(settings).map_err(|error| fault(&error))?;
    let defaults = toml_edit::ser::to_document(&Settings::default()).map_err(|error| fault(&error))?;
    for (section, values) in wanted.iter() {
        let Some(values) = values.as_table_like() else { continue };
        let default = |key: &str| defaults.get(section).and_then(|section| section.get(key));
        let there = document.get(section).is_some();
        let differs = values.iter().any(|(key, value)| !same(Some(value), default(key)));
        if there || differs {
            let table = document.entry(section).or_insert_with(|| Item::Table(Table::new()));
            if let Some(table) = table.as_table_like_mut() {
                update(table, values, &default);
            }
        }
    }
    Ok(document.to_string())
}

/// Brings a section of the file to what is wanted. What is absent from `wanted` has no value.
fn update<'a>(table: &mut dyn TableLike, wanted: &dyn TableLike, default: &dyn Fn(&str) -> Option<&'a Item>) {
    let gone: Vec<String> = table.iter().map(|(key, _)| key.to_owned()).collect();
    for key in gone.iter().filter(|key| !wanted.contains_key(key)) {
        table.remove(key);
    }
    for (key, item) in wanted.iter() {
        let Some(value) = item.as_value() else { continue };
        match table.get_mut(key) {
            Some(there) if same(Some(there), Some(item)) => {}
            Some(there) => {
                let mut value = value.clone();
                if let Some(old) = there.as_value() {
                    *value.decor_mut() = old.decor().clone();
                }
                *there = Item::Value(value);
            }
            None if same(Some(item), default(key)) => {}
            None => {
                let mut value = value.clone();
                value.decor_mut().clear();
                table.insert(key, Item::Value(value));
            }
        }
    }
}

/// Whether two values mean the same, however they are spelt.
fn same(one: Option<&Item>, other: Option<&Item>) -> bool {
    match (one.and_then(Item::as_value), other.and_then(Item::as_value)) {
        (Some(one), Some(other)) => same_value(one, other),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

fn same_value(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::String(one), Value::String(other)) => one.value() == other.value(),
        (Value::Integer(one), Value::Integer(other)) => one.value() == other.value(),
        (Value::Boolean(one), Value::Boolean(other)) => one.value() == other.value(),
        (Value::Float(one), Value::Float(other)) => one.value().to_bits() == other.value().to_bits(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same_value(one, other))
        }
        _ => false,
    }
}
