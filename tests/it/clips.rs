//! Real clips with known trouble, from the folder named by `SPILLWAY_MEDIA`; without it there is
//! nothing to do here. Playable ones are delivered frame-exact, hostile ones (in `hostile/`) are refused
//! or delivered whole, never half.

use std::path::{Path, PathBuf};

use crate::{
    kit::{Spillway, files_below, output},
    media::{picture_count, picture_times},
};

fn folder() -> Option<PathBuf> {
    std::env::var_os("SPILLWAY_MEDIA").map(PathBuf::from)
}

/// Largest difference of presentation time, first frames aligned, in ms.
fn time_difference(source: &Path, delivered: &Path) -> f64 {
    let (before, after) = (picture_times(source), picture_times(delivered));
    let pairs = before.iter().zip(&after);
    pairs.map(|(a, b)| ((a - before[0]) - (b - after[0])).abs() * 1000.0).fold(0.0, f64::max)
}

#[test]
fn playable_clips_are_frame_exact() {
    let Some(folder) = folder() else { return };
    let mut faults = Vec::new();
    for name in files_below(&folder).into_iter().filter(|n| !n.contains('/') && !n.ends_with(".tsv")) {
        let spillway = Spillway::new();
        let source = folder.join(&name);
        let frames = picture_count(&source);
        let said = spillway.deliver(&source, "web-mp4");
        let job = said.jobs().pop().unwrap_or_default();
        if frames == 0 {
            println!("{name} | - | refused {}", job["error"]["code"]);
            if said.code != Some(1) {
                faults.push(name);
            }
            continue;
        }
        if job["state"] != "delivered" {
            println!("{name} | {frames} | NOT DELIVERED {:#}", job["error"]);
            faults.push(name);
            continue;
        }
        let path = output(&job, 0);
        let (count, difference) = (picture_count(&path), time_difference(&source, &path));
        println!("{name} | {frames} | {count} | {difference:.3} ms");
        if count != frames {
            faults.push(name);
        }
    }
    assert!(faults.is_empty(), "{faults:?}");
}

#[test]
fn hostile_clips_are_refused_or_whole() {
    let Some(folder) = folder() else { return };
    for name in files_below(&folder.join("hostile")) {
        let spillway = Spillway::new();
        let source = folder.join("hostile").join(&name);
        let said = spillway.deliver(&source, "web-mp4");
        assert!(!said.stderr.contains("panicked"), "{name}: {}", said.stderr);
        let job = said.jobs().pop().unwrap_or_else(|| panic!("{name}: {}", said.stderr));
        let delivered = job["state"] == "delivered";
        println!("{name} | {} | {} | {}", job["state"], job["error"]["code"], job["error"]["why"]);
        if delivered {
            assert_eq!(picture_count(&source), picture_count(&output(&job, 0)), "{name}");
        } else {
            assert_eq!(spillway.delivered(), Vec::<String>::new(), "{name}");
        }
        assert_eq!(spillway.leftovers(), Vec::<String>::new(), "{name}");
    }
}
