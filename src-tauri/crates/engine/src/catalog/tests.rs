use std::{fs, path::Path};

use super::*;

const OWN: &str = r#"# Our house's own
id = "house" # short
version = 1
partner = "House"
title = "House"
[[output]]
id = "main"
name = "{title}" # as it is called
container = "mp4"
[output.video]
codec = "h264"
pixel_format = "yuv420p"
rate = { mode = "crf", crf = 20 }
"#;

fn named(id: &str) -> String {
    OWN.replace("\"house\"", &format!("\"{id}\""))
}

fn data_dir_with(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("profiles")).unwrap();
    for (name, content) in files {
        fs::write(folder.path().join("profiles").join(name), content).unwrap();
    }
    folder
}

fn names(data_dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(data_dir.join("profiles")).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn card(data_dir: &Path, id: &str) -> ProfileCard {
    let mut cards = cards(data_dir).unwrap();
    cards.retain(|card| card.id == id);
    assert_eq!(cards.len(), 1, "{id} is there exactly once");
    cards.remove(0)
}

#[test]
fn own_profiles_are_found_by_id_and_take_the_place_of_shipped_ones() {
    let folder =
        data_dir_with(&[("a.toml", OWN), ("b.toml", &named("youtube")), ("note.txt", "not a profile")]);
    let data_dir = folder.path();
    assert_eq!(find(data_dir, "house").unwrap().profile.partner, "House");
    assert_eq!(find(data_dir, "youtube").unwrap().profile.partner, "House");
    assert_eq!(card(data_dir, "house").origin, ProfileOrigin::Own);
    assert_eq!(card(data_dir, "youtube").origin, ProfileOrigin::Changed);
    assert_eq!(card(data_dir, "web-mp4").origin, ProfileOrigin::Shipped);
    let page = page(data_dir, "youtube").unwrap();
    assert_eq!(page.text, named("youtube"));
    assert_ne!(page.shipped_text.unwrap(), page.text);
}

#[test]
fn cards_come_by_partner_then_id_and_each_id_once() {
    let folder = data_dir_with(&[
        ("house.toml", "id = 3"),
        ("a.toml", OWN),
        ("web-mp4.toml", "broken"),
        ("b.toml", &named("youtube")),
        ("c.toml", &named("youtube")),
    ]);
    let cards = cards(folder.path()).unwrap();
    let keys: Vec<_> = cards.iter().map(|card| (card.partner.to_lowercase(), card.id.clone())).collect();
    assert!(keys.is_sorted(), "{keys:?}");
    let ids: std::collections::BTreeSet<_> = cards.iter().map(|card| &card.id).collect();
    assert_eq!(ids.len(), cards.len(), "{ids:?}");
    let broken: Vec<&str> =
        cards.iter().filter(|card| !card.problems.is_empty()).map(|card| card.id.as_str()).collect();
    assert_eq!(broken, ["house.toml", "web-mp4", "b", "c"]);
}

#[test]
fn a_broken_file_spoils_only_its_own_name() {
    let folder = data_dir_with(&[("house.toml", OWN), ("broken.toml", "id = 3\n")]);
    assert!(find(folder.path(), "house").is_ok());
    let error = find(folder.path(), "broken").unwrap_err().to_string();
    assert!(error.contains("broken.toml:1:"), "{error}");
    let page = page(folder.path(), "broken").unwrap();
    assert_eq!((page.text.as_str(), page.profile, page.card.version), ("id = 3\n", None, 0));
}

#[test]
fn a_changed_profile_that_is_broken_is_not_delivered_as_shipped() {
    let folder = data_dir_with(&[("youtube.toml", "id = \"youtube\"\n")]);
    assert!(matches!(find(folder.path(), "youtube"), Err(CatalogError::Unsound(_))));
    assert_eq!(card(folder.path(), "youtube").origin, ProfileOrigin::Changed);
    remove(folder.path(), "youtube").unwrap();
    assert_eq!(find(folder.path(), "youtube").unwrap().file, None);
}

#[test]
fn of_two_files_with_one_id_none_is_used() {
    let folder = data_dir_with(&[("x.toml", OWN), ("y.toml", OWN)]);
    let error = find(folder.path(), "house").unwrap_err().to_string();
    assert!(error.contains("x.toml:1:1: y.toml has the id \"house\", too; give one"), "{error}");
    assert_eq!(card(folder.path(), "y").problems.len(), 1);
    remove(folder.path(), "y").unwrap();
    assert!(find(folder.path(), "house").is_ok());
}

#[test]
fn a_slip_of_the_finger_gets_a_proposal_from_all_there_are() {
    let folder = data_dir_with(&[("a.toml", OWN)]);
    for (slip, meant) in [("youtub", "\"youtube\""), ("hause", "\"house\"")] {
        let Err(CatalogError::NoSuchProfile { suggestion, .. }) = find(folder.path(), slip) else {
            unreachable!("there is no such profile")
        };
        assert!(suggestion.unwrap().contains(meant));
    }
}

#[test]
fn files_that_are_no_text_are_broken_and_not_read_to_the_end() {
    let folder = data_dir_with(&[]);
    let profiles = folder.path().join("profiles");
    fs::write(profiles.join("bytes.toml"), b"\xff\xfe").unwrap();
    fs::write(profiles.join("long.toml"), vec![b' '; (1 << 20) + 1]).unwrap();
    fs::create_dir(profiles.join("folder.toml")).unwrap();
    for (id, word) in [("bytes", "not UTF-8"), ("long", "too large"), ("folder", "cannot be read")] {
        let card = card(folder.path(), id);
        assert!(card.problems[0].message.contains(word), "{:?}", card.problems);
    }
    assert!(matches!(find(folder.path(), "gone.toml"), Err(CatalogError::NoSuchFile(_))));
}

#[test]
fn a_check_tells_places_or_gives_the_profile() {
    assert_eq!(check(OWN).profile.unwrap().id, "house");
    let problems = check(&OWN.replace("version", "versoin")).problems;
    assert_eq!((problems[1].line, problems[1].column), (3, 1), "{problems:?}");
}

#[test]
fn saving_makes_a_file_named_after_the_id() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(save(folder.path(), OWN, None).unwrap(), "house");
    assert_eq!(names(folder.path()), ["house.toml"]);
    let newer = OWN.replace("version = 1", "version = 2");
    assert!(matches!(save(folder.path(), &newer, None), Err(CatalogError::Taken { .. })));
    assert_eq!(page(folder.path(), "house").unwrap().text, OWN);
    save(folder.path(), &newer, Some("house")).unwrap();
    assert_eq!(page(folder.path(), "house").unwrap().text, newer);
    assert!(matches!(save(folder.path(), "id = 1", Some("house")), Err(CatalogError::Unsound(_))));
    assert_eq!(page(folder.path(), "house").unwrap().text, newer);
    assert_eq!(names(folder.path()), ["house.toml"]);
}

#[test]
fn another_id_renames_and_never_onto_another() {
    let folder = data_dir_with(&[("mine.toml", OWN), ("other.toml", &named("other"))]);
    save(folder.path(), &OWN.replace("version = 1", "version = 2"), Some("house")).unwrap();
    assert_eq!(names(folder.path()), ["mine.toml", "other.toml"], "its owner chose the name");
    let taken = save(folder.path(), &named("other"), Some("house"));
    assert!(matches!(taken, Err(CatalogError::Taken { .. })));
    assert_eq!(save(folder.path(), &named("villa"), Some("house")).unwrap(), "villa");
    assert_eq!(names(folder.path()), ["other.toml", "villa.toml"]);
}

#[test]
fn a_shipped_profile_is_overlaid_or_stays_beside() {
    let folder = tempfile::tempdir().unwrap();
    let text = page(folder.path(), "youtube").unwrap().text;
    save(folder.path(), &format!("{text}\n# changed\n"), Some("youtube")).unwrap();
    assert_eq!(card(folder.path(), "youtube").origin, ProfileOrigin::Changed);
    save(folder.path(), &named("house"), Some("web-mp4")).unwrap();
    assert_eq!(card(folder.path(), "web-mp4").origin, ProfileOrigin::Shipped);
    assert!(matches!(remove(folder.path(), "web-mp4"), Err(CatalogError::Shipped(_))));
    remove(folder.path(), "youtube").unwrap();
    assert_eq!(page(folder.path(), "youtube").unwrap().text, text);
}

#[test]
fn a_mended_file_goes_on_under_its_id() {
    let folder = data_dir_with(&[("draft.toml", "id = ")]);
    save(folder.path(), OWN, Some("draft")).unwrap();
    assert_eq!(names(folder.path()), ["house.toml"]);
}

#[test]
fn copies_keep_every_comment_and_get_ids_of_their_own() {
    let folder = data_dir_with(&[("house.toml", OWN)]);
    let ids: Vec<String> = (0..3).map(|_| duplicate(folder.path(), "house").unwrap()).collect();
    assert_eq!(ids, ["house-copy", "house-copy-2", "house-copy-3"]);
    let text = page(folder.path(), "house-copy").unwrap().text;
    let expected = named("house-copy").replace("title = \"House\"", "title = \"House (copy)\"");
    assert_eq!(text, expected);
    let long = "x".repeat(64);
    save(folder.path(), &named(&long), None).unwrap();
    assert_eq!(duplicate(folder.path(), &long).unwrap().len(), 64);
    assert!(duplicate(folder.path(), "gone").is_err());
}

#[test]
fn every_shipped_profile_can_be_copied() {
    let folder = tempfile::tempdir().unwrap();
    for shipped in spillway_profile::shipped() {
        let copy = page(folder.path(), &duplicate(folder.path(), shipped.id).unwrap()).unwrap();
        let differing = copy.text.lines().zip(shipped.text.lines()).filter(|(one, other)| one != other);
        assert_eq!(differing.count(), 2, "{}: id and title", shipped.id);
        assert_eq!(copy.text.lines().count(), shipped.text.lines().count(), "{}", shipped.id);
    }
}

#[test]
fn what_is_exported_can_be_imported() {
    let (from, to) = (data_dir_with(&[("house.toml", OWN)]), tempfile::tempdir().unwrap());
    let file = to.path().join("sent.toml");
    export(from.path(), "house", &file).unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), OWN);
    assert_eq!(import(to.path(), &file).unwrap(), "house");
    assert_eq!(import(to.path(), &file).unwrap(), "house", "the same again is fine");
    fs::write(&file, OWN.replace("version = 1", "version = 2")).unwrap();
    assert!(matches!(import(to.path(), &file), Err(CatalogError::Taken { .. })));
    fs::write(&file, "id = 3").unwrap();
    assert!(matches!(import(to.path(), &file), Err(CatalogError::Unsound(_))));
    assert_eq!(page(to.path(), "house").unwrap().text, OWN);
    assert_eq!(names(to.path()), ["house.toml"]);
}
