//! Many files.

use super::site::Site;
use crate::watch::{ArrivalQuery, ArrivalState};

#[test]
fn ten_thousand_are_all_found_once_and_left_alone_when_nothing_changed() {
    let site = Site::new();
    for n in 0..10_000 {
        std::fs::write(site.root.join(format!("{n:05}.mov")), "PARTIAL").unwrap();
    }
    let mut shift = site.watch();
    shift.turn();
    shift.turn();
    shift.turn();
    assert!(site.view().counts.waiting > 0, "the first are shown before the last are found");
    shift.settle();
    assert_eq!(site.view().counts.waiting, 10_000);
    let page = site
        .engine
        .arrivals(&ArrivalQuery { text: "0999".into(), limit: 5, offset: 3, ..ArrivalQuery::default() })
        .unwrap();
    assert_eq!((page.total, page.rows.len()), (11, 5));
    let sql = crate::db::open(&site.engine.config().data_dir).unwrap();
    sql.execute("UPDATE arrival SET stage = NULL, next_look_ms = NULL, soon = 0, state = 'skipped'", [])
        .unwrap();
    let changes = || -> i64 {
        sql.query_row("SELECT value FROM revision WHERE name = 'watches'", [], |row| row.get(0)).unwrap()
    };
    let before = changes();
    site.engine.scan_watch(site.id).unwrap();
    shift.settle();
    assert!(changes() - before < 10, "{} writes for nothing", changes() - before);
    assert_eq!(site.arrivals().iter().filter(|row| row.state == ArrivalState::Skipped).count(), 10_000);
}
