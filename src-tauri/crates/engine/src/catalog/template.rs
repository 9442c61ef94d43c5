//! A profile from a job template of MediaConvert.

use std::path::Path;

use spillway_cloud::job::import;

use super::{CatalogError, ImportedTemplate, Unmapped, change, shelf};

/// Id where neither the caller nor the template names one.
const NAMELESS: &str = "imported";

/// Makes a profile of an exported job template, in the data folder; `id`: its name, else one is made of the
/// template's.
///
/// # Errors
/// When the file cannot be read or is no template, or the profile cannot be written or its id is taken.
pub fn import_template(
    data_dir: &Path,
    path: &Path,
    id: Option<&str>,
) -> Result<ImportedTemplate, CatalogError> {
    let text = shelf::text(path)?;
    let id = id.map_or_else(|| id_of(&text, path), str::to_owned);
    let not_one = |error| CatalogError::NoTemplate { path: path.to_path_buf(), why: error };
    let imported = import(&text, &id).map_err(not_one)?;
    let id = change::save(data_dir, &imported.toml, None)?;
    let unmapped = imported.unmapped.into_iter();
    let unmapped = unmapped.map(|one| Unmapped { path: one.path, value: one.value, why: one.why });
    Ok(ImportedTemplate { id, unmapped: unmapped.collect() })
}

/// The template's name, or the file's, as an id.
fn id_of(text: &str, path: &Path) -> String {
    let document: Option<serde_json::Value> = serde_json::from_str(text).ok();
    let named = document.as_ref().and_then(|document| {
        let name = document.get("Name").or_else(|| document.get("name"))?;
        name.as_str()
    });
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let words = named.unwrap_or(&stem).to_ascii_lowercase();
    let id: Vec<&str> =
        words.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    if id.is_empty() { NAMELESS.to_owned() } else { id.join("-") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_made_of_the_name() {
        let file = Path::new("/x/Partner Export (2).json");
        assert_eq!(id_of("{\"Name\": \"Roku_HD 1080p\"}", file), "roku-hd-1080p");
        assert_eq!(id_of("{}", file), "partner-export-2");
        assert_eq!(id_of("no json", Path::new("/x/\u{4e2d}.json")), NAMELESS);
    }
}
