//! JSON Schema of a profile: for editors (completion while typing), and for the parser's own messages.

use serde_json::Value;

use crate::Profile;

/// The schema of [`Profile`].
pub fn json_schema() -> Value {
    schemars::schema_for!(Profile).to_value()
}

/// The schema as it is committed in `profiles/profile.schema.json`.
pub fn json_schema_text() -> String {
    format!("{:#}\n", json_schema())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn committed_schema_is_current() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../profiles/profile.schema.json");
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            std::fs::write(file, json_schema_text()).unwrap();
        }
        let committed = std::fs::read_to_string(file).unwrap_or_default();
        assert!(
            committed == json_schema_text(),
            "profiles/profile.schema.json is out of date; run: UPDATE_SCHEMA=1 cargo test -p spillway-profile"
        );
    }
}
