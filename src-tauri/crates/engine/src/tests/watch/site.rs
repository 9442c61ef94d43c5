//! A watched folder with everything around it.

use std::{
    collections::BTreeMap,
    fs, io,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver},
    },
};

use jiff::tz::TimeZone;
use serde_json::json;

use super::super::stage::Stage;
use crate::{
    Engine, Until,
    model::{JobFilter, JobState},
    steps::Craft,
    watch::{
        ArrivalId, ArrivalQuery, ArrivalReason, ArrivalState, ArrivalView, NewWatch, PollReason, Sight,
        UnreachableReason, WatchId, WatchSettings, WatchView,
        control::{Control, Parts},
        ground::{Ground, Looked, Root, Told},
        lay::{self, Lay},
        tree::{Entry, Found, Walked},
    },
};

/// What a test does to the drive of a watched folder.
#[derive(Default)]
pub(super) struct Drive {
    /// Why it cannot be reached.
    pub(super) trouble: Mutex<Option<UnreachableReason>>,
    /// How it is, in place of how it really is.
    pub(super) root: Mutex<Option<Root>>,
    /// Added to every inode: it was mounted again.
    pub(super) inodes: Mutex<u64>,
    /// Nobody promises to tell of changes.
    pub(super) is_deaf: AtomicBool,
    /// Questions that hang until this is false again.
    pub(super) hangs: AtomicBool,
}

struct Shaky {
    ground: Arc<dyn Ground>,
    drive: Arc<Drive>,
}

impl Shaky {
    fn wait(&self) {
        while self.drive.hangs.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
    }

    fn other(&self, entry: &mut Entry) {
        entry.inode += *self.drive.inodes.lock().unwrap();
    }

    fn real(&self, seen: &Entry) -> Entry {
        Entry { inode: seen.inode - *self.drive.inodes.lock().unwrap(), ..seen.clone() }
    }
}

impl Ground for Shaky {
    fn root(&self) -> Result<Root, UnreachableReason> {
        self.wait();
        if let Some(why) = self.drive.trouble.lock().unwrap().clone() {
            return Err(why);
        }
        let real = self.ground.root();
        self.drive.root.lock().unwrap().clone().map_or(real, Ok)
    }

    fn walk(&self, tell: &mut dyn FnMut(Found) -> ControlFlow<()>) -> Result<Walked, UnreachableReason> {
        self.wait();
        if self.drive.root.lock().unwrap().as_ref().is_some_and(|root| root.empty) {
            return Ok(Walked { files: 0, ignored: 0, complete: true });
        }
        self.ground.walk(&mut |mut found| {
            if let Found::Batch(entries) = &mut found {
                for entry in entries {
                    self.other(entry);
                }
            }
            tell(found)
        })
    }

    fn look(&self, path: &str) -> io::Result<Looked> {
        self.wait();
        if self.drive.root.lock().unwrap().as_ref().is_some_and(|root| root.empty) {
            return Ok(Looked::Nothing);
        }
        let mut looked = self.ground.look(path)?;
        if let Looked::File(entry) = &mut looked {
            self.other(entry);
        }
        Ok(looked)
    }

    fn file(&self, arrival: ArrivalId, path: &str) -> PathBuf {
        self.ground.file(arrival, path)
    }

    fn sampled(&self, arrival: ArrivalId, path: &str) -> io::Result<String> {
        self.wait();
        self.ground.sampled(arrival, path)
    }

    fn whole(&self, arrival: ArrivalId, path: &str, cancel: &AtomicBool) -> io::Result<String> {
        self.ground.whole(arrival, path, cancel)
    }

    fn sidecar(&self, path: &str) -> io::Result<Option<(String, String)>> {
        self.ground.sidecar(path)
    }

    fn move_into(&self, seen: &Entry, folder: &Path) -> io::Result<PathBuf> {
        self.ground.move_into(&self.real(seen), folder)
    }

    fn listen(&self, _line: Box<dyn Fn(Told) + Send>) -> Result<Box<dyn Send>, PollReason> {
        // Nothing is ever told: what is found is found by scans and looks.
        if self.drive.is_deaf.load(Ordering::SeqCst) { Err(PollReason::WatchLimit) } else { Ok(Box::new(())) }
    }
}

/// A watched folder with everything around it.
pub(super) struct Site {
    pub(super) stage: Stage,
    pub(super) engine: Engine,
    pub(super) root: PathBuf,
    pub(super) id: WatchId,
    pub(super) drive: Arc<Drive>,
    craft: Arc<dyn Craft>,
}

pub(super) fn settings() -> WatchSettings {
    WatchSettings { profiles: vec!["partner".into()], ..WatchSettings::default() }
}

impl Site {
    pub(super) fn new() -> Self {
        Self::with(settings())
    }

    pub(super) fn with(settings: WatchSettings) -> Self {
        let stage = Stage::new();
        let root = stage.path("box");
        fs::create_dir(&root).unwrap();
        write_profile(&stage, "partner");
        write_profile(&stage, "second");
        let engine = stage.engine();
        let id = engine.add_watch(NewWatch { place: root.clone(), settings }).unwrap();
        let craft = Arc::new(stage.hands.clone());
        Self { stage, engine, root, id, drive: Arc::default(), craft }
    }

    pub(super) fn put(&self, name: &str, text: &str) -> PathBuf {
        let path = self.root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// Somebody new looks after it, as after a start of the process.
    pub(super) fn watch(&self) -> Shift<'_> {
        self.watch_by(Sight::Here)
    }

    pub(super) fn watch_by(&self, sight: Sight) -> Shift<'_> {
        let (line, calls) = mpsc::channel();
        let drive = Arc::clone(&self.drive);
        let lay: &'static Lay =
            Box::leak(Box::new(move |config: &crate::Config, row: &crate::db::WatchRow| {
                let ground = lay::lay(config, row)?;
                let shaky: Arc<dyn Ground> = Arc::new(Shaky { ground, drive: Arc::clone(&drive) });
                Ok(shaky)
            }));
        let control = Control::new(Parts {
            config: self.engine.config(),
            clock: &self.stage.clock,
            craft: &self.craft,
            lay,
            sight,
            line,
            zone: TimeZone::get("Europe/Berlin").unwrap(),
        });
        Shift { control: control.unwrap(), calls, site: self }
    }

    pub(super) fn now(&self) -> i64 {
        self.stage.clock.0.load(Ordering::SeqCst)
    }

    pub(super) fn view(&self) -> WatchView {
        self.engine.watches().unwrap().into_iter().find(|view| view.id == self.id).unwrap()
    }

    pub(super) fn arrivals(&self) -> Vec<ArrivalView> {
        let states = vec![
            ArrivalState::Waiting,
            ArrivalState::Held,
            ArrivalState::AtWork,
            ArrivalState::Delivered,
            ArrivalState::Failed,
            ArrivalState::Skipped,
            ArrivalState::Gone,
        ];
        let query = ArrivalQuery { states, limit: 100_000, ..ArrivalQuery::default() };
        self.engine.arrivals(&query).unwrap().rows
    }

    pub(super) fn arrival(&self, path: &str) -> ArrivalView {
        let rows = self.arrivals();
        rows.iter().find(|row| row.path == path).unwrap_or_else(|| panic!("{path}: {rows:#?}")).clone()
    }

    pub(super) fn state(&self, path: &str) -> ArrivalState {
        self.arrival(path).state
    }

    pub(super) fn reason(&self, path: &str) -> ArrivalReason {
        self.arrival(path).reason
    }

    /// Works through the jobs there are, without looking after watched folders.
    pub(super) fn work(&self) {
        let jobs = self.engine.jobs(&JobFilter::default()).unwrap();
        let live: Vec<_> = jobs.iter().filter(|job| !job.state.ended()).map(|job| job.id).collect();
        self.engine.run(Until::Jobs(live), &AtomicBool::new(false), &mut |_| {}).unwrap();
    }

    /// Sources of jobs, oldest first.
    pub(super) fn jobs(&self) -> Vec<String> {
        let mut jobs = self.engine.jobs(&JobFilter::default()).unwrap();
        jobs.sort_by_key(|job| job.id);
        jobs.iter()
            .map(|job| job.source.strip_prefix(&self.root).unwrap_or(&job.source))
            .map(|path| path.to_string_lossy().into_owned())
            .collect()
    }

    pub(super) fn delivered_jobs(&self) -> usize {
        let filter = JobFilter { state: Some(JobState::Delivered), ..JobFilter::default() };
        self.engine.jobs(&filter).unwrap().len()
    }

    /// SHA-256 of what was delivered, oldest first.
    pub(super) fn delivered_hashes(&self) -> Vec<String> {
        let sql = crate::db::open(&self.engine.config().data_dir).unwrap();
        let mut statement =
            sql.prepare("SELECT source_sha256 FROM job WHERE state = 'delivered' ORDER BY num").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    pub(super) fn announced(&self) -> Vec<String> {
        let sql = crate::db::open(&self.engine.config().data_dir).unwrap();
        let mut statement = sql.prepare("SELECT kind FROM announcement ORDER BY seq").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }
}

/// Somebody who looks after it.
pub(super) struct Shift<'a> {
    control: Control<'a>,
    calls: Receiver<()>,
    site: &'a Site,
}

impl Shift<'_> {
    /// One turn; when something is due next.
    pub(super) fn turn(&mut self) -> (bool, Option<i64>) {
        let turned = self.control.turn(&|| {}).unwrap();
        (turned.idle, turned.due_ms)
    }

    /// Turns until nothing more happens at this moment.
    pub(super) fn settle(&mut self) -> (bool, Option<i64>) {
        for _ in 0..20_000 {
            let rang = self.calls.try_iter().count() > 0;
            let (idle, due) = self.turn();
            let now = self.site.now();
            if !rang && self.calls.try_recv().is_err() && due.is_none_or(|due| due > now) {
                return (idle, due);
            }
        }
        panic!("it turns for ever");
    }

    /// Lets time pass, with everything that is due meanwhile.
    pub(super) fn pass(&mut self, ms: i64) -> bool {
        let end = self.site.now() + ms;
        loop {
            let (idle, due) = self.settle();
            let next = due.unwrap_or(i64::MAX).min(end);
            if next >= end {
                self.site.stage.clock.0.store(end, Ordering::SeqCst);
                return self.settle().0 && idle;
            }
            self.site.stage.clock.0.store(next, Ordering::SeqCst);
        }
    }

    /// Has it looked through now, and lets the smallest time pass in which a file becomes a job.
    pub(super) fn take_in(&mut self) {
        self.site.engine.scan_watch(self.site.id).unwrap();
        self.pass(8_000);
    }

    /// Has it looked through at this moment.
    pub(super) fn take_in_now(&mut self) {
        self.site.engine.scan_watch(self.site.id).unwrap();
        self.pass(500);
    }

    /// When each path first had a job, ms, while time passes.
    pub(super) fn starts(&mut self, ms: i64, step: i64) -> BTreeMap<String, i64> {
        let mut starts = BTreeMap::new();
        for _ in 0..ms / step {
            self.pass(step);
            for path in self.site.jobs() {
                starts.entry(path).or_insert_with(|| self.site.now());
            }
        }
        starts
    }
}

fn write_profile(stage: &Stage, id: &str) {
    let document = json!({
        "id": id, "version": 1, "partner": "Partner", "title": "Test",
        "output": [{
            "id": "master", "name": format!("{{title}}_{id}"), "container": "mp4",
            "video": { "codec": "h264", "pixel_format": "yuv420p", "rate": { "mode": "crf", "crf": 20 } },
            "audio": [{ "id": "stereo", "codec": "aac", "bit_rate_kbps": 128 }],
        }],
        "delivery": { "exists": "version" },
        "retry": { "max_attempts": 3, "base_ms": 1_000, "cap_ms": 60_000 },
    });
    let folder = stage.path("data/profiles");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(format!("{id}.toml")), toml::to_string(&document).unwrap()).unwrap();
}
