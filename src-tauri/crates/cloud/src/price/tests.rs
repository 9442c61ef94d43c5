//! Worked examples of the service's pages, and what holds for every price.

use proptest::prelude::*;

use super::*;

fn avc(height: u32, frame_rate: f64) -> BilledOutput {
    BilledOutput {
        codec: "H_264".into(),
        width: height * 16 / 9,
        height,
        frame_rate,
        quality: "SINGLE_PASS".into(),
        container: "MP4".into(),
        rate_control: "CBR".into(),
        professional_job: false,
    }
}

fn professional(output: BilledOutput) -> BilledOutput {
    BilledOutput { professional_job: true, ..output }
}

fn book() -> &'static PriceBook {
    PriceBook::shipped()
}

/// So many equal outputs, each one after the other, in millionths of a US dollar.
fn sum(output: &BilledOutput, count: i64, ms: i64, region: &str) -> i64 {
    (0..count).map(|_| book().price(output, ms, region, 0).booked_microusd).sum()
}

#[test]
fn worked_examples() {
    let (hd25, uhd50) = (avc(1_080, 25.0), avc(2_160, 50.0));
    assert_eq!(sum(&hd25, 360, 10_000, "us-east-1"), 900_000, "an hour in segments of 10 s");
    assert_eq!(sum(&hd25, 900, 4_000, "us-east-1"), 2_250_000, "the same hour in segments of 4 s");
    assert_eq!(sum(&uhd50, 60, 60_000, "us-east-1"), 2_250_000, "an hour of 2160p50");
    let pro = professional(avc(1_080, 24.0));
    assert_eq!(sum(&pro, 1, 3_600_000, "us-east-1"), 1_440_000, "AWS says $1.44");
    assert_eq!(sum(&avc(720, 60.0), 1, 60_000, "ap-northeast-2"), 21_250, "Seoul, 720p60");
}

#[test]
fn prices_of_a_minute_before_normalised_minutes() {
    assert_eq!(sum(&avc(1_080, 30.0), 1, 60_000, "us-east-1"), 15_000, "IAD-B-AVC-HD-S-30");
    assert_eq!(sum(&professional(avc(1_080, 24.0)), 1, 60_000, "us-east-1"), 24_000);
    for (rate, microusd) in [(30.0, 17_000), (60.0, 21_250), (120.0, 25_500)] {
        assert_eq!(sum(&avc(1_080, rate), 1, 60_000, "ap-northeast-2"), microusd, "{rate}");
    }
    assert_eq!(sum(&avc(1_080, 25.0), 1, 45_000, "us-east-1"), 11_250, "45 s are 0.75 min");
    let ladder = [360, 720, 1_080, 1_080].map(|height| professional(avc(height, 30.0)));
    let minutes: i64 =
        ladder.iter().map(|one| book().price(one, 60_000, "us-east-1", 0).normalized_milliminutes).sum();
    assert_eq!(minutes, 7_000, "1+2+2+2 = 7");
    // AWS's own example of an HD output with professional features lies within what is said of it.
    let example = BilledOutput { quality: "MULTI_PASS_HQ".into(), ..avc(1_080, 30.0) };
    let price = book().price(&example, 60_000, "us-east-1", 0);
    assert_eq!(price.amount, Money { low_microusd: 24_000, high_microusd: 63_000 });
}

#[test]
fn what_makes_an_output_professional() {
    let hd = avc(1_080, 25.0);
    let with = |change: fn(&mut BilledOutput)| {
        let mut output = hd.clone();
        change(&mut output);
        book().price(&output, 60_000, "us-east-1", 0)
    };
    let basic = with(|_| {});
    assert_eq!((basic.tier, basic.because.as_str()), (Tier::Basic, ""));
    assert_eq!(with(|output| output.quality = "SINGLE_PASS_HQ".into()).amount, basic.amount);
    let sure: [fn(&mut BilledOutput); 5] = [
        |output| output.professional_job = true,
        |output| output.codec = "H_265".into(),
        |output| output.quality = "MULTI_PASS_HQ".into(),
        |output| output.container = "MOV".into(),
        |output| (output.codec, output.rate_control) = ("H_265".into(), "QVBR".into()),
    ];
    for change in sure {
        let price = with(change);
        assert_eq!(price.tier, Tier::Professional);
        assert!(!price.because.is_empty() && price.amount.low_microusd >= 24_000, "{price:?}");
    }
    let perhaps = with(|output| output.rate_control = "QVBR".into());
    assert_eq!(perhaps.amount, Money { low_microusd: 15_000, high_microusd: 24_000 });
    assert_eq!((perhaps.tier, perhaps.booked_microusd), (Tier::Basic, 15_000));
    assert!(!perhaps.because.is_empty());
}

#[test]
fn prices_fall_with_the_volume_of_the_month() {
    let hour = avc(1_080, 25.0);
    let at = |so_far| book().price(&hour, 3_600_000, "us-east-1", so_far).booked_microusd;
    assert_eq!(at(0), 900_000);
    assert_eq!(at(99_880_000), 900_000, "up to the step");
    assert_eq!(at(99_940_000), 450_000 + 318_000, "half before it, half behind it");
    assert_eq!(at(100_000_000), 636_000);
    assert_eq!(at(1_000_000_000), 456_000);
}

#[test]
fn a_region_without_prices_has_those_of_the_home_region_and_says_so() {
    let price = |region| book().price(&avc(1_080, 25.0), 60_000, region, 0);
    assert_eq!((price("mars-1").region.as_str(), price("mars-1").booked_microusd), ("us-east-1", 15_000));
    assert_eq!(price("ap-northeast-2").region, "ap-northeast-2");
    // Of Seoul only the basic price is known.
    let pro = book().price(&professional(avc(1_080, 25.0)), 60_000, "ap-northeast-2", 0);
    assert_eq!(pro.region, "us-east-1");
    let ireland = price("eu-west-1");
    assert_eq!(ireland.amount, Money { low_microusd: 15_000, high_microusd: 17_250 });
    assert_eq!(ireland.booked_microusd, 17_250, "what is not known is booked at its upper end");
}

#[test]
fn the_drivers_are_told() {
    let told = |height, rate, ms| book().price(&avc(height, rate), ms, "us-east-1", 0).drivers;
    assert_eq!(told(2_160, 50.0, 60_000), "UHD counts 4 times, 50 frames a second 1.25 times.");
    assert_eq!(told(480, 24_000.0 / 1_001.0, 60_000), "SD counts once.");
    assert_eq!(
        told(1_080, 60_000.0 / 1_001.0, 4_000),
        "HD counts 2 times, 59.94006 frames a second 1.25 times, 10 s are billed at least."
    );
}

#[test]
fn what_the_bucket_costs() {
    let egress = book().egress(3_600_000_000, "us-east-1");
    assert_eq!((egress.microusd, egress.unit_nanousd), (324_000, 90_000_000), "an hour at 8 Mbit/s");
    let calls = book().requests(1_000, 10_000, "us-east-1");
    assert_eq!(calls.microusd, 5_000 + 4_000);
    let month = 730 * 3_600_000_u128;
    assert_eq!(book().storage(1_000_000_000 * month, "us-east-1").microusd, 23_000);
    assert_eq!(book().egress(u64::MAX, "us-east-1").microusd, 1_660_206_966_633_860);
    assert!(book().storage(u128::MAX, "us-east-1").microusd > 0);
    assert_eq!(book().egress(1, "mars-1").region, "us-east-1");
}

#[test]
fn a_sound_book_is_asked_for() {
    let shipped: serde_json::Value =
        serde_json::from_str(include_str!("../../../../../profiles/prices/mediaconvert.json")).unwrap();
    let with = |at: &str, value: serde_json::Value| {
        let mut changed = shipped.clone();
        *changed.pointer_mut(at).unwrap() = value;
        PriceBook::parse(&changed.to_string()).map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(with("/schema", 1.into()), Ok(()));
    let faults = [
        ("/schema", 2.into(), "form 2"),
        ("/date", "22.11.2026".into(), "date"),
        ("/home_region", "mars-1".into(), "home_region"),
        ("/home_region", "ap-northeast-2".into(), "home_region"),
        ("/minimum_s", (-1).into(), "minimum_s"),
        ("/resolutions", serde_json::json!([]), "resolutions"),
        ("/frame_rates/0/up_to", 90.into(), "frame_rates"),
        ("/regions/us-east-1/basic/0/from_minutes", 5.into(), "regions.us-east-1.basic"),
        ("/regions/us-east-1/basic/0/usd", serde_json::json!([2, 1]), "lower end"),
        ("/regions/us-east-1/basic/0/usd", "0.0075".into(), "string"),
        ("/professional_if/4/rate_control", serde_json::json!([]), "professional_if[4]"),
        ("/dedicated/speed", 0.into(), "dedicated"),
    ];
    for (at, value, said) in faults {
        let error = with(at, value).unwrap_err();
        assert!(error.contains(said), "{at}: {error}");
    }
    assert!(PriceBook::parse("{").is_err() && PriceBook::parse("").is_err());
}

fn outputs() -> impl Strategy<Value = BilledOutput> {
    let names = |names: &'static [&'static str]| prop::sample::select(names).prop_map(str::to_owned);
    (
        names(&["H_264", "H_265", "AV1", "VP9", "PRORES", "NEW"]),
        1_u32..9_000,
        0.1_f64..240.0,
        names(&["", "SINGLE_PASS", "SINGLE_PASS_HQ", "MULTI_PASS_HQ"]),
        names(&["MP4", "MOV", "MXF", "RAW"]),
        names(&["QVBR", "CBR", "VBR", ""]),
        any::<bool>(),
    )
        .prop_map(|(codec, height, frame_rate, quality, container, rate_control, professional_job)| {
            BilledOutput {
                codec,
                width: height,
                height,
                frame_rate,
                quality,
                container,
                rate_control,
                professional_job,
            }
        })
}

const REGIONS: [&str; 4] = ["us-east-1", "eu-west-1", "ap-northeast-2", "mars-1"];

proptest! {
    #[test]
    fn longer_never_costs_less(
        output in outputs(), ms in 0_i64..400_000_000, more in 0_i64..400_000_000,
        region in prop::sample::select(&REGIONS[..]), so_far in 0_i64..2_000_000_000,
    ) {
        let short = book().price(&output, ms, region, so_far);
        let long = book().price(&output, ms + more, region, so_far);
        prop_assert!(long.amount.low_microusd >= short.amount.low_microusd);
        prop_assert!(long.amount.high_microusd >= short.amount.high_microusd);
        prop_assert!(long.booked_microusd >= short.booked_microusd);
        for price in [short, long] {
            prop_assert!((price.amount.low_microusd..=price.amount.high_microusd).contains(&price.booked_microusd));
        }
    }

    #[test]
    fn more_in_the_month_never_costs_more(output in outputs(), ms in 0_i64..400_000_000, so_far in 0_i64..2_000_000_000, more in 0_i64..2_000_000_000) {
        let price = |so_far| book().price(&output, ms, "us-east-1", so_far).booked_microusd;
        prop_assert!(price(so_far + more) <= price(so_far));
    }

    #[test]
    fn nothing_costs_less_than_ten_seconds(output in outputs(), ms in any::<i64>(), region in prop::sample::select(&REGIONS[..])) {
        let price = book().price(&output, ms, region, 0);
        let least = book().price(&output, 10_000, region, 0);
        prop_assert!(price.billed_s >= 10);
        if price.billed_s == 10 {
            prop_assert_eq!(price.amount, least.amount);
        }
        // Volume steps apart, a long output costs less a minute.
        if ms <= 3_600_000 {
            prop_assert!(price.booked_microusd >= least.booked_microusd);
        }
    }

    #[test]
    fn whole_seconds_in_parts_cost_what_the_whole_costs(
        output in outputs(), parts in prop::collection::vec(10_i64..400, 1..12), so_far in 0_i64..200_000_000,
    ) {
        let mut volume = so_far;
        let mut sum = 0;
        for seconds in &parts {
            let price = book().price(&output, seconds * 1_000, "us-east-1", volume);
            volume += price.normalized_milliminutes;
            sum += price.booked_microusd;
        }
        let whole = book().price(&output, parts.iter().sum::<i64>() * 1_000, "us-east-1", so_far);
        // Each charge is rounded once; at a volume step the thousandths of minutes are, too.
        let slack = i64::try_from(parts.len()).unwrap() * 8;
        prop_assert!((sum - whole.booked_microusd).abs() <= slack, "{sum} {}", whole.booked_microusd);
    }

    #[test]
    fn no_figures_are_too_large(output in outputs(), ms: i64, so_far: i64, bytes: u64, calls: u64, kept: u128) {
        prop_assert!(book().price(&output, ms, "us-east-1", so_far).booked_microusd > 0);
        prop_assert!(book().egress(bytes, "us-east-1").microusd >= 0);
        prop_assert!(book().requests(calls, calls, "us-east-1").microusd >= 0);
        prop_assert!(book().storage(kept, "us-east-1").microusd >= 0);
    }

    #[test]
    fn nothing_that_is_read_makes_it_panic(text in ".{0,200}") {
        prop_assert!(PriceBook::parse(&text).is_err());
    }
}
