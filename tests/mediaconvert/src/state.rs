//! Everything the server knows, and how jobs move on as its clock does.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, atomic::AtomicBool},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    Media, Options, SimulatorError,
    bill::Made,
    clock::Clock,
    faults::{Faults, What},
    jobs::{Job, Jobs, Status, array, inputs},
    model::Model,
    names,
    queues::Queues,
    templates::Templates,
    throttle::Throttle,
};

/// What all threads share.
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) model: Model,
    pub(crate) clock: Clock,
    state: Mutex<State>,
    /// Told when something changes.
    pub(crate) changed: Condvar,
}

/// What changes.
pub(crate) struct State {
    pub(crate) jobs: Jobs,
    pub(crate) queues: Queues,
    pub(crate) templates: Templates,
    /// Of everything that has an ARN.
    pub(crate) tags: BTreeMap<String, BTreeMap<String, String>>,
    pub(crate) throttle: Throttle,
    pub(crate) faults: Faults,
    /// Job and time of a request token.
    tokens: BTreeMap<String, (usize, f64)>,
    /// Jobs that may start, in order: higher priority first, then first come.
    waiting: BTreeSet<(Reverse<i64>, usize)>,
    /// Jobs without media by when they are done, milliseconds since 1970.
    due: BTreeSet<(u64, usize)>,
    /// Jobs for the threads that transcode.
    pub(crate) work: std::collections::VecDeque<usize>,
    /// Up to when all this is true.
    at: f64,
    pub(crate) stopped: bool,
}

impl Shared {
    pub(crate) fn new(options: Options) -> Result<Self, SimulatorError> {
        let model = Model::of_environment(&options.environment)?;
        let clock = Clock::new(options.speed);
        let now = clock.now();
        let state = State {
            jobs: Jobs::default(),
            queues: Queues::new(options.concurrent_jobs, now),
            templates: Templates::default(),
            tags: BTreeMap::new(),
            throttle: Throttle::new(options.rate, options.burst, now),
            faults: Faults::default(),
            tokens: BTreeMap::new(),
            waiting: BTreeSet::new(),
            due: BTreeSet::new(),
            work: std::collections::VecDeque::new(),
            at: now,
            stopped: false,
        };
        Ok(Self { options, model, clock, state: Mutex::new(state), changed: Condvar::new() })
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state as of now.
    pub(crate) fn settled(&self) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        let now = self.clock.now();
        let waiting = state.work.len();
        state.settle(now, &self.options.media);
        if state.work.len() > waiting {
            self.changed.notify_all();
        }
        state
    }

    pub(crate) fn stop(&self) {
        let mut state = self.lock();
        state.stopped = true;
        for job in &state.jobs.list {
            job.cancelled.store(true, std::sync::atomic::Ordering::Relaxed);
        }
        self.changed.notify_all();
    }

    pub(crate) fn wait_idle(&self, patience: Duration) -> bool {
        let end = Instant::now() + patience;
        loop {
            let state = self.settled();
            let held = |job: &&Job| !matches!(job.fault, Some(What::Stuck | What::Hung));
            if state.jobs.list.iter().filter(held).all(|job| job.status.is_final()) {
                return true;
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            // The clock may bring the next change without anybody telling.
            let nap = left.min(Duration::from_millis(20));
            drop(self.changed.wait_timeout(state, nap).unwrap_or_else(PoisonError::into_inner));
        }
    }
}

impl State {
    /// The job that a request token stands for.
    pub(crate) fn by_token(&self, token: &str, now: f64, window: f64) -> Option<usize> {
        self.tokens.get(token).filter(|(_, since)| now - since < window).map(|(job, _)| *job)
    }

    /// Takes a job that was found to be right.
    pub(crate) fn accept(&mut self, request: Value, queue: &str, now: f64, media: &Media) -> usize {
        let number = self.jobs.list.len() as u64 + 1;
        let fault = self.faults.of_job(number, &inputs(&request));
        let priority = request["priority"].as_i64().unwrap_or(0);
        let token = request["clientRequestToken"].as_str().map(str::to_owned);
        let mut job = Job {
            id: format!("{}-{number:06x}", milliseconds(now)),
            request,
            queue: queue.to_owned(),
            priority,
            status: Status::Submitted,
            phase: "PROBING",
            percent: 0,
            created: now,
            started: None,
            finished: None,
            error: None,
            groups: Vec::new(),
            fault,
            cancelled: Arc::new(AtomicBool::new(false)),
            history: Vec::new(),
        };
        job.enter(Status::Submitted, now);
        let stuck = job.fault == Some(What::Stuck);
        let place = self.jobs.add(job);
        if !stuck {
            self.waiting.insert((Reverse(priority), place));
        }
        if let Some(token) = token {
            self.tokens.insert(token, (place, now));
        }
        self.count(queue, 1, 0);
        self.settle(now, media);
        place
    }

    /// Whether there was anything to cancel.
    pub(crate) fn cancel(&mut self, place: usize, now: f64, media: &Media) -> bool {
        let job = &mut self.jobs.list[place];
        if job.status.is_final() {
            return false;
        }
        let waited = self.waiting.remove(&(Reverse(job.priority), place)) || job.status == Status::Submitted;
        let queue = job.queue.clone();
        job.enter(Status::Canceled, now);
        self.due.retain(|(_, one)| *one != place);
        self.work.retain(|one| *one != place);
        if waited {
            self.count(&queue, -1, 0);
        } else {
            self.count(&queue, 0, -1);
        }
        self.settle(now, media);
        true
    }

    /// Ends a job that runs, unless it was cancelled meanwhile.
    pub(crate) fn finish(&mut self, place: usize, result: Result<Vec<Vec<Made>>, (u32, String)>, now: f64) {
        let job = &mut self.jobs.list[place];
        if job.status != Status::Progressing {
            return;
        }
        let queue = job.queue.clone();
        let result = match &job.fault {
            Some(What::JobError { code, message }) => Err((*code, told(*code, message))),
            _ => result,
        };
        match result {
            Ok(groups) => {
                job.groups = groups;
                job.enter(Status::Complete, now);
            }
            Err(error) => {
                job.error = Some(error);
                job.enter(Status::Error, now);
            }
        }
        self.count(&queue, 0, -1);
    }

    /// Lets everything happen that should have happened until now, in its order.
    pub(crate) fn settle(&mut self, now: f64, media: &Media) {
        loop {
            self.start(media);
            let Some((due, place)) = self.due.first().copied().filter(|(due, _)| *due <= milliseconds(now))
            else {
                break;
            };
            self.due.remove(&(due, place));
            self.at = self.at.max(from_milliseconds(due));
            match media {
                Media::None { file: None, duration_ms, .. } => {
                    let groups = claimed(&self.jobs.list[place].request, *duration_ms);
                    self.finish(place, Ok(groups), self.at);
                }
                _ => self.work.push_back(place),
            }
        }
        self.at = self.at.max(now);
        self.start(media);
        if let Media::None { seconds, .. } = media {
            self.show_progress(*seconds);
        }
    }

    /// Starts what the queues let.
    fn start(&mut self, media: &Media) {
        let running: u32 = self.queues.all.values().map(|queue| queue.progressing).sum();
        let mut left = self.queues.total.saturating_sub(running);
        let share = self.queues.free();
        let mut room: BTreeMap<String, u32> = BTreeMap::new();
        for queue in self.queues.all.values().filter(|queue| !queue.paused && queue.submitted > 0) {
            let places = queue.concurrent.unwrap_or(share).saturating_sub(queue.progressing);
            if places > 0 {
                room.insert(queue.name.clone(), places);
            }
        }
        let mut chosen = Vec::new();
        for entry in &self.waiting {
            if left == 0 || room.is_empty() {
                break;
            }
            let queue = &self.jobs.list[entry.1].queue;
            let Some(places) = room.get_mut(queue) else { continue };
            *places -= 1;
            left -= 1;
            if *places == 0 {
                room.remove(queue);
            }
            if let Some(queue) = self.queues.all.get_mut(queue) {
                queue.progressing += 1;
                queue.submitted = queue.submitted.saturating_sub(1);
            }
            chosen.push(*entry);
        }
        for entry in chosen {
            self.waiting.remove(&entry);
            let job = &mut self.jobs.list[entry.1];
            job.enter(Status::Progressing, self.at);
            match (&job.fault, media) {
                (Some(What::Hung), _) => {}
                (_, Media::None { seconds, .. }) => {
                    self.due.insert((milliseconds(self.at + seconds), entry.1));
                }
                (_, Media::Real) => self.work.push_back(entry.1),
            }
        }
    }

    fn show_progress(&mut self, seconds: f64) {
        for (_, place) in &self.due {
            let job = &mut self.jobs.list[*place];
            let done = (self.at - job.started.unwrap_or(self.at)) / seconds.max(0.001);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 99")]
            let percent = (done * 100.0).clamp(0.0, 99.0) as u32;
            job.percent = percent;
            job.phase = match percent {
                0..10 => "PROBING",
                10..90 => "TRANSCODING",
                _ => "UPLOADING",
            };
        }
    }

    fn count(&mut self, queue: &str, submitted: i32, progressing: i32) {
        if let Some(queue) = self.queues.all.get_mut(queue) {
            queue.submitted = queue.submitted.saturating_add_signed(submitted);
            queue.progressing = queue.progressing.saturating_add_signed(progressing);
        }
    }
}

/// What outputs are said to be that nobody made.
pub(crate) fn claimed(request: &Value, duration_ms: u64) -> Vec<Vec<Made>> {
    let groups = array(&request["settings"]["outputGroups"]).iter();
    let made = |group: &Value, output: &Value| {
        let video = &output["videoDescription"];
        let codec = &video["codecSettings"];
        let number = |value: &Value| value.as_u64().and_then(|number| u32::try_from(number).ok());
        let settings =
            codec.as_object().into_iter().flatten().map(|(_, value)| value).find(|value| value.is_object());
        let settings = settings.cloned().unwrap_or_default();
        let rate = (number(&settings["framerateNumerator"]), number(&settings["framerateDenominator"]));
        let (numerator, denominator) = (rate.0.unwrap_or(25), rate.1.unwrap_or(1));
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Made {
            duration_ms,
            width: number(&video["width"]).unwrap_or(if video.is_null() { 0 } else { 1920 }),
            height: number(&video["height"]).unwrap_or(if video.is_null() { 0 } else { 1080 }),
            frame_rate: (numerator, denominator),
            frames: duration_ms * u64::from(numerator) / (1000 * u64::from(denominator.max(1))),
            codec: text(&codec["codec"]),
            container: text(&output["containerSettings"]["container"]).unwrap_or_default(),
            quality_tuning_level: text(&settings["qualityTuningLevel"]),
            rate_control_mode: text(&settings["rateControlMode"]),
            place: names::simple(request, group, output),
        }
    };
    groups.map(|group| array(&group["outputs"]).iter().map(|output| made(group, output)).collect()).collect()
}

/// The service's words for a code, where a test says none.
fn told(code: u32, message: &str) -> String {
    if !message.is_empty() {
        return message.to_owned();
    }
    let words = match code {
        1010 => "Unable to access the input file.",
        1030 => "Video codec is not supported.",
        1040 => "Invalid settings.",
        1060 => "Invalid input clipping.",
        1401 => "Unable to write to output file: [Access Denied]",
        1404 => {
            "Unable to open input file: [Failed probe/open: [Can't read input stream: [HeadObject failed]]]"
        }
        1432 => "The provided role does not exist or cannot be assumed.",
        1517 => "Unable to write to output file.",
        1522 => "The job timed out.",
        1999 => "Unexpected error.",
        _ => "The job failed.",
    };
    words.to_owned()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "after 1970")]
fn milliseconds(time: f64) -> u64 {
    (time * 1000.0).max(0.0) as u64
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 are exact")]
fn from_milliseconds(time: u64) -> f64 {
    time as f64 / 1000.0
}
