//! Many files at once on one machine, with a deadline: what spills over, why, and what the month allows.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use spillway_profile::Profile;

use super::{basic::set_up, sky::Sky};
use crate::{
    Engine, Until,
    clock::Clock,
    model::{EventBody, Feed, JobExtras, JobId, JobState, SubmitRequest},
    route::{EngineKind, EngineWish, Route},
    tests::stage::{Stage, detail, profile, run},
};

const FILES: usize = 40;
/// So long this machine takes for a segment, ms.
const SEGMENT_MS: i64 = 200_000;

/// One worker, known to be slow; time here costs nothing, so that only the clock decides.
struct Site {
    stage: Stage,
    sky: Sky,
    engine: Engine,
}

impl Site {
    fn new(month_usd: Option<f64>) -> Self {
        let stage = Stage::new();
        let sky = Sky::over(&stage.path("sky"), &stage.clock);
        let engine = stage.engine_with(|config| {
            set_up(config);
            config.workers = 1;
            config.cost.machine_usd_per_hour = Some(0.0);
            config.cost.month_usd = month_usd;
        });
        let site = Self { engine: engine.with_cloud(Arc::new(sky.clone())), stage, sky };
        let clock = site.stage.clock.clone();
        site.stage.script(move |name, _, _| {
            if name.starts_with("segment") {
                clock.0.fetch_add(SEGMENT_MS, Ordering::SeqCst);
            }
            None
        });
        // From then on it is known how fast this machine is.
        site.stage.submit_for(&site.engine, &[site.stage.source("before.mov")], profile(), EngineWish::Local);
        run(&site.engine);
        site
    }

    /// 40 files; the deadline is `late_ms` away.
    fn drop_files(&self, late_ms: i64) -> SubmitRequest {
        let sources: Vec<PathBuf> =
            (0..FILES).map(|n| self.stage.source(&format!("film-{n:02}.mov"))).collect();
        SubmitRequest {
            sources,
            profiles: vec![profile()],
            out_dir: Some(self.stage.path("out")),
            engine: EngineWish::Auto,
            priority: 0,
            extras: JobExtras {
                deadline_ms: Some(self.stage.clock.now_ms() + late_ms),
                ..JobExtras::default()
            },
        }
    }

    /// What the sheet says of them.
    fn rehearse(&self, request: &SubmitRequest) -> Vec<Route> {
        for source in &request.sources {
            self.engine.look(source, &request.profiles).unwrap();
        }
        let rehearsal = self.engine.rehearse(std::slice::from_ref(request)).unwrap();
        rehearsal.jobs.into_iter().map(|job| job.route.unwrap()).collect()
    }

    /// What this machine and the cloud need for a file: ms, and millionths of a US dollar at most.
    fn needs(&self, profile: &Profile) -> (i64, i64) {
        let look = self.engine.look(&self.stage.source("one.mov"), std::slice::from_ref(profile)).unwrap();
        let engines = &look.offers[0].engines;
        (engines[0].work_ms.unwrap(), engines[1].cost.unwrap().high_microusd)
    }

    /// Nothing is sent, so that no time passes, before it is decided what becomes of each.
    fn run(&self) {
        let routed = Arc::new(AtomicUsize::new(0));
        let all = Arc::clone(&routed);
        self.sky.script(move |call, _| {
            while call == "upload" && all.load(Ordering::SeqCst) < FILES {
                std::thread::yield_now();
            }
            None
        });
        let count = &mut |feed: &Feed| {
            if let Feed::Event(event) = feed
                && matches!(event.body, EventBody::Routed { .. })
            {
                routed.fetch_add(1, Ordering::SeqCst);
            }
        };
        self.engine.run(Until::Idle, &AtomicBool::new(false), count).unwrap();
    }

    fn delivered(&self, ids: &[JobId]) -> Vec<Route> {
        let mut routes = Vec::new();
        for id in ids {
            let job = detail(&self.engine, *id).job;
            assert_eq!(job.state, JobState::Delivered, "{:#?}", job.error);
            let route = job.route.unwrap();
            assert_eq!(route.engine, job.engine);
            assert!(route.text.len() > 20 && route.text.ends_with('.'), "{route:#?}");
            routes.push(route);
        }
        assert_eq!(self.sky.left(), Vec::<String>::new());
        assert_eq!(self.sky.open(), 0);
        routes
    }
}

/// Engine and reason, with how many have it in a row.
fn rows(routes: &[Route]) -> Vec<(EngineKind, &str, usize)> {
    let mut rows: Vec<(EngineKind, &str, usize)> = Vec::new();
    for route in routes {
        match rows.last_mut() {
            Some(last) if (last.0, last.1) == (route.engine, &*route.id) => last.2 += 1,
            _ => rows.push((route.engine, &route.id, 1)),
        }
    }
    rows
}

#[test]
fn what_this_machine_would_not_do_in_time_spills_over_and_says_why() {
    let site = Site::new(None);
    let (one_ms, _) = site.needs(&profile());
    assert!((3 * SEGMENT_MS..4 * SEGMENT_MS).contains(&one_ms), "{one_ms}");
    let request = site.drop_files(12 * one_ms + one_ms / 2);
    let told = site.rehearse(&request);
    let expected = [(EngineKind::Local, "in-time-here", 12), (EngineKind::Cloud, "in-time-there", 28)];
    assert_eq!(rows(&told), expected);
    let ids = site.engine.submit(request).unwrap();
    site.run();
    let routes = site.delivered(&ids);
    assert_eq!(rows(&routes), expected, "{routes:#?}");
    assert_eq!(site.sky.bill().len(), 28 * 3);
    assert_eq!(site.stage.count("segment"), 13 * 3);
    // Each says how long it would have waited here: longer from one to the next.
    let waits: Vec<i64> = routes.iter().map(|route| route.values["local"].parse().unwrap()).collect();
    assert!(waits[..12].is_sorted() && waits[11] < waits[12], "{waits:?}");
    let deadline: i64 = routes[12].values["deadline"].parse().unwrap();
    assert!(waits[12..].iter().all(|wait| *wait >= deadline), "{waits:?}");
    let there = |route: &Route| route.values["cloud"].parse::<i64>().unwrap();
    assert!(routes[12..].iter().all(|route| there(route) <= deadline));
}

#[test]
fn a_burst_is_held_against_the_month_as_a_whole() {
    let poor = Site::new(None).needs(&profile()).1;
    #[expect(clippy::cast_precision_loss, reason = "less than a dollar")]
    let site = Site::new(Some(10.5 * poor as f64 / 1e6));
    let (one_ms, _) = site.needs(&profile());
    // Enough for one here, and for all of them in the cloud.
    let request = site.drop_files(one_ms + one_ms / 2);
    let expected = [
        (EngineKind::Local, "in-time-here", 1),
        (EngineKind::Cloud, "in-time-there", 10),
        (EngineKind::Local, "over-budget", 29),
    ];
    assert_eq!(rows(&site.rehearse(&request)), expected);
    assert_eq!(rows(&site.rehearse(&request)), expected, "nothing of a rehearsal is kept");
    let ids = site.engine.submit(request).unwrap();
    site.run();
    let routes = site.delivered(&ids);
    assert_eq!(rows(&routes), expected, "{routes:#?}");
    assert_eq!(site.sky.bill().len(), 10 * 3, "nothing was begun there that could not be paid for");
}
