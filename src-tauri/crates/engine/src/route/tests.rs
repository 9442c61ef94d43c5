//! Every reason once, and what holds whatever the figures are.

use proptest::prelude::*;
use spillway_cloud::price::Money;
use spillway_profile::EnginePolicy;

use super::*;

const MIN: i64 = 60_000;

/// Everything is possible, nothing presses: in 50 min here, in 20 there, for 30 cents.
fn at() -> Crossroads {
    Crossroads {
        wish: EngineWish::Auto,
        policy: EnginePolicy::Any,
        now_ms: 0,
        deadline_ms: None,
        local_finish_ms: Some(50 * MIN),
        cloud_finish_ms: Some(20 * MIN),
        cloud_cost: Some(Money { low_microusd: 200_000, high_microusd: 300_000 }),
        local_cost_microusd: 0,
        against_cloud: None,
        patience_ms: Some(60 * MIN),
    }
}

fn why() -> String {
    "Because.".to_owned()
}

fn cases() -> Vec<(&'static str, bool, Crossroads)> {
    use EngineWish::{Cloud, Local};
    let policy = |policy, wish| Crossroads { wish, policy, ..at() };
    let against = |against| Crossroads { against_cloud: Some(against), ..at() };
    let asked = |against| Crossroads { wish: Cloud, against_cloud: Some(against), ..at() };
    let times = |local, cloud, deadline: Option<i64>| Crossroads {
        local_finish_ms: local,
        cloud_finish_ms: cloud,
        deadline_ms: deadline.map(|minutes| minutes * MIN),
        ..at()
    };
    let some = |minutes: i64| Some(minutes * MIN);
    vec![
        ("asked-local", true, policy(EnginePolicy::Any, Local)),
        ("asked-cloud", true, policy(EnginePolicy::Any, Cloud)),
        ("profile-local", true, policy(EnginePolicy::Local, EngineWish::Auto)),
        ("profile-cloud", true, policy(EnginePolicy::Cloud, EngineWish::Auto)),
        ("profile-forbids-local", false, policy(EnginePolicy::Cloud, Local)),
        ("profile-forbids-cloud", false, policy(EnginePolicy::Local, Cloud)),
        ("not-set-up", true, against(AgainstCloud::NotSetUp)),
        ("not-set-up", false, asked(AgainstCloud::NotSetUp)),
        ("nothing-to-encode", true, against(AgainstCloud::NothingToEncode)),
        ("out-of-reach", true, against(AgainstCloud::OutOfReach { why: why() })),
        ("unsupported", true, against(AgainstCloud::Unsupported { why: why() })),
        ("unsupported", false, asked(AgainstCloud::Unsupported { why: why() })),
        ("over-budget", true, against(AgainstCloud::OverBudget { why: why() })),
        ("over-budget", false, asked(AgainstCloud::OverBudget { why: why() })),
        ("failed-there", true, against(AgainstCloud::Failed { why: why() })),
        ("in-time-here", true, times(some(50), some(20), Some(50))),
        ("in-time-there", true, times(some(51), some(50), Some(50))),
        ("in-time-there-unknown-here", true, times(None, some(50), Some(50))),
        ("unknown-here", true, times(None, some(51), Some(50))),
        ("unknown-here", true, times(None, some(20), None)),
        ("late-here", true, times(some(51), some(51), Some(50))),
        ("late-there", true, times(some(52), some(51), Some(50))),
        ("unknown-there", true, times(some(500), None, Some(50))),
        ("soon-enough-here", true, times(some(60), some(20), None)),
        ("no-hurry", true, Crossroads { patience_ms: None, ..times(some(600), some(20), None) }),
        ("sooner-there", true, times(some(61), some(60), None)),
        ("sooner-here", true, times(some(61), some(61), None)),
        ("cheaper-there", true, Crossroads { local_cost_microusd: 300_001, ..at() }),
        ("soon-enough-here", true, Crossroads { local_cost_microusd: 300_000, ..at() }),
    ]
}

#[test]
fn every_reason_is_given() {
    let mut given = Vec::new();
    for (id, goes, at) in cases() {
        let decided = decide(&at);
        assert_eq!(decided.is_ok(), goes, "{id}: {decided:?}");
        let route = decided.unwrap_or_else(|refused| refused);
        assert_eq!(route.id, id, "{route:?}");
        let names = ROUTE_IDS.iter().find(|(known, _)| *known == id).unwrap().1;
        let mut told: Vec<&str> = route.values.keys().map(String::as_str).collect();
        let mut expected = names.to_vec();
        told.sort_unstable();
        expected.sort_unstable();
        assert_eq!(told, expected, "{id}");
        assert!(route.text.ends_with('.') && !route.text.contains("  "), "{}", route.text);
        given.push(id);
    }
    for (id, _) in ROUTE_IDS {
        assert!(given.contains(id), "{id} is never given");
    }
}

#[test]
fn the_sentence_holds_the_figures() {
    let route =
        decide(&Crossroads { deadline_ms: Some(30 * MIN), local_finish_ms: Some(200 * MIN - 1), ..at() });
    assert_eq!(
        route.unwrap().text,
        "This machine needs 3 h 20 min and would miss the deadline, which is 30 min away; the cloud needs 20 min."
    );
}

fn crossroads() -> impl Strategy<Value = Crossroads> {
    let against = prop::option::weighted(
        0.3,
        prop::sample::select(vec![
            AgainstCloud::NotSetUp,
            AgainstCloud::NothingToEncode,
            AgainstCloud::OverBudget { why: why() },
        ]),
    );
    let time = || prop::option::of(-100_000_000_i64..1_000_000_000);
    let wish = prop::sample::select(vec![EngineWish::Auto, EngineWish::Local, EngineWish::Cloud]);
    let policy = prop::sample::select(vec![EnginePolicy::Any, EnginePolicy::Local, EnginePolicy::Cloud]);
    let patience = prop::option::of(0_i64..1_000_000_000);
    let cost = (prop::option::of(0_i64..2_000_000), 0_i64..2_000_000);
    (wish, policy, time(), time(), time(), against, patience, cost).prop_map(
        |(wish, policy, deadline_ms, local_finish_ms, cloud_finish_ms, against_cloud, patience_ms, cost)| {
            Crossroads {
                wish,
                policy,
                now_ms: 0,
                deadline_ms,
                local_finish_ms,
                cloud_finish_ms,
                cloud_cost: cost.0.map(Money::exactly),
                local_cost_microusd: cost.1,
                against_cloud,
                patience_ms,
            }
        },
    )
}

proptest! {
    #[test]
    fn the_cloud_is_never_taken_while_something_stands_against_it(at in crossroads()) {
        if at.against_cloud.is_some() {
            prop_assert!(decide(&at).map_or(true, |route| route.engine == EngineKind::Local));
        }
    }

    #[test]
    fn profile_and_wish_are_never_gone_against(at in crossroads()) {
        let Ok(route) = decide(&at) else { return Ok(()) };
        let allowed = match route.engine {
            EngineKind::Local => at.policy != EnginePolicy::Cloud && at.wish != EngineWish::Cloud,
            EngineKind::Cloud => at.policy != EnginePolicy::Local && at.wish != EngineWish::Local,
        };
        prop_assert!(allowed, "{route:?}");
    }

    #[test]
    fn auto_is_always_done_where_the_profile_leaves_the_choice(at in crossroads()) {
        let at = Crossroads { wish: EngineWish::Auto, policy: EnginePolicy::Any, ..at };
        prop_assert!(decide(&at).is_ok());
    }

    #[test]
    fn more_to_do_here_never_keeps_a_job_here(at in crossroads(), more in 0_i64..1_000_000_000) {
        let Some(local) = at.local_finish_ms else { return Ok(()) };
        let busier = Crossroads { local_finish_ms: Some(local + more), ..at.clone() };
        if decide(&at).is_ok_and(|route| route.engine == EngineKind::Cloud) {
            prop_assert!(decide(&busier).is_ok_and(|route| route.engine == EngineKind::Cloud));
        }
    }

    #[test]
    fn a_deadline_that_can_be_met_is_met(at in crossroads()) {
        let at = Crossroads { wish: EngineWish::Auto, policy: EnginePolicy::Any, against_cloud: None, ..at };
        let (Some(deadline), Some(local), Some(cloud)) = (at.deadline_ms, at.local_finish_ms, at.cloud_finish_ms) else {
            return Ok(());
        };
        let deadline = deadline.max(0);
        if local.min(cloud).max(0) <= deadline {
            let end = match decide(&at).unwrap().engine { EngineKind::Local => local, EngineKind::Cloud => cloud };
            prop_assert!(end <= deadline);
        }
    }

    #[test]
    fn every_reason_has_its_id(at in crossroads()) {
        let route = decide(&at).unwrap_or_else(|refused| refused);
        prop_assert!(ROUTE_IDS.iter().any(|(id, _)| *id == route.id));
    }
}
