use proptest::prelude::*;

use super::*;

fn parts(title: &str) -> NameParts<'_> {
    NameParts {
        title,
        profile: "web-mp4",
        partner: "Häuser & Söhne",
        output: "main",
        date: "2026-11-22",
        job: "k3f9",
    }
}

fn strict() -> Delivery {
    Delivery {
        ascii_only: true,
        allowed_characters: Some("_".to_owned()),
        max_name_bytes: 40,
        ..Delivery::default()
    }
}

#[track_caller]
fn check(template: &str, title: &str, delivery: &Delivery, expected: &str) {
    assert_eq!(resolve(template, &parts(title), delivery, "mp4").unwrap(), expected);
}

#[test]
fn tokens_are_filled() {
    let name = "{title}_{profile}_{output}_{date}_{job}";
    check(name, "My film", &Delivery::default(), "My film_web-mp4_main_2026-11-22_k3f9.mp4");
    check("{title} {{final}}", "a", &Delivery::default(), "a {final}.mp4");
}

#[test]
fn unsafe_characters_go() {
    let any = Delivery::default();
    check("{title}", "../../etc/passwd", &any, "_.._etc_passwd.mp4");
    check("{title}", "-rf: a\nb\0c?", &any, "rf_ a_b_c_.mp4");
    check("{title}", " .hidden. ", &any, "hidden.mp4");
    check("{title}", "gpj\u{202e}4pm", &any, "gpj4pm.mp4");
    check("{title}", "...", &any, "untitled.mp4");
    check("{title}", "", &any, "untitled.mp4");
    check("{title}", "纪录片 第一集", &any, "纪录片 第一集.mp4");
}

#[test]
fn device_names_are_defused() {
    let any = Delivery::default();
    check("{title}", "con", &any, "con_.mp4");
    check("{title}", "Nul.part1", &any, "Nul_.part1.mp4");
    check("{title}", "COM7 ", &any, "COM7_.mp4");
    check("{title}", "console", &any, "console.mp4");
}

#[test]
fn partner_rules() {
    check("{title}", "Žižkov: Łódź – Straße №7", &strict(), "Zizkov_Lodz_Strasse_No7.mp4");
    check("{title}", "v1.2 final", &strict(), "v1_2_final.mp4");
    check("{title}", "第一集", &strict(), "_.mp4");
    let none = Delivery { allowed_characters: Some(String::new()), ..strict() };
    check("{title}", "ISCI 1234-H", &none, "ISCI1234H.mp4");
}

#[test]
fn accents_typed_in_two_ways_give_one_name() {
    let any = Delivery::default();
    let composed = resolve("{title}", &parts("é"), &any, "mp4");
    assert_eq!(resolve("{title}", &parts("e\u{301}"), &any, "mp4"), composed);
}

#[test]
fn the_title_is_shortened_not_the_suffix() {
    let long = "ü".repeat(300);
    let name = resolve("{title}_youtube", &parts(&long), &Delivery::default(), "mp4").unwrap();
    assert!(name.len() <= 255 && name.len() > 250 && name.ends_with("ü_youtube.mp4"), "{name}");
    check("{title}_main", &"word ".repeat(40), &strict(), "word_word_word_word_word_word_w_main.mp4");
}

#[test]
fn a_template_that_can_never_fit_is_an_error() {
    let delivery = Delivery { max_name_bytes: 8, ..Delivery::default() };
    let result = resolve("{title}_long_suffix", &parts("a"), &delivery, "mp4");
    assert_eq!(result, Err(NameError::TooLong { needed: 16, limit: 8 }));
}

#[test]
fn folders() {
    let delivery = Delivery { folder: "{partner}/{date}".to_owned(), ..Delivery::default() };
    assert_eq!(resolve_folder(&parts("a/b"), &delivery).unwrap(), ["Häuser & Söhne", "2026-11-22"]);
    assert_eq!(resolve_folder(&parts("a"), &Delivery::default()).unwrap(), Vec::<String>::new());
}

#[test]
fn collisions_ignore_case_and_composition() {
    assert_eq!(collision_key("STRASSE.MP4"), collision_key("Straße.mp4"));
    assert_eq!(collision_key("STRAẞE.MP4"), collision_key("Straße.mp4"));
    assert_eq!(collision_key("Caf\u{e9}"), collision_key("cafe\u{301}"));
    assert_ne!(collision_key("a.mp4"), collision_key("b.mp4"));
}

#[test]
fn numbers_go_before_the_extension() {
    let any = Delivery::default();
    assert_eq!(numbered("film.mp4", 2, &any), "film_2.mp4");
    assert_eq!(numbered("film v1.2", 3, &any), "film v1.2_3");
    let long = format!("{}.mp4", "x".repeat(251));
    assert_eq!(numbered(&long, 12, &any).len(), 255);
}

fn is_valid(name: &str, delivery: &Delivery) -> bool {
    let stem = name.strip_suffix(".mp4").unwrap_or_default();
    !stem.is_empty()
        && name.len() <= delivery.max_name_bytes
        && !stem.starts_with(['-', '.', ' '])
        && !stem.ends_with(['.', ' '])
        && !name.chars().any(|c| c.is_control() || "<>:\"/\\|?*\u{202e}\u{2066}".contains(c))
        && (!delivery.ascii_only || name.is_ascii())
        && !["con", "nul", "aux", "prn", "com1", "lpt9"].contains(&stem.to_lowercase().as_str())
}

/// Titles with a bias to what breaks file names.
fn titles() -> impl Strategy<Value = String> {
    let nasty = "(con|NUL|com1)?[-. _/\\\\:*?\"<>|\u{0}\n\u{202e}\u{200d}\u{301}éßa中🎬]{0,90}(\\.con)?";
    prop_oneof![any::<String>(), nasty, "\\PC{0,400}"]
}

proptest! {
    #[test]
    fn any_title_gives_a_valid_name(title in titles(), limit in 16_usize..=255, strictly in any::<bool>()) {
        let base = if strictly { strict() } else { Delivery::default() };
        let delivery = Delivery { max_name_bytes: limit, ..base };
        let name = resolve("{title}_main", &parts(&title), &delivery, "mp4").unwrap();
        prop_assert!(is_valid(&name, &delivery), "{name:?}");
        prop_assert!(name.ends_with("_main.mp4"));
    }

    #[test]
    fn names_are_stable(title in titles(), strictly in any::<bool>()) {
        let delivery = if strictly { strict() } else { Delivery::default() };
        let once = resolve("{title}", &parts(&title), &delivery, "mp4").unwrap();
        prop_assert!(is_valid(&once, &delivery), "{once:?}");
        let stem = once.strip_suffix(".mp4").unwrap();
        prop_assert_eq!(&resolve("{title}", &parts(stem), &delivery, "mp4").unwrap(), &once);
        prop_assert_eq!(collision_key(&collision_key(&once)), collision_key(&once));
    }

    #[test]
    fn numbered_names_fit_and_differ(title in titles(), n in 2_u32..100_000) {
        let delivery = Delivery::default();
        let name = resolve("{title}", &parts(&title), &delivery, "mp4").unwrap();
        let second = numbered(&name, n, &delivery);
        prop_assert!(is_valid(&second, &delivery), "{second:?}");
        prop_assert_ne!(collision_key(&second), collision_key(&name));
    }

    #[test]
    fn any_template_is_judged_without_panic(template in "[a-z{}]{0,20}") {
        let _ = resolve(&template, &parts("t"), &Delivery::default(), "mp4");
    }
}
