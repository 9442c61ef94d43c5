//! The thread that tells others while the queue is run here: writes down what happened since, and sends what is
//! due. Each message goes out on a thread of its own that owns all it needs, so that no host can hold up another
//! channel, a delivery, or the end of the program.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, Sender},
    },
    time::Duration,
};

use rusqlite::Connection;
use spillway_notification::{Again, NotTaken, Taken};

use super::{
    fan::{self, Reading},
    record,
    retry::TROUBLED,
};
use crate::{
    db::{self, ChannelRow, DueMessage, Tx},
    error::EngineError,
    run::{Shift, Tools},
};

/// When the engine leaves, what is due is still begun for so long (ms) …
const BEGIN_MS: i64 = 3_000;
/// … what is on its way is called off after so long …
const CALL_OFF_MS: i64 = 4_500;
/// … and not waited for any more after so long. It stays waiting.
const LEAVE_MS: i64 = 5_000;

/// Sends them until the shift ends, and then what is due by then.
pub(crate) fn attend(tools: &Tools<'_>, shift: &Shift) -> Result<(), EngineError> {
    let mut desk = Desk::open(tools, shift.line())?;
    while !shift.stopping() {
        let due = desk.turn()?;
        // Who waits for the end of all work does not wait for a host that hangs.
        let prompt = desk.prompt_until().filter(|_| shift.until_idle);
        shift.set_idle(desk.flights.is_empty() || (shift.until_idle && prompt.is_none()));
        shift.wait(tools.clock, [due, prompt].into_iter().flatten().min());
    }
    desk.leave()
}

/// What came of a try.
struct Answer {
    channel: i64,
    sent: Result<Taken, NotTaken>,
}

/// A message on its way.
struct Flight {
    message: i64,
    begun_ms: i64,
    cancel: Arc<AtomicBool>,
}

struct Desk<'a> {
    tools: &'a Tools<'a>,
    connection: Connection,
    reading: Reading,
    /// By channel: never more than one message of each.
    flights: BTreeMap<i64, Flight>,
    answer: Sender<Answer>,
    answers: Receiver<Answer>,
    line: Sender<()>,
    tidied_ms: Option<i64>,
}

impl<'a> Desk<'a> {
    fn open(tools: &'a Tools<'a>, line: Sender<()>) -> Result<Self, EngineError> {
        let (answer, answers) = mpsc::channel();
        Ok(Self {
            tools,
            connection: db::open(&tools.config.data_dir)?,
            reading: Reading::default(),
            flights: BTreeMap::new(),
            answer,
            answers,
            line,
            tidied_ms: None,
        })
    }

    /// Everything that can be done now; gives when something is due again, ms UTC.
    fn turn(&mut self) -> Result<Option<i64>, EngineError> {
        while let Ok(answer) = self.answers.try_recv() {
            self.record(&answer)?;
        }
        while self.reading.any_news(&self.connection)? {
            let tx = Tx::begin(&mut self.connection, self.tools.clock.now_ms())?;
            fan::fan_out(&tx)?;
            tx.commit()?;
        }
        let due = self.send_due()?;
        self.tidy()?;
        Ok(due)
    }

    /// Until when an answer may still be called prompt, ms UTC; `None`: there is none to wait for.
    fn prompt_until(&self) -> Option<i64> {
        let now_ms = self.tools.clock.now_ms();
        self.flights
            .values()
            .map(|flight| flight.begun_ms.saturating_add(LEAVE_MS))
            .filter(|until| *until > now_ms)
            .min()
    }

    fn record(&mut self, answer: &Answer) -> Result<(), EngineError> {
        let Some(flight) = self.flights.remove(&answer.channel) else { return Ok(()) };
        if answer.sent.is_err() && flight.cancel.load(Ordering::SeqCst) {
            // Called off by us: nothing is known of the other side.
            return Ok(());
        }
        let tx = Tx::begin(&mut self.connection, self.tools.clock.now_ms())?;
        let outcome = record::Outcome {
            channel: answer.channel,
            message: flight.message,
            begun_ms: flight.begun_ms,
            sent: &answer.sent,
        };
        record::record(&tx, &outcome, self.tools.chance)?;
        tx.commit()
    }

    /// Begins the next message of every channel that can take one.
    fn send_due(&mut self) -> Result<Option<i64>, EngineError> {
        let now_ms = self.tools.clock.now_ms();
        let mut due: Option<i64> = None;
        let mut wait = |at: Option<i64>| due = [due, at].into_iter().flatten().min();
        for channel in db::channel_rows(&self.connection)? {
            if channel.settings.paused || self.flights.contains_key(&channel.num) {
                continue;
            }
            if let Some(resume) = channel.resume_ms.filter(|resume| *resume > now_ms) {
                wait(Some(resume).filter(|_| db::any_waiting(&self.connection, channel.num).unwrap_or(true)));
                continue;
            }
            let failing = channel.failures >= TROUBLED;
            match db::next_message(&self.connection, channel.num, failing, now_ms)? {
                Some(message) => self.begin(&channel, message, now_ms)?,
                None => wait(db::next_message_due(&self.connection, channel.num)?),
            }
        }
        Ok(due)
    }

    fn begin(&mut self, channel: &ChannelRow, due: DueMessage, now_ms: i64) -> Result<(), EngineError> {
        let secret = db::secret(&self.connection, channel.num)?;
        let cancel = Arc::new(AtomicBool::new(false));
        let flight = Flight { message: due.num, begun_ms: now_ms, cancel: Arc::clone(&cancel) };
        let (post, target, num) = (Arc::clone(self.tools.post), channel.settings.target.clone(), channel.num);
        let (answer, line) = (self.answer.clone(), self.line.clone());
        tracing::debug!(
            channel = channel.settings.name,
            topic = due.message.topic,
            attempt = due.attempt + 1,
            "sends"
        );
        let thread = std::thread::Builder::new().name("message".to_owned());
        thread
            .spawn(move || {
                let attempt = || post.send(&target, secret.as_ref(), &due.message, &cancel);
                let sent = catch_unwind(AssertUnwindSafe(attempt)).unwrap_or_else(|_| {
                    let why = "Inside Spillway: sending the message panicked.".to_owned();
                    Err(NotTaken { why, again: Again::Later })
                });
                // Whoever is gone by now sends the message again.
                let _ = answer.send(Answer { channel: num, sent });
                let _ = line.send(());
            })
            .map_err(EngineError::Thread)?;
        self.flights.insert(num, flight);
        Ok(())
    }

    fn tidy(&mut self) -> Result<(), EngineError> {
        let now_ms = self.tools.clock.now_ms();
        if self.tidied_ms.is_none_or(|last| record::is_untidy(last, now_ms)) {
            let more = record::tidy(&mut self.connection, now_ms)?;
            self.tidied_ms = (!more).then_some(now_ms);
        }
        Ok(())
    }

    /// Sends what is due by now: a command that delivers and ends tells of it first.
    fn leave(mut self) -> Result<(), EngineError> {
        let begun_ms = self.tools.clock.now_ms();
        loop {
            let spent_ms = self.tools.clock.now_ms().saturating_sub(begun_ms);
            if spent_ms < BEGIN_MS {
                self.turn()?;
            }
            if self.flights.is_empty() || spent_ms >= LEAVE_MS {
                return Ok(());
            }
            if spent_ms >= CALL_OFF_MS {
                self.flights.values().for_each(|flight| flight.cancel.store(true, Ordering::SeqCst));
            }
            let until_ms = begun_ms + if spent_ms < CALL_OFF_MS { CALL_OFF_MS } else { LEAVE_MS };
            let patience = self.tools.clock.patience(Some(until_ms), false, Duration::from_millis(100));
            if let Ok(answer) = self.answers.recv_timeout(patience) {
                self.record(&answer)?;
            }
        }
    }
}
