//! The stage for engine tests: a data folder, sources, a simulated clock.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use serde_json::json;
use spillway_media::{process::Supervisor, task::Task};
use spillway_profile::Profile;

use super::hands::{Act, Hands};
use crate::{
    Config, Engine, EngineError, Until,
    clock::{Chance, Clock},
    model::{Feed, JobDetail, JobExtras, JobId, JobState, SubmitRequest},
    route::EngineWish,
};

/// Time that passes only when nothing else happens.
#[derive(Debug, Default, Clone)]
pub(super) struct Simulated(pub(super) Arc<AtomicI64>, Arc<AtomicI64>);

impl Clock for Simulated {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    fn steady_ms(&self) -> i64 {
        self.now_ms() - self.1.load(Ordering::SeqCst)
    }

    fn patience(&self, due_ms: Option<i64>, idle: bool, _poll: Duration) -> Duration {
        if let (Some(due), true) = (due_ms, idle) {
            self.0.fetch_max(due, Ordering::SeqCst);
        }
        Duration::from_millis(1)
    }
}

struct Highest;

impl Chance for Highest {
    fn up_to(&self, ceiling: u64) -> u64 {
        ceiling
    }
}

/// A data folder with everything around it.
pub(super) struct Stage {
    root: PathBuf,
    _folder: Option<tempfile::TempDir>,
    pub(super) hands: Hands,
    pub(super) clock: Simulated,
}

impl Stage {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("in")).unwrap();
        let stage = Self::at(&folder.path().canonicalize().unwrap());
        Self { _folder: Some(folder), ..stage }
    }

    /// The same place, with hands that remember nothing.
    pub(super) fn at(root: &Path) -> Self {
        let hands = Hands::new();
        let clock = Simulated::default();
        clock.0.store(1_800_000_000_000, Ordering::SeqCst);
        Self { root: root.to_path_buf(), _folder: None, hands, clock }
    }

    /// Somebody sets the clock, while no time passes.
    pub(super) fn set_clock(&self, by_ms: i64) {
        self.clock.0.fetch_add(by_ms, Ordering::SeqCst);
        self.clock.1.fetch_add(by_ms, Ordering::SeqCst);
    }

    /// What the hands do from now on.
    pub(super) fn script(&self, script: impl FnMut(&str, u32, &Task) -> Option<Act> + Send + 'static) {
        *self.hands.script.lock().unwrap() = Box::new(script);
    }

    pub(super) fn path(&self, below: &str) -> PathBuf {
        self.root.join(below)
    }

    pub(super) fn config(&self) -> Config {
        Config {
            data_dir: self.path("data"),
            work_dir: self.path("work"),
            workers: 2,
            nice: 0,
            worker_memory_bytes: 0,
            supervisor: Supervisor {
                program: "unused".into(),
                arguments: vec![],
                silence: Duration::from_secs(1),
            },
            poll: Duration::from_millis(1),
            cloud: spillway_cloud::CloudSettings::default(),
            cost: crate::settings::CostSettings::default(),
            fault: None,
        }
    }

    pub(super) fn engine(&self) -> Engine {
        self.engine_with(|_| {})
    }

    pub(super) fn engine_with(&self, change: impl FnOnce(&mut Config)) -> Engine {
        let mut config = self.config();
        change(&mut config);
        let (hands, clock) = (Box::new(self.hands.clone()), Box::new(self.clock.clone()));
        Engine::with(config, hands, clock, Box::new(Highest)).unwrap()
    }

    pub(super) fn source(&self, name: &str) -> PathBuf {
        let path = self.path("in").join(name);
        fs::write(&path, format!("content of {name}")).unwrap();
        path
    }

    pub(super) fn submit(&self, engine: &Engine, sources: &[PathBuf], profile: Profile) -> Vec<JobId> {
        self.submit_for(engine, sources, profile, EngineWish::Auto)
    }

    /// With a wish for an engine.
    pub(super) fn submit_for(
        &self,
        engine: &Engine,
        sources: &[PathBuf],
        profile: Profile,
        wish: EngineWish,
    ) -> Vec<JobId> {
        let request = SubmitRequest {
            sources: sources.to_vec(),
            profiles: vec![profile],
            out_dir: Some(self.path("out")),
            engine: wish,
            priority: 0,
            extras: JobExtras::default(),
        };
        engine.submit(request).unwrap()
    }

    /// One job from one source.
    pub(super) fn submit_one(&self, engine: &Engine, name: &str, profile: Profile) -> JobId {
        let source = self.source(name);
        self.submit(engine, &[source], profile)[0]
    }

    /// Tasks asked for so far whose name starts like this.
    pub(super) fn count(&self, prefix: &str) -> u32 {
        self.hands
            .asked
            .lock()
            .unwrap()
            .iter()
            .filter(|(name, _)| name.starts_with(prefix))
            .map(|(_, n)| n)
            .sum()
    }

    /// Files below the output folder, temporary ones included, sorted.
    pub(super) fn delivered(&self) -> Vec<String> {
        let root = self.path("out");
        let mut found = Vec::new();
        let mut open = vec![root.clone()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(&folder).into_iter().flatten().map(Result::unwrap) {
                if entry.path().is_dir() {
                    open.push(entry.path());
                } else {
                    found.push(entry.path().strip_prefix(&root).unwrap().to_string_lossy().into_owned());
                }
            }
        }
        found.sort();
        found
    }

    pub(super) fn work_is_empty(&self) -> bool {
        fs::read_dir(self.path("work")).is_ok_and(|mut entries| entries.next().is_none())
    }
}

pub(super) fn run(engine: &Engine) {
    engine.run(Until::Idle, &AtomicBool::new(false), &mut |_| {}).unwrap();
}

/// Runs until the feed shows something; then stops.
pub(super) fn run_until_seen(
    engine: &Engine,
    mut seen: impl FnMut(&Feed) -> bool,
) -> Result<(), EngineError> {
    let stop = AtomicBool::new(false);
    engine.run(Until::Idle, &stop, &mut |feed| {
        if seen(feed) {
            stop.store(true, Ordering::SeqCst);
        }
    })
}

pub(super) fn detail(engine: &Engine, id: JobId) -> JobDetail {
    engine.job(id).unwrap()
}

pub(super) fn state(engine: &Engine, id: JobId) -> JobState {
    detail(engine, id).job.state
}

/// One MP4 with one audio track.
pub(super) fn profile() -> Profile {
    profile_of(&json!([output("master", "{title}_{output}", "mp4")]), &json!({}))
}

pub(super) fn output(id: &str, name: &str, container: &str) -> serde_json::Value {
    json!({
        "id": id, "name": name, "container": container,
        "video": { "codec": "h264", "pixel_format": "yuv420p" },
        "audio": [{ "id": "stereo", "codec": "aac", "bit_rate_kbps": 128 }],
    })
}

pub(super) fn profile_of(outputs: &serde_json::Value, delivery: &serde_json::Value) -> Profile {
    serde_json::from_value(json!({
        "id": "partner", "version": 1, "partner": "Partner", "title": "Test", "output": outputs,
        "delivery": delivery, "retry": { "max_attempts": 3, "base_ms": 1_000, "cap_ms": 60_000 },
    }))
    .unwrap()
}
