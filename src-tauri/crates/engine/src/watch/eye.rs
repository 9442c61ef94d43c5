//! How a place is looked at: each question on a thread of its own, so that a drive that hangs keeps nobody but
//! that thread. At most one question of a kind at a time.

use std::{
    collections::BTreeMap,
    io,
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{Sender, SyncSender},
    },
};

use super::{
    ArrivalId, PollReason, UnreachableReason,
    ground::{Ground, Looked, Root, Told},
    tree::{Entry, Found, Walked},
};
use crate::files;

/// Where places are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    /// On threads of their own.
    Apart,
    /// On the spot, before the next turn: for tests, whose time must not pass meanwhile.
    Here,
}

/// Kinds of questions that do not wait for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lane {
    /// Quick: how the place and single files are.
    Look,
    /// All of the place.
    Walk,
    /// Samples, sidecar jobs, moves.
    Read,
    /// Whole contents.
    Haul,
    /// The output folder, which may lie elsewhere.
    Out,
}

/// A file as it is expected to be.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) num: i64,
    pub(crate) entry: Entry,
}

/// A question.
#[derive(Debug)]
pub(crate) enum Ask {
    Look { paths: Vec<String> },
    Listen,
    Walk,
    Examine { files: Vec<Wanted> },
    Move { file: Wanted, folder: PathBuf },
    Discard { num: i64 },
    Fetch { file: Wanted },
    Hash { file: Wanted, others: Vec<(i64, Wanted)> },
    Usable { folder: PathBuf },
}

impl Ask {
    pub(crate) fn lane(&self) -> Lane {
        match self {
            Self::Look { .. } => Lane::Look,
            Self::Listen | Self::Walk => Lane::Walk,
            Self::Examine { .. } | Self::Move { .. } | Self::Discard { .. } => Lane::Read,
            Self::Fetch { .. } | Self::Hash { .. } => Lane::Haul,
            Self::Usable { .. } => Lane::Out,
        }
    }

    /// Files that it is about.
    fn files(&self) -> Vec<i64> {
        match self {
            Self::Examine { files } => files.iter().map(|file| file.num).collect(),
            Self::Move { file, .. } | Self::Fetch { file } | Self::Hash { file, .. } => vec![file.num],
            Self::Discard { num } => vec![*num],
            Self::Look { .. } | Self::Listen | Self::Walk | Self::Usable { .. } => Vec::new(),
        }
    }
}

/// What a look into a file found, when it was as expected before and after.
#[derive(Debug)]
pub(crate) struct Contents {
    pub(crate) fingerprint: String,
    /// File name and text of its sidecar job.
    pub(crate) sidecar: Option<(String, String)>,
}

/// An answer.
pub(crate) enum Answer {
    /// Before and after every look; an error goes before everything else.
    Root(Result<Root, UnreachableReason>),
    Looked(Vec<(String, io::Result<Looked>)>),
    Listening(Result<Box<dyn Send>, PollReason>),
    Told(Told),
    Found(Found),
    Walked(Result<Walked, UnreachableReason>),
    /// `Ok(None)`: it is not as expected any more.
    Examined {
        num: i64,
        result: io::Result<Option<Contents>>,
    },
    Moved {
        num: i64,
        result: io::Result<PathBuf>,
    },
    Discarded {
        num: i64,
        result: io::Result<()>,
    },
    Fetching {
        num: i64,
        done: u64,
        total: u64,
    },
    Fetched {
        num: i64,
        result: io::Result<()>,
    },
    /// Hashes of the file and of others with the same fingerprint, where they are as expected.
    Hashed {
        num: i64,
        result: io::Result<Option<String>>,
        others: Vec<(i64, String)>,
    },
    Usable {
        folder: PathBuf,
        result: io::Result<()>,
    },
    /// Of a worker that reads structure and end of a file.
    Checked {
        file: Wanted,
        verdict: Verdict,
    },
    /// The lane is free.
    Through,
}

/// What a worker says of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Whole,
    Incomplete(String),
    NotMedia(String),
    Unreadable(String),
}

/// An answer and whose it is.
pub(crate) struct Said {
    pub(crate) watch: i64,
    /// Of the eye that was asked.
    pub(crate) epoch: u64,
    /// `None`: of nobody's lane.
    pub(crate) lane: Option<Lane>,
    pub(crate) answer: Answer,
}

/// How threads talk to the control.
#[derive(Clone)]
pub(crate) struct Wire {
    pub(crate) sight: Sight,
    pub(crate) said: SyncSender<Said>,
    pub(crate) line: Sender<()>,
}

impl Wire {
    /// Says something and wakes the control. `Break`: nobody listens any more.
    pub(crate) fn say(&self, said: Said) -> ControlFlow<()> {
        if self.said.send(said).is_err() || self.line.send(()).is_err() {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    /// Does work where the sight says.
    pub(crate) fn go(&self, name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
        match self.sight {
            Sight::Here => work(),
            Sight::Apart => {
                std::thread::Builder::new().name(format!("watch {name}")).spawn(work)?;
            }
        }
        Ok(())
    }
}

/// A question that was asked.
#[derive(Debug)]
pub(crate) struct Asked {
    /// Rises with everything that it finds.
    pulse: Arc<AtomicU64>,
    /// What it was when it was last seen to rise, and when that was, steady ms.
    seen: (u64, i64),
}

/// One place being looked at. Dropping it stops what can be stopped.
pub(crate) struct Eye {
    pub(crate) watch: i64,
    pub(crate) epoch: u64,
    pub(crate) ground: Arc<dyn Ground>,
    stop: Arc<AtomicBool>,
    lanes: BTreeMap<Lane, Asked>,
    /// Files that questions are about right now; `None`: a worker's.
    in_hand: BTreeMap<i64, Option<Lane>>,
}

impl Drop for Eye {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
    }
}

impl Eye {
    pub(crate) fn new(watch: i64, epoch: u64, ground: Arc<dyn Ground>) -> Self {
        Self { watch, epoch, ground, stop: Arc::default(), lanes: BTreeMap::new(), in_hand: BTreeMap::new() }
    }

    pub(crate) fn is_free(&self, lane: Lane) -> bool {
        !self.lanes.contains_key(&lane)
    }

    /// Whether anything is being asked that ends by itself.
    pub(crate) fn is_busy(&self) -> bool {
        !self.lanes.is_empty()
    }

    pub(crate) fn through(&mut self, lane: Lane) {
        self.lanes.remove(&lane);
        self.in_hand.retain(|_, whose| *whose != Some(lane));
    }

    /// Takes a file in hand for a worker.
    pub(crate) fn lend(&mut self, num: i64) {
        self.in_hand.insert(num, None);
    }

    /// A question about a file is answered.
    pub(crate) fn release(&mut self, num: i64) {
        self.in_hand.remove(&num);
    }

    pub(crate) fn holds(&self, num: i64) -> bool {
        self.in_hand.contains_key(&num)
    }

    /// Becomes true when nobody looks after the place any more.
    pub(crate) fn stop(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stop)
    }

    /// Since when a lane that is asked has given no sign of life, steady ms.
    pub(crate) fn silent_since(&mut self, lane: Lane, now_ms: i64) -> Option<i64> {
        let asked = self.lanes.get_mut(&lane)?;
        let pulse = asked.pulse.load(Ordering::Relaxed);
        if pulse != asked.seen.0 {
            asked.seen = (pulse, now_ms);
        }
        Some(asked.seen.1)
    }

    /// Asks; the lane must be free. Says whether that could be done.
    pub(crate) fn ask(&mut self, wire: &Wire, ask: Ask, now_ms: i64) -> bool {
        let lane = ask.lane();
        for num in ask.files() {
            self.in_hand.insert(num, Some(lane));
        }
        let pulse = Arc::new(AtomicU64::new(0));
        self.lanes.insert(lane, Asked { pulse: Arc::clone(&pulse), seen: (0, now_ms) });
        let mouth = Mouth {
            wire: wire.clone(),
            watch: self.watch,
            epoch: self.epoch,
            lane,
            pulse,
            stop: Arc::clone(&self.stop),
        };
        let ground = Arc::clone(&self.ground);
        let begun = wire.go(&format!("{lane:?}"), move || {
            if catch_unwind(AssertUnwindSafe(|| perform(&mouth, &ground, ask))).is_err() {
                tracing::error!(?lane, "a look at a watched folder panicked");
            }
            // Nobody who has gone needs the end.
            let _ = mouth.say(Answer::Through);
        });
        if let Err(error) = begun {
            tracing::warn!(%error, ?lane, "a thread could not be started");
            self.through(lane);
            return false;
        }
        true
    }
}

/// The answering side of a question.
struct Mouth {
    wire: Wire,
    watch: i64,
    epoch: u64,
    lane: Lane,
    pulse: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
}

impl Mouth {
    fn say(&self, answer: Answer) -> ControlFlow<()> {
        self.pulse.fetch_add(1, Ordering::Relaxed);
        if self.stop.load(Ordering::Relaxed) {
            return ControlFlow::Break(());
        }
        self.wire.say(Said { watch: self.watch, epoch: self.epoch, lane: Some(self.lane), answer })
    }
}

/// Answers a question. Every `Break` means that nobody listens any more.
fn perform(mouth: &Mouth, ground: &Arc<dyn Ground>, ask: Ask) -> ControlFlow<()> {
    match ask {
        Ask::Look { paths } => look(mouth, ground.as_ref(), paths),
        Ask::Listen => {
            let (wire, watch, epoch) = (mouth.wire.clone(), mouth.watch, mouth.epoch);
            let told = move |told| {
                // Who has gone needs no hints.
                let _ = wire.say(Said { watch, epoch, lane: None, answer: Answer::Told(told) });
            };
            mouth.say(Answer::Listening(ground.listen(Box::new(told))))
        }
        Ask::Walk => walk(mouth, ground.as_ref()),
        Ask::Examine { files } => {
            for file in files {
                let result = examine(ground.as_ref(), &file);
                mouth.say(Answer::Examined { num: file.num, result })?;
            }
            ControlFlow::Continue(())
        }
        Ask::Move { file, folder } => {
            let result = ground.move_into(&file.entry, &folder);
            mouth.say(Answer::Moved { num: file.num, result })
        }
        Ask::Discard { num } => mouth.say(Answer::Discarded { num, result: ground.discard(ArrivalId(num)) }),
        Ask::Fetch { file } => {
            let mut told = 0;
            let result = ground.fetch(ArrivalId(file.num), &file.entry, &mouth.stop, &mut |done, total| {
                mouth.pulse.fetch_add(1, Ordering::Relaxed);
                if done.saturating_sub(told) >= (total / 50).max(1) {
                    told = done;
                    let _ = mouth.say(Answer::Fetching { num: file.num, done, total });
                }
            });
            mouth.say(Answer::Fetched { num: file.num, result })
        }
        Ask::Hash { file, others } => hash(mouth, ground.as_ref(), &file, others),
        Ask::Usable { folder } => {
            let result = files::try_writing(&folder);
            mouth.say(Answer::Usable { folder, result })
        }
    }
}

/// What is said to be gone is believed only when the place itself is well before and after.
fn look(mouth: &Mouth, ground: &dyn Ground, paths: Vec<String>) -> ControlFlow<()> {
    let before = ground.root();
    let is_well = before.is_ok();
    mouth.say(Answer::Root(before))?;
    if !is_well || paths.is_empty() {
        return ControlFlow::Continue(());
    }
    let mut looked = Vec::new();
    for path in paths {
        let found = ground.look(&path);
        mouth.pulse.fetch_add(1, Ordering::Relaxed);
        looked.push((path, found));
    }
    if looked.iter().any(|(_, found)| !matches!(found, Ok(Looked::File(_)))) {
        let after = ground.root();
        let is_well = after.is_ok();
        mouth.say(Answer::Root(after))?;
        if !is_well {
            return ControlFlow::Continue(());
        }
    }
    mouth.say(Answer::Looked(looked))
}

fn walk(mouth: &Mouth, ground: &dyn Ground) -> ControlFlow<()> {
    let before = ground.root();
    let is_well = before.is_ok();
    mouth.say(Answer::Root(before))?;
    if !is_well {
        return ControlFlow::Continue(());
    }
    let walked = ground.walk(&mut |found| mouth.say(Answer::Found(found)));
    let after = ground.root();
    let is_well = after.is_ok();
    mouth.say(Answer::Root(after))?;
    if is_well { mouth.say(Answer::Walked(walked)) } else { ControlFlow::Continue(()) }
}

fn as_expected(ground: &dyn Ground, entry: &Entry) -> io::Result<bool> {
    Ok(match ground.look(&entry.path)? {
        Looked::File(now) => now == *entry,
        Looked::Folder | Looked::Sidecar | Looked::Other | Looked::Nothing => false,
    })
}

fn examine(ground: &dyn Ground, file: &Wanted) -> io::Result<Option<Contents>> {
    if !as_expected(ground, &file.entry)? {
        return Ok(None);
    }
    let fingerprint = ground.sampled(ArrivalId(file.num), &file.entry.path)?;
    let sidecar = ground.sidecar(&file.entry.path)?;
    Ok(as_expected(ground, &file.entry)?.then_some(Contents { fingerprint, sidecar }))
}

fn hash(mouth: &Mouth, ground: &dyn Ground, file: &Wanted, others: Vec<(i64, Wanted)>) -> ControlFlow<()> {
    let one = |file: &Wanted| -> io::Result<Option<String>> {
        if !as_expected(ground, &file.entry)? {
            return Ok(None);
        }
        let sha256 = ground.whole(ArrivalId(file.num), &file.entry.path, &mouth.stop)?;
        Ok(as_expected(ground, &file.entry)?.then_some(sha256))
    };
    let result = one(file);
    let mut hashes = Vec::new();
    for (content, other) in others {
        // One that cannot be read cannot be compared with.
        if let Ok(Some(sha256)) = one(&other) {
            hashes.push((content, sha256));
        }
    }
    mouth.say(Answer::Hashed { num: file.num, result, others: hashes })
}
