//! What searching 100 000 jobs and showing a full queue page take. Prints; fails only when it is absurd:
//! `cargo test -p spillway-engine speed -- --ignored --nocapture`

use std::time::{Duration, Instant};

use super::{
    population::{Dice, running, settle},
    stage::Stage,
};
use crate::{
    Engine,
    db::{self, Tx},
    history::HistoryQuery,
    model::JobState,
};

const JOBS: usize = 100_000;

fn time(what: &str, mut work: impl FnMut()) {
    let mut times: Vec<Duration> = (0..9)
        .map(|_| {
            let begin = Instant::now();
            work();
            begin.elapsed()
        })
        .collect();
    times.sort_unstable();
    let [best, middle, worst] = [times[0], times[4], times[8]].map(millis);
    println!("{what:<28} best {best:>7.1} ms, median {middle:>7.1} ms, worst {worst:>7.1} ms");
    assert!(times[4] < Duration::from_secs(1), "{what}");
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

fn ask(engine: &Engine, what: &str, query: &HistoryQuery) {
    let mut jobs = 0;
    time(what, || jobs = engine.history(query).unwrap().totals.jobs);
    assert!(jobs > 0 || what.contains("nowhere"), "{what}");
}

#[test]
#[ignore = "takes a minute or two, and its figures belong to the machine"]
fn history_and_queue_page() {
    let stage = Stage::new();
    let engine = stage.engine();
    let mut connection = db::open(&stage.path("data")).unwrap();
    let mut tx = Tx::begin(&mut connection, 1_700_000_000_000).unwrap();
    let mut dice = Dice(1);
    for n in 0..JOBS {
        settle(&mut tx, &mut dice, n);
    }
    tx.commit().unwrap();
    let page = HistoryQuery { limit: 100, ..HistoryQuery::default() };
    let words = |text: &str| HistoryQuery { text: text.into(), ..page.clone() };
    ask(&engine, "everything, first page", &page);
    let last = u32::try_from(JOBS).unwrap() - 100;
    ask(&engine, "everything, last page", &HistoryQuery { offset: last, ..page.clone() });
    ask(&engine, "everything, middle page", &HistoryQuery { offset: last / 2, ..page.clone() });
    ask(&engine, "rare word", &words("_077777"));
    ask(&engine, "frequent word", &words("river"));
    ask(&engine, "word in every row", &words("mov"));
    ask(&engine, "short Chinese word", &words("北"));
    ask(&engine, "umlaut, other case", &words("übersicht"));
    ask(&engine, "three words", &words("river summer mov"));
    ask(&engine, "word that is nowhere", &words("nowhere"));
    let filters = HistoryQuery {
        states: vec![JobState::Failed, JobState::Cancelled],
        partners: vec!["ZDF".into(), "YouTube".into()],
        ..page.clone()
    };
    ask(&engine, "two filters", &filters);
    ask(&engine, "a span of time", &HistoryQuery { from_ms: Some(1_702_000_000_000), ..page.clone() });
    ask(&engine, "two filters and a word", &HistoryQuery { text: "river".into(), ..filters });
    time("CSV of two words", || {
        let written = engine.history_csv(&words("river summer"), &mut std::io::sink()).unwrap();
        assert!(written > 0);
    });
    let stage = Stage::new();
    let engine = stage.engine();
    let mut connection = db::open(&stage.path("data")).unwrap();
    let tx = Tx::begin(&mut connection, 1_700_000_000_000).unwrap();
    for n in 0..1_050 {
        running(&tx, n, if n < 50 { 200 } else { 0 });
    }
    tx.commit().unwrap();
    time("snapshot, 1 050 jobs", || assert_eq!(engine.snapshot().unwrap().jobs.len(), 1_050));
    let (last, first) =
        (engine.snapshot().unwrap().jobs[1_049].job.id, engine.snapshot().unwrap().jobs[0].job.id);
    time("move one job to the front", || engine.move_jobs(&[last], Some(first)).unwrap());
}
