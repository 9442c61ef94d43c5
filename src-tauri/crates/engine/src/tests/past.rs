//! History, receipts, reports.

use proptest::prelude::*;
use spillway_profile::naming::collision_key as folded;

use super::{
    population::{Dice, PARTNERS, Person, WORDS, settle},
    stage::{Stage, detail, profile, run, state},
};
use crate::{
    EngineError,
    db::{self, Tx},
    history::{HistoryQuery, HistorySort, HistoryTotals},
    model::JobState,
};

const STATES: [JobState; 5] =
    [JobState::Queued, JobState::Running, JobState::Delivered, JobState::Failed, JobState::Cancelled];

fn people(stage: &Stage, count: usize) -> Vec<Person> {
    let mut connection = db::open(&stage.path("data")).unwrap();
    let mut tx = Tx::begin(&mut connection, 1_000_000).unwrap();
    let mut dice = Dice(7);
    let people = (0..count).map(|n| settle(&mut tx, &mut dice, n)).collect();
    tx.commit().unwrap();
    people
}

fn naive<'a>(people: &'a [Person], query: &HistoryQuery) -> Vec<&'a Person> {
    let fits = |person: &&Person| {
        (query.states.is_empty() || query.states.contains(&person.state))
            && (query.partners.is_empty() || query.partners.contains(&person.partner))
            && query.from_ms.is_none_or(|from| person.created_ms >= from)
            && query.to_ms.is_none_or(|to| person.created_ms < to)
            && query.text.split_whitespace().all(|word| folded(&person.text).contains(&folded(word)))
    };
    let mut found: Vec<&Person> = people.iter().filter(fits).collect();
    if query.sort == HistorySort::Newest {
        found.reverse();
    }
    found
}

fn sums(found: &[&Person]) -> HistoryTotals {
    let count = |state| found.iter().filter(|person| person.state == state).count() as u64;
    HistoryTotals {
        jobs: found.len() as u64,
        delivered: count(JobState::Delivered),
        failed: count(JobState::Failed),
        cancelled: count(JobState::Cancelled),
        bytes: found.iter().map(|person| person.bytes).sum(),
        duration_ms: found.iter().map(|person| person.duration_ms).sum(),
        work_ms: found.iter().map(|person| person.work_ms).sum(),
        cost_microusd: 0,
    }
}

/// Pieces of words that occur, in any case, and some that do not.
fn text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        (0..WORDS.len(), 0_usize..3, 1_usize..6, any::<bool>()).prop_map(|(n, from, length, up)| {
            let piece: String = WORDS[n].chars().skip(from).take(length).collect();
            if up { piece.to_uppercase() } else { piece.to_lowercase() }
        }),
        "[0-9%_\\\\äß./-]{1,3}",
        Just("café".to_owned()),
        Just("zdf".to_owned()),
    ];
    prop::collection::vec(word, 0..3).prop_map(|words| words.join("  "))
}

fn query() -> impl Strategy<Value = HistoryQuery> {
    let states = prop::sample::subsequence(STATES.to_vec(), 0..3);
    let partners = prop::sample::subsequence(PARTNERS.to_vec(), 0..3);
    let time = || prop::option::of(1_000_000_i64..20_000_000);
    (text(), states, partners, time(), time(), any::<bool>(), 0_u32..400, 0_u32..60).prop_map(
        |(text, states, partners, from_ms, to_ms, newest, offset, limit)| HistoryQuery {
            text,
            states,
            partners: partners.into_iter().map(ToOwned::to_owned).collect(),
            from_ms,
            to_ms,
            sort: if newest { HistorySort::Newest } else { HistorySort::Oldest },
            offset,
            limit,
        },
    )
}

#[test]
fn every_query_finds_what_a_plain_filter_finds() {
    let stage = Stage::new();
    let engine = stage.engine();
    let people = people(&stage, 300);
    proptest!(ProptestConfig::with_cases(400), |(query in query())| {
        let page = engine.history(&query).unwrap();
        let found = naive(&people, &query);
        let wanted: Vec<_> = found.iter().skip(query.offset as usize).take(query.limit as usize).collect();
        prop_assert_eq!(page.rows.len(), wanted.len());
        for (row, person) in page.rows.iter().zip(wanted) {
            prop_assert_eq!(
                (row.id, row.state, row.bytes, row.duration_ms, row.created_ms, &row.partner),
                (person.id, person.state, person.bytes, person.duration_ms, person.created_ms, &person.partner)
            );
            prop_assert_eq!(row.error_what.is_some(), person.state == JobState::Failed);
        }
        prop_assert_eq!(page.totals, sums(&found));
        let mut table = Vec::new();
        prop_assert_eq!(engine.history_csv(&query, &mut table).unwrap(), found.len() as u64);
        let ids: Vec<String> =
            csv::Reader::from_reader(table.as_slice()).records().map(|row| row.unwrap()[0].to_owned()).collect();
        prop_assert_eq!(ids, found.iter().map(|person| person.id.to_string()).collect::<Vec<_>>());
    });
    let mut partners = PARTNERS.to_vec();
    partners.sort_unstable();
    assert_eq!(engine.history(&HistoryQuery::default()).unwrap().partners, partners);
}

#[test]
fn any_number_and_length_of_words_is_answered() {
    let stage = Stage::new();
    let engine = stage.engine();
    let id = stage.submit_one(&engine, "a.mov", profile());
    let found = |text: String| {
        let query = HistoryQuery { text, limit: 9, ..HistoryQuery::default() };
        engine.history(&query).unwrap().rows.iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(found((0..2_000).map(|n| ["a", "mov", ".", "/"][n % 4].to_owned() + " ").collect()), [id]);
    let many: Vec<String> = (0..2_000).map(|n| format!("n{n}")).collect();
    assert_eq!(found(many.join(" ")), []);
    assert_eq!(found("a".repeat(60_000)), []);
    assert_eq!(found("a.mov\0".into()), []);
}

#[test]
fn the_history_follows_every_change_of_a_job() {
    let stage = Stage::new();
    let engine = stage.engine();
    let id = stage.submit_one(&engine, "a.mov", profile());
    let query = HistoryQuery { text: "A_MASTER.mp4".into(), limit: 9, ..HistoryQuery::default() };
    assert_eq!(engine.history(&query).unwrap().rows[0].state, JobState::Queued);
    run(&engine);
    let page = engine.history(&query).unwrap();
    let job = detail(&engine, id).job;
    assert_eq!((page.rows[0].state, page.rows[0].outputs), (JobState::Delivered, 1));
    assert_eq!(page.totals.bytes, job.outputs[0].bytes);
    assert_eq!(page.rows[0].duration_ms, job.outputs[0].duration_ms);
    engine.remove(id).unwrap();
    let page = engine.history(&HistoryQuery { limit: 9, ..HistoryQuery::default() }).unwrap();
    assert_eq!((page.rows.len(), page.totals, page.partners.len()), (0, HistoryTotals::default(), 0));
}

#[test]
fn a_receipt_is_there_even_when_its_file_is_gone() {
    let stage = Stage::new();
    let engine = stage.engine();
    let id = stage.submit_one(&engine, "a.mov", profile());
    assert!(matches!(engine.receipt(id), Err(EngineError::NotPossible { state: JobState::Queued, .. })));
    run(&engine);
    let file = detail(&engine, id).job.receipt.unwrap();
    let written: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    std::fs::remove_file(file).unwrap();
    let receipt = engine.receipt(id).unwrap();
    assert_eq!((receipt.job, serde_json::to_value(&receipt).unwrap()), (id, written));
    let nobody = "00000000-0000-7000-8000-000000000009".parse().unwrap();
    assert!(matches!(engine.receipt(nobody), Err(EngineError::NoSuchJob(_))));
}

#[test]
fn a_report_tells_steps_tries_errors_and_events() {
    let stage = Stage::new();
    let engine = stage.engine();
    stage.script(|name, _, _| name.starts_with("measure").then(super::hands::crashes));
    let id = stage.submit_one(&engine, "a.mov", profile());
    run(&engine);
    assert_eq!(state(&engine, id), JobState::Failed);
    let parts = engine.step_parts(id).unwrap();
    assert!(!parts.is_empty() && parts.iter().all(|part| part.bytes > 0), "{parts:?}");
    let report = engine.report(id).unwrap();
    let failure = detail(&engine, id).job.error.unwrap();
    for wanted in [
        format!("spillway {}", env!("CARGO_PKG_VERSION")),
        id.to_string(),
        stage.path("in/a.mov").display().to_string(),
        format!("what      {}", failure.what),
        format!("why       {}", failure.why),
        format!("material  {}", failure.safe),
        format!("next      {}", failure.next),
        "segment 3 of 3".to_owned(),
        "try 3: ".to_owned(),
        "Submitted".to_owned(),
    ] {
        assert!(report.contains(&wanted), "{wanted} is not in\n{report}");
    }
}
