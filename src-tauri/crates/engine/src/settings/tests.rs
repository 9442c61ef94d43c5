use std::{ffi::OsString, fs, path::PathBuf};

use proptest::prelude::*;

use super::*;
use crate::Config;

fn folder_with(file: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("config.toml"), file).unwrap();
    folder
}

fn text(folder: &tempfile::TempDir) -> String {
    fs::read_to_string(folder.path().join("config.toml")).unwrap()
}

fn variables<'a>(given: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<OsString> + 'a {
    move |name| given.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
}

fn config_with(
    file: &str,
    workers: Option<u32>,
    given: &[(&str, &str)],
) -> (tempfile::TempDir, Result<Config, SettingsError>) {
    let folder = folder_with(file);
    let config = load(folder.path()).and_then(|settings| {
        let worker = vec!["worker".into()];
        config(folder.path(), &settings, workers, &variables(given), "/bin/spillway".into(), worker)
    });
    (folder, config)
}

#[test]
fn option_before_environment_before_file() {
    let file = "[engine]\nworkers = 2\nnice = 5\n";
    let workers = |option, given: &[_]| config_with(file, option, given).1.unwrap().workers;
    assert_eq!(workers(None, &[]), 2);
    assert_eq!(workers(None, &[("SPILLWAY_WORKERS", "3")]), 3);
    assert_eq!(workers(Some(4), &[("SPILLWAY_WORKERS", "3")]), 4);
    assert_eq!(workers(None, &[("SPILLWAY_WORKERS", "")]), 2, "empty is not set");
}

#[test]
fn the_cloud_is_set_in_the_file_and_by_the_environment() {
    let file = "[cloud]\nregion = \"eu-central-1\"\nprofile = \"studio\"\n";
    let given = [
        ("SPILLWAY_CLOUD_REGION", "us-west-2"),
        ("SPILLWAY_CLOUD_S3_ENDPOINT", "http://127.0.0.1:9000"),
        ("SPILLWAY_CLOUD_PROFILE", ""),
    ];
    let cloud = config_with(file, None, &given).1.unwrap().cloud;
    let expected = CloudSettings {
        region: Some("us-west-2".into()),
        profile: Some("studio".into()),
        s3_endpoint: Some("http://127.0.0.1:9000".into()),
        ..CloudSettings::default()
    };
    assert_eq!(cloud, expected);
    assert!(config_with("[cloud]\nregoin = \"x\"\n", None, &[]).1.is_err());
}

#[test]
fn a_work_folder_in_the_file_counts_from_the_file() {
    let (folder, config) = config_with("[engine]\nwork_dir = \"scratch\"\nworker_memory_mb = 2\n", None, &[]);
    let config = config.unwrap();
    assert_eq!(config.work_dir, folder.path().join("scratch"));
    assert_eq!(config.worker_memory_bytes, 2 << 20);
}

#[test]
fn mistakes_in_the_file_are_told_with_their_place() {
    for (file, place) in [
        ("[engine]\nworkers = 2\n  wrokers = 3\n", ":3:3: unknown field `wrokers`"),
        ("[engine]\n\nnice = 20\n", ":3:8: The nice value 20 is not within 0 to 19."),
        ("engine = { workers = 1025 }\n", ":1:22: The number of workers 1025 is not within 0 to 1024."),
        ("[desktop]\nlanguage = \"de\"\n", ":2:12: "),
        ("[engine\n", ":1:8: "),
    ] {
        let folder = folder_with(file);
        let error = load(folder.path()).unwrap_err().to_string();
        assert!(error.contains(&format!("config.toml{place}")), "{error}");
        assert!(save(folder.path(), &Settings::default()).is_err(), "a wrong file is never replaced");
        assert_eq!(text(&folder), file);
    }
}

#[test]
fn values_out_of_range_are_named() {
    for (name, value) in [("SPILLWAY_NICE", "20"), ("SPILLWAY_WORKERS", "many"), ("SPILLWAY_WORKERS", "2000")]
    {
        let error = config_with("", None, &[(name, value)]).1.unwrap_err().to_string();
        assert!(error.contains(value), "{error}");
    }
}

#[test]
fn a_fault_point_counts_from_the_first_pass() {
    let fault = |value| config_with("", None, &[("SPILLWAY_FAULT", value)]).1.map(|config| config.fault);
    let fault_at = |value| fault(value).unwrap().unwrap();
    assert_eq!((fault_at("claim").point.as_str(), fault_at("claim").pass), ("claim", 1));
    assert_eq!(fault_at("deliver.renamed:3").pass, 3);
    assert!(fault("claim:x").is_err());
}

#[test]
fn what_the_owner_wrote_stays_and_only_differences_are_written() {
    let before = "\
# Machine room
[engine]
nice   = 5      # the others want to work, too
workers = 0x2

# Only at night
[desktop]
keep_awake = true
";
    let folder = folder_with(before);
    let mut settings = load(folder.path()).unwrap();
    settings.engine.nice = Some(7);
    settings.desktop.notify_failed = false;
    save(folder.path(), &settings).unwrap();
    let after = before.replace("= 5 ", "= 7 ") + "notify_failed = false\n";
    assert_eq!(text(&folder), after);
    settings.engine.workers = None;
    settings.engine.nice = None;
    settings.desktop = DesktopSettings::default();
    save(folder.path(), &settings).unwrap();
    let text = text(&folder);
    assert!(!text.contains("workers") && !text.contains("nice"), "{text}");
    assert!(text.contains("notify_failed = true") && text.contains("# Only at night"), "{text}");
}

#[test]
fn defaults_make_no_file_and_no_section() {
    let folder = tempfile::tempdir().unwrap();
    save(folder.path(), &Settings::default()).unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let desktop = DesktopSettings { language: Language::SimplifiedChinese, ..DesktopSettings::default() };
    save(folder.path(), &Settings { desktop, ..Settings::default() }).unwrap();
    assert_eq!(text(&folder), "[desktop]\nlanguage = \"zh-CN\"\n");
}

#[test]
fn a_work_folder_that_cannot_be_written_is_not_saved() {
    let folder = folder_with("");
    fs::write(folder.path().join("file"), "").unwrap();
    let with = |work_dir: &str| {
        let engine = EngineSettings { work_dir: Some(work_dir.into()), ..EngineSettings::default() };
        Settings { engine, ..Settings::default() }
    };
    let error = save(folder.path(), &with("file/work")).unwrap_err();
    assert!(matches!(error, SettingsError::WorkDir { .. }), "{error}");
    assert_eq!(text(&folder), "");
    save(folder.path(), &with("new/work")).unwrap();
    assert!(folder.path().join("new/work").is_dir());
    // Away for a while, but not what is being changed.
    fs::remove_dir_all(folder.path().join("new")).unwrap();
    fs::write(folder.path().join("new"), "").unwrap();
    let mut settings = with("new/work");
    settings.desktop.stay_in_tray = true;
    save(folder.path(), &settings).unwrap();
    assert_eq!(load(folder.path()).unwrap(), settings);
}

#[test]
fn the_page_says_what_holds_and_what_overrides() {
    let folder = folder_with("[engine]\nnice = 5\n");
    let given = [("SPILLWAY_NICE", "9"), ("SPILLWAY_WORK_DIR", "/fast"), ("SPILLWAY_WORKERS", "")];
    let page = page(folder.path(), &variables(&given)).unwrap();
    assert_eq!(page.settings.engine.nice, Some(5));
    assert_eq!((page.effective.nice, page.effective.work_dir), (9, PathBuf::from("/fast")));
    assert_eq!(page.effective.workers, page.cores);
    assert_eq!(page.overridden_by, ["SPILLWAY_NICE", "SPILLWAY_WORK_DIR"]);
}

fn any_settings() -> impl Strategy<Value = Settings> {
    let engine = (
        proptest::option::of(0..=1_024_u32),
        proptest::option::of(0..=19_i32),
        proptest::option::of(0..1_u64 << 40),
    );
    let language =
        prop_oneof![Just(Language::System), Just(Language::English), Just(Language::SimplifiedChinese)];
    let flags = any::<[bool; 6]>();
    let profiles = proptest::collection::vec("[a-z\"# -]{0,8}", 0..3);
    let text = || proptest::option::of("[^\0]{1,12}");
    (engine, language, flags, text(), profiles, [text(), text(), text(), text()]).prop_map(
        |((workers, nice, worker_memory_mb), language, flags, out_dir, profiles, cloud)| Settings {
            cloud: {
                let [region, profile, s3_endpoint, sqs_endpoint] = cloud;
                CloudSettings { region, profile, s3_endpoint, sqs_endpoint, ..CloudSettings::default() }
            },
            cost: CostSettings {
                machine_usd_per_hour: nice.map(|nice| f64::from(nice) / 8.0),
                ..CostSettings::default()
            },
            engine: EngineSettings { workers, nice, work_dir: None, worker_memory_mb },
            desktop: DesktopSettings {
                language,
                appearance: if flags[0] { Appearance::Dark } else { Appearance::System },
                contrast: if flags[1] { Contrast::High } else { Contrast::System },
                notify_delivered: flags[2],
                notify_failed: flags[3],
                stay_in_tray: flags[4],
                keep_awake: flags[5],
                out_dir: out_dir.map(PathBuf::from),
                profiles,
            },
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn what_is_saved_over_anything_is_what_is_loaded(first in any_settings(), second in any_settings()) {
        let folder = folder_with("# Mine\nengine = { workers = 3 }\n");
        for settings in [&first, &second] {
            save(folder.path(), settings).unwrap();
            prop_assert_eq!(&load(folder.path()).unwrap(), settings);
        }
        prop_assert!(text(&folder).starts_with("# Mine\n"));
    }
}
