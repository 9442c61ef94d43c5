//! The ledger, budgets, estimates and what is told of them, on a real database.

use std::collections::HashMap;

use proptest::prelude::*;
use rusqlite::Connection;
use spillway_cloud::{
    convert::RemoteOutput,
    job::{CompiledJob, CompiledOutput},
    price::{BilledOutput, PriceBook, Tier, Traffic},
};
use spillway_profile::{Budget, Profile};

use super::stage::{Stage, profile};
use crate::{
    Engine,
    cost::{
        BudgetOf, ChargeState, ChunkWork, CostBy, CostSpan, NewCharge, OverBudget, Purse, Quote, Resource,
        Unit, Volume,
    },
    db::{self, JobRow, Tx},
    model::{EventBody, JobId},
    plan::{self, ChunkPlan, CloudOutput, CloudPlan, JobPlan, Range, VideoPlan, sample},
    route::EngineKind,
    settings::CostSettings,
};

const NOW: i64 = 1_800_000_000_000;
const ALL: CostSpan = CostSpan { since_ms: None, until_ms: None };

struct Desk {
    stage: Stage,
    engine: Engine,
    connection: Connection,
    job: JobId,
}

impl Desk {
    fn with(profile: Profile) -> Self {
        let stage = Stage::new();
        let engine = stage.engine();
        let job = stage.submit_one(&engine, "a.mov", profile);
        let connection = db::open(&stage.path("data")).unwrap();
        Self { stage, engine, connection, job }
    }

    fn new() -> Self {
        Self::with(profile())
    }

    fn write<T>(&mut self, work: impl FnOnce(&Tx<'_>, &JobRow) -> T) -> T {
        let tx = Tx::begin(&mut self.connection, NOW).unwrap();
        let job = tx.job_by_id(self.job).unwrap();
        let result = work(&tx, &job);
        tx.commit().unwrap();
        result
    }

    /// What the job says, what the ledger says, what was told last.
    fn sums(&self) -> [i64; 3] {
        let told =
            self.engine.events_after(0, 10_000).unwrap().into_iter().rev().find_map(|event| {
                match event.body {
                    EventBody::Charged { cost_microusd } => Some(cost_microusd),
                    _ => None,
                }
            });
        let lines = self.engine.ledger(self.job).unwrap();
        let job = self.engine.job(self.job).unwrap().job.cost_microusd;
        [job, lines.iter().map(|line| line.amount_microusd).sum(), told.unwrap_or(0)]
    }
}

fn charge(key: &str, amount_microusd: i64) -> NewCharge {
    NewCharge {
        key: key.to_owned(),
        engine: EngineKind::Cloud,
        resource: Resource::Transcode,
        item: "segment 1 of 2".to_owned(),
        quantity: 1.0,
        unit: Unit::NormalizedMinute,
        unit_nanousd: 7_500_000,
        milliminutes: amount_microusd,
        tier: Some(Tier::Basic),
        amount_microusd,
        price_book: "2026-11-22".to_owned(),
    }
}

fn purse(settings: &CostSettings) -> Purse {
    Purse::with(PriceBook::shipped().clone(), &spillway_cloud::CloudSettings::default(), settings)
}

#[test]
fn a_charge_is_booked_once_whoever_repeats_it() {
    let mut desk = Desk::new();
    for _ in 0..2 {
        desk.write(|tx, job| tx.reserve(job, &[charge("a", 100), charge("b", 30)]).unwrap());
        assert_eq!(desk.sums(), [130; 3]);
    }
    for _ in 0..2 {
        assert!(desk.write(|tx, _| tx.settle("a", &charge("a", 90)).unwrap()));
        assert_eq!(desk.sums(), [120; 3]);
    }
    for _ in 0..2 {
        assert!(desk.write(|tx, _| tx.void("b").unwrap()));
        assert_eq!(desk.sums(), [90; 3]);
    }
    desk.write(|tx, job| {
        assert!(tx.void("a").unwrap(), "what is settled stays");
        assert!(!tx.void("c").unwrap() && !tx.settle("c", &charge("c", 1)).unwrap());
        tx.reserve(job, &[charge("a", 100)]).unwrap();
    });
    assert_eq!(desk.sums(), [90; 3]);
    let lines = desk.engine.ledger(desk.job).unwrap();
    assert_eq!((lines[0].estimate_microusd, lines[0].state), (100, ChargeState::Settled));
    assert_eq!((lines[1].estimate_microusd, lines[1].state), (30, ChargeState::Void));
    // It came to its end after all.
    desk.write(|tx, _| tx.settle("b", &charge("b", 30)).unwrap());
    assert_eq!(desk.sums(), [120; 3]);
}

#[test]
fn charges_outlive_their_job() {
    let mut desk = Desk::new();
    desk.write(|tx, job| tx.reserve(job, &[charge("a", 100)]).unwrap());
    desk.connection.execute("DELETE FROM job", []).unwrap();
    let tx = Tx::begin(&mut desk.connection, NOW).unwrap();
    assert!(tx.settle("a", &charge("a", 70)).unwrap());
    tx.commit().unwrap();
    assert_eq!(desk.engine.ledger(desk.job).unwrap()[0].amount_microusd, 70);
}

#[test]
fn a_budget_stops_before_the_money_is_spent() {
    let limits = |per_job_usd, per_month_usd, month_usd| {
        let mut own = profile();
        own.budget = Budget { per_job_usd, per_month_usd };
        let mut desk = Desk::with(own);
        let settings = CostSettings { month_usd, ..CostSettings::default() };
        let purse = purse(&settings);
        desk.write(|tx, job| {
            let reserve = |key: &str| purse.reserve_chunk(tx, job, key, &work(60_000)).unwrap();
            let first = reserve("one");
            // The same again asks for nothing more than it has.
            (first, reserve("two"))
        })
    };
    let over = |which| {
        let spent =
            OverBudget { which, limit_microusd: 20_000, spent_microusd: 15_000, asked_microusd: 15_000 };
        (Ok(()), Err(spent))
    };
    assert_eq!(limits(Some(0.03), Some(0.03), Some(0.03)), (Ok(()), Ok(())), "to the last cent");
    assert_eq!(limits(Some(0.02), None, None), over(BudgetOf::Job));
    assert_eq!(limits(None, Some(0.02), None), over(BudgetOf::ProfileMonth));
    assert_eq!(limits(None, None, Some(0.02)), over(BudgetOf::Month));
    assert!(limits(Some(0.0), None, None).0.is_err());
    assert!(over(BudgetOf::Month).1.unwrap_err().to_string().starts_with("$0.02 is what the cloud may cost"));
}

#[test]
fn a_month_ends_at_midnight_utc() {
    let mut desk = Desk::new();
    let midnight = "2027-02-01T00:00:00Z".parse::<jiff::Timestamp>().unwrap().as_millisecond();
    let mut at = |now_ms| {
        let tx = Tx::begin(&mut desk.connection, now_ms).unwrap();
        let job = tx.job_by_id(desk.job).unwrap();
        tx.reserve(&job, &[charge(&now_ms.to_string(), 1_000)]).unwrap();
        let volume = tx.month_so_far(Tier::Basic, None).unwrap();
        tx.commit().unwrap();
        volume
    };
    assert_eq!([at(midnight - 2), at(midnight - 1), at(midnight)], [1_000, 2_000, 1_000]);
    assert_eq!(desk.engine.costs(CostBy::Day, ALL).unwrap().len(), 2);
}

#[test]
fn what_moves_and_lies_in_the_bucket_is_charged_once() {
    let mut desk = Desk::new();
    let purse = purse(&CostSettings::default());
    let traffic = Traffic { out_bytes: 3_600_000_000, writes: 100, ..Traffic::default() };
    for _ in 0..2 {
        desk.write(|tx, job| purse.charge_traffic(tx, job, "x", "download of segment 1", &traffic).unwrap());
    }
    assert_eq!(desk.sums(), [324_500; 3]);
    let lines = desk.engine.ledger(desk.job).unwrap();
    assert_eq!(
        lines.iter().map(|line| line.resource).collect::<Vec<_>>(),
        [Resource::Egress, Resource::Requests]
    );
}

fn billed(width: u32, height: u32, frame_rate: f64) -> BilledOutput {
    BilledOutput {
        codec: "H_264".into(),
        width,
        height,
        frame_rate,
        quality: "SINGLE_PASS_HQ".into(),
        container: "MP4".into(),
        rate_control: "VBR".into(),
        professional_job: false,
    }
}

/// A chunk of an HD output: 15 thousandths of a dollar a minute.
fn work(ms: i64) -> ChunkWork {
    let output =
        CompiledOutput { id: "hd".into(), suffix: "-hd.mp4".into(), billed: billed(1_920, 1_080, 25.0) };
    serde_json::from_value(serde_json::json!({ "label": "segment 1 of 1", "outputs": [(output, ms)] }))
        .unwrap()
}

/// The plan with its pictures cut into chunks of so many frames for the cloud.
fn chunked(mut plan: JobPlan, frames: u64, quality: &str) -> JobPlan {
    let mut outputs = Vec::new();
    for output in &mut plan.outputs {
        let rate = output.rate.map_or(25.0, spillway_media::types::Ratio::as_f64);
        let VideoPlan::Encode { renditions, segments, .. } = &mut output.video else {
            outputs.push(None);
            continue;
        };
        let total: u64 = segments.iter().map(|range| range.count).sum();
        *segments = (0..total.div_ceil(frames))
            .map(|n| Range { first: n * frames, count: frames.min(total - n * frames), weight: 1 })
            .collect();
        let made = renditions.iter().map(|rendition| CompiledOutput {
            id: rendition.id.clone(),
            suffix: format!("-{}.mp4", rendition.id),
            billed: BilledOutput {
                quality: quality.to_owned(),
                codec: match rendition.video.codec {
                    spillway_profile::VideoCodec::H264 => "H_264".into(),
                    spillway_profile::VideoCodec::Hevc => "H_265".into(),
                    spillway_profile::VideoCodec::Prores => "PRORES".into(),
                },
                rate_control: "QVBR".into(),
                ..billed(rendition.video.width, rendition.video.height, rate / f64::from(rendition.every))
            },
        });
        let made: Vec<_> = made.collect();
        let job =
            serde_json::json!({ "settings": null, "outputs": made, "ignored": [], "source_rate": null });
        let job: CompiledJob = serde_json::from_value(job).unwrap();
        let chunks =
            segments.iter().map(|range| ChunkPlan { from: 0, until: None, first: 0, count: range.count });
        let chunks = chunks.collect();
        outputs.push(Some(CloudOutput { job, options: spillway_profile::MediaConvert::default(), chunks }));
    }
    plan.cloud = Some(CloudPlan { generation: 0, extension: "mov".into(), outputs });
    plan
}

/// Everything that a plan asks of the cloud is reserved and settled as planned; the sums of both.
fn bill(desk: &mut Desk, purse: &Purse, plan: &JobPlan) -> (i64, i64) {
    let mut tokens = HashMap::new();
    for (output, planned) in plan.outputs.iter().zip(0_u32..) {
        let VideoPlan::Encode { segments, .. } = &output.video else { continue };
        for (_, segment) in segments.iter().zip(0_u32..) {
            let key = format!("{planned}-{segment}");
            let work = ChunkWork::of(plan, planned, segment).unwrap();
            desk.write(|tx, job| purse.reserve_chunk(tx, job, &key, &work)).unwrap().unwrap();
            tokens.insert(key, work);
        }
    }
    let reserved = desk.sums()[0];
    // They end in any order.
    for (key, work) in tokens {
        let made = work.outputs().iter().map(|(output, ms)| RemoteOutput {
            duration_ms: *ms,
            width: output.billed.width,
            height: output.billed.height,
        });
        let made: Vec<RemoteOutput> = made.collect();
        desk.write(|tx, job| purse.settle_chunk(tx, job, &key, &work, &made)).unwrap();
    }
    assert!(desk.engine.ledger(desk.job).unwrap().iter().all(|line| line.state == ChargeState::Settled));
    (reserved, desk.sums()[0])
}

#[test]
fn the_bill_is_the_estimate_for_every_shipped_profile() {
    let mut priced = 0;
    for shipped in spillway_profile::shipped() {
        let source = sample::Source::new(24 * 600);
        let profile = shipped.profile().unwrap();
        let Ok(planned) = plan::plan(&profile, &source.facts()) else { continue };
        // At a volume step, too: what is behind it is cheaper for both.
        for so_far in [0, 99_990_000] {
            let plan = chunked(planned.plan.clone(), 24 * 97, "SINGLE_PASS_HQ");
            let mut desk = Desk::new();
            let purse = purse(&CostSettings::default());
            desk.write(|tx, job| tx.reserve(job, &[charge("before", so_far)]).unwrap());
            let volume = desk.write(|tx, _| Volume::so_far(tx).unwrap());
            let quote = Quote::cloud(&purse, &plan, 1_000_000_000, volume, (3_600_000, 0));
            let (reserved, settled) = bill_beside(&mut desk, &purse, &plan, so_far);
            assert_eq!((quote.booked_microusd, reserved), (settled, settled), "{}", shipped.id);
            assert!(settled > 0 && quote.cost.high_microusd >= settled, "{}", shipped.id);
            let sum: i64 = quote.lines.iter().map(|line| line.amount.high_microusd).sum();
            assert_eq!(sum, quote.cost.high_microusd);
        }
        priced += 1;
    }
    assert!(priced >= 4, "{priced}");
}

/// As [`bill`], without a charge that was there before.
fn bill_beside(desk: &mut Desk, purse: &Purse, plan: &JobPlan, before: i64) -> (i64, i64) {
    desk.write(|tx, _| tx.settle("before", &charge("before", before)).unwrap());
    let (reserved, settled) = bill(desk, purse, plan);
    (reserved - before, settled - before)
}

#[test]
fn sums_tables_and_page_agree() {
    let mut desk = Desk::new();
    desk.write(|tx, job| {
        tx.reserve(job, &[charge("a", 100), charge("b", 30), charge("c", 7)]).unwrap();
        tx.settle("a", &charge("a", 90)).unwrap();
        tx.void("c").unwrap();
        let machine = NewCharge {
            engine: EngineKind::Local,
            resource: Resource::Machine,
            tier: None,
            ..charge("m", 5)
        };
        tx.charge(job, &[machine]).unwrap();
    });
    for by in [CostBy::Day, CostBy::Profile, CostBy::Partner, CostBy::Engine, CostBy::Resource] {
        let rows = desk.engine.costs(by, ALL).unwrap();
        let sum = |amount: fn(&crate::cost::CostRow) -> i64| rows.iter().map(amount).sum::<i64>();
        assert_eq!(sum(|row| row.settled_microusd), 95, "{by:?}");
        assert_eq!((sum(|row| row.estimate_microusd), sum(|row| row.reserved_microusd)), (105, 30), "{by:?}");
    }
    let page = desk.engine.costs_page(ALL).unwrap();
    assert_eq!((page.month.settled_microusd, page.month.reserved_microusd), (90, 30));
    assert_eq!(page.days.iter().map(|day| day.microusd).sum::<i64>(), 125);
    assert_eq!(page.partners.len(), 1);
    let partner = &page.partners[0];
    assert_eq!((partner.local_microusd, partner.cloud_microusd, partner.reserved_microusd), (5, 90, 30));
    assert_eq!(page.comparison.spent_microusd, 125);
    let nothing = desk.engine.costs_page(CostSpan { since_ms: Some(NOW + 1), until_ms: None }).unwrap();
    assert_eq!((nothing.days.len(), nothing.partners.len(), nothing.month), (0, 0, page.month));
    let text = desk.engine.costs_csv(ALL).unwrap();
    let mut table = csv::Reader::from_reader(text.as_bytes());
    let amounts: Vec<i64> = table.records().map(|row| row.unwrap()[15].parse().unwrap()).collect();
    assert_eq!(amounts, [90, 30, 0, 5]);
}

#[test]
fn a_price_book_of_ones_own_takes_the_place_of_the_shipped_one() {
    let desk = Desk::new();
    let folder = desk.stage.path("data/prices");
    std::fs::create_dir_all(&folder).unwrap();
    let write = |text: &str| std::fs::write(folder.join("mediaconvert.json"), text).unwrap();
    let shipped = include_str!("../../../../../profiles/prices/mediaconvert.json");
    write(&shipped.replace("\"date\": \"2026-11-22\"", "\"date\": \"2027-01-02\""));
    assert_eq!(desk.engine.costs_page(ALL).unwrap().price_book, "2027-01-02");
    write("{ \"schema\": 9 }");
    let error = desk.engine.costs_page(ALL).unwrap_err().to_string();
    assert!(error.contains("mediaconvert.json") && error.contains("form 9"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn the_jobs_sum_is_the_ledgers(
        acts in prop::collection::vec((0_u8..5, 0_usize..4, 0_i64..1_000), 0..30),
    ) {
        let mut desk = Desk::new();
        for (act, key, amount) in acts {
            let key = ["a", "b", "c", "d"][key];
            desk.write(|tx, job| match act {
                0 | 1 => tx.reserve(job, &[charge(key, amount)]).unwrap(),
                2 => { tx.settle(key, &charge(key, amount)).unwrap(); }
                3 => { tx.void(key).unwrap(); }
                _ => tx.charge(job, &[charge(key, amount)]).unwrap(),
            });
            let [job, ledger, _] = desk.sums();
            prop_assert_eq!(job, ledger);
        }
    }
}
