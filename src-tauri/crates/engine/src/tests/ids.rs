//! What the window must be able to say in every language.

use std::{collections::BTreeMap, path::Path};

use serde_json::{Value, json};

use crate::{conform::RULE_IDS, doctor::DOCTOR_CHECKS, plan::FINDING_IDS};

/// Kinds of checks that a profile's own rules may be, from the schema of profiles.
fn check_kinds() -> Vec<String> {
    let schema = spillway_profile::json_schema();
    let kinds = schema["$defs"]["Check"]["oneOf"].as_array().unwrap().iter();
    kinds.map(|kind| kind["properties"]["kind"]["const"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_window_knows_every_name_that_the_engine_uses() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../ui/src/i18n/engine-ids.json");
    let findings: BTreeMap<&str, &[&str]> = FINDING_IDS.iter().copied().collect();
    let kinds = check_kinds();
    assert!(kinds.iter().any(|kind| kind == "moov-first"), "{kinds:?}");
    let ids: Value =
        json!({ "findings": findings, "rules": RULE_IDS, "checks": kinds, "doctor": DOCTOR_CHECKS });
    let fresh = format!("{ids:#}\n");
    if std::env::var_os("UPDATE_IDS").is_some() {
        std::fs::write(&path, &fresh).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == fresh, "ui/src/i18n/engine-ids.json is stale: run with UPDATE_IDS=1");
}
