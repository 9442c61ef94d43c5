//! What the window must be able to say in every language.

use std::{collections::BTreeMap, path::Path};

use serde_json::{Value, json};
use spillway_cloud::{job::UNSUPPORTED_IDS, setup::SETUP_STEPS};

use crate::{
    conform::RULE_IDS,
    doctor::DOCTOR_CHECKS,
    failure::{Code, Failure},
    plan::FINDING_IDS,
    route::ROUTE_IDS,
};

/// Kinds of checks that a profile's own rules may be, from the schema of profiles.
fn check_kinds() -> Vec<String> {
    let schema = spillway_profile::json_schema();
    let kinds = schema["$defs"]["Check"]["oneOf"].as_array().unwrap().iter();
    kinds.map(|kind| kind["properties"]["kind"]["const"].as_str().unwrap().to_owned()).collect()
}

/// All codes of failures, from what is expected where none of them stands.
fn codes() -> Vec<Code> {
    let expected = serde_json::from_value::<Code>(json!("")).unwrap_err().to_string();
    let names = expected.split('`').skip(3).step_by(2);
    names.map(|name| serde_json::from_value(json!(name)).unwrap()).collect()
}

/// What each failure advises: the window says it without commands to type.
fn advice() -> BTreeMap<String, Value> {
    let advice = codes().into_iter().map(|code| {
        let failure = Failure::new(code, Path::new("a.mov"), "");
        (code.to_string(), json!({ "next": failure.next, "otherwise": failure.otherwise }))
    });
    advice.collect()
}

#[test]
fn the_window_knows_every_name_that_the_engine_uses() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../ui/src/i18n/engine-ids.json");
    let named =
        |ids: &[(&'static str, &'static [&'static str])]| ids.iter().copied().collect::<BTreeMap<_, _>>();
    let kinds = check_kinds();
    assert!(kinds.iter().any(|kind| kind == "moov-first"), "{kinds:?}");
    let advice = advice();
    assert!(advice.contains_key("SRC-03") && advice.contains_key("APP-03"), "{advice:?}");
    let ids = json!({
        "findings": named(FINDING_IDS), "rules": RULE_IDS, "checks": kinds, "doctor": DOCTOR_CHECKS,
        "failures": advice, "routes": named(ROUTE_IDS), "unsupported": named(UNSUPPORTED_IDS), "setup": SETUP_STEPS,
    });
    let fresh = format!("{ids:#}\n");
    if std::env::var_os("UPDATE_IDS").is_some() {
        std::fs::write(&path, &fresh).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == fresh, "ui/src/i18n/engine-ids.json is stale: run with UPDATE_IDS=1");
}
