//! What tests of other processes do to the server: `/simulator/...`, neither signed, counted nor throttled.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Method, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    faults::Faults,
    reply::{Refusal, response},
    state::Shared,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Move {
    /// Seconds that the clock is moved on.
    #[serde(default)]
    advance: f64,
    /// Seconds it shows in a second.
    #[serde(default)]
    speed: Option<f64>,
}

pub(crate) fn answer(shared: &Shared, method: &Method, path: &str, body: &Bytes) -> Response<Full<Bytes>> {
    run(shared, method, path, body).map_or_else(|refusal| refusal.response(), |reply| response(200, &reply))
}

fn run(shared: &Shared, method: &Method, path: &str, body: &Bytes) -> Result<Value, Refusal> {
    let bad = |error: serde_json::Error| Refusal::bad(error.to_string());
    match (method.as_str(), path) {
        ("GET", "bill") => {
            let bill = shared.settled().jobs.bill();
            serde_json::to_value(&bill).map_err(bad)
        }
        ("GET", "jobs") => serde_json::to_value(shared.settled().jobs.records()).map_err(bad),
        ("GET", "calls") => serde_json::to_value(shared.settled().throttle.calls()).map_err(bad),
        ("GET", "faults") => serde_json::to_value(&shared.settled().faults).map_err(bad),
        ("PUT", "faults") => {
            let faults: Faults = serde_json::from_slice(body).map_err(bad)?;
            shared.settled().faults = faults;
            Ok(json!({}))
        }
        ("POST", "clock") => {
            let wish: Move = serde_json::from_slice(body).map_err(bad)?;
            let by = Duration::try_from_secs_f64(wish.advance);
            shared.clock.advance(by.map_err(|error| Refusal::bad(error.to_string()))?);
            if let Some(speed) = wish.speed {
                shared.clock.set_speed(speed);
            }
            Ok(json!({ "now": shared.clock.now() }))
        }
        _ => Err(Refusal::missing("GET bill, jobs, calls, faults; PUT faults; POST clock")),
    }
}
