//! `estimate`: what each engine would need and take.

use serde::Serialize;
use spillway_cloud::price::{Money, Tier};
use spillway_engine::{
    cost::{EngineOffer, EstimateLine},
    route::{EngineKind, Route},
};

use crate::{
    Session,
    args::cloud::Estimate,
    documents::lossy,
    exit::{CommandError, Exit},
    explain, moment,
    out::Paint,
    text,
};

/// `estimate --json`.
#[derive(Serialize)]
struct Document {
    estimates: Vec<Row>,
}

/// See [`Document`].
#[derive(Serialize)]
struct Row {
    source: String,
    profile: String,
    engines: Vec<EngineOffer>,
    auto: Route,
}

/// Estimates every file for every profile.
pub(crate) fn estimate(session: &Session<'_>, what: &Estimate) -> Result<Exit, CommandError> {
    let deadline = what.deadline.as_deref().map(|text| moment::deadline(text, moment::now())).transpose()?;
    let profiles =
        what.profiles.iter().map(|name| session.profile(name)).collect::<Result<Vec<_>, CommandError>>()?;
    let engine = session.engine(None)?;
    let (mut document, mut exit) = (Document { estimates: Vec::new() }, Exit::Done);
    for file in &what.files {
        for profile in &profiles {
            match engine.estimate(file, profile, deadline) {
                Ok((engines, auto)) => {
                    let row = Row { source: lossy(file), profile: profile.id.clone(), engines, auto };
                    if !session.out.json() {
                        session.out.result(&words(&row, &text::path(file), session.out.paint()));
                    }
                    document.estimates.push(row);
                }
                Err(failure) => {
                    session.out.note(&explain::failure(&failure, session.out.note_paint()));
                    exit = Exit::Faults;
                }
            }
        }
    }
    if session.out.json() {
        session.out.document(&document);
    }
    Ok(exit)
}

fn words(row: &Row, file: &str, paint: Paint) -> String {
    let mut lines = vec![paint.strong(&format!("{file} for {}", text::escape(&row.profile)))];
    let mut table = Vec::new();
    for offer in &row.engines {
        table.push(vec![
            format!("  {}", name(offer.engine)),
            offer.cost.map_or_else(|| "price unknown".to_owned(), money),
            offer.work_ms.map_or_else(String::new, |ms| format!("about {}", text::span(ms))),
            offer
                .against
                .as_ref()
                .map_or_else(String::new, |against| paint.odd(&text::escape(&against.text))),
        ]);
    }
    lines.push(text::table(&table).trim_end().to_owned());
    let details: Vec<Vec<String>> = row.engines.iter().flat_map(|offer| &offer.lines).map(detail).collect();
    if !details.is_empty() {
        lines.push(text::table(&details).trim_end().to_owned());
    }
    lines.push(format!("  auto takes {}: {}", name(row.auto.engine), text::escape(&row.auto.text)));
    lines.push(String::new());
    lines.join("\n")
}

fn detail(line: &EstimateLine) -> Vec<String> {
    let tier = match line.tier {
        Some(Tier::Basic) => ", basic",
        Some(Tier::Professional) => ", professional",
        None => "",
    };
    vec![
        format!("    {}{tier}", word(&line.resource)),
        text::escape(&line.of),
        format!("{:.3} {}", line.quantity, word(&line.unit)),
        money(line.amount),
        text::escape(&line.because),
    ]
}

/// The word that JSON has for it, with blanks.
pub(crate) fn word(value: &impl Serialize) -> String {
    let json = serde_json::to_value(value).unwrap_or_default();
    json.as_str().unwrap_or_default().replace('-', " ")
}

/// An engine for people.
pub(crate) fn name(engine: EngineKind) -> &'static str {
    match engine {
        EngineKind::Local => "this machine",
        EngineKind::Cloud => "cloud",
    }
}

/// An amount, or both its ends.
pub(crate) fn money(amount: Money) -> String {
    if amount.low_microusd == amount.high_microusd {
        return text::dollars(amount.low_microusd);
    }
    format!("{} to {}", text::dollars(amount.low_microusd), text::dollars(amount.high_microusd))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn both_engines_and_the_reason_are_shown() {
        let route = |engine, text: &str| Route {
            engine,
            id: "id".into(),
            text: text.into(),
            values: BTreeMap::new(),
        };
        let offer = |engine, cost, against| EngineOffer {
            engine,
            against,
            cost,
            work_ms: Some(60_000),
            lines: vec![],
            price_book: String::new(),
        };
        let row = Row {
            source: "/a".into(),
            profile: "web".into(),
            engines: vec![
                offer(EngineKind::Local, Some(Money::default()), None),
                offer(
                    EngineKind::Cloud,
                    Some(Money { low_microusd: 1_500_000, high_microusd: 2_000_000 }),
                    Some(route(EngineKind::Local, "No bucket is set.")),
                ),
            ],
            auto: route(EngineKind::Local, "The cloud is not set up."),
        };
        let said = words(&row, "/a", Paint::PLAIN);
        for part in
            ["this machine", "$0.00", "$1.50 to $2.00", "No bucket is set.", "auto takes this machine"]
        {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
}
