use super::*;
use crate::task::Time;
use crate::types::Ratio;
#[test]
fn adhoc() {
    let Ok(list) = std::env::var("ADHOC") else { return };
    for file in list.split(':') {
        let input = match crate::open::open(std::path::Path::new(file)) { Ok(i) => i, Err(e) => { println!("{file}: open {e:?}"); continue } };
        let streams: Vec<_> = input.streams().filter(|s| s.params().is_audio()).map(|s| (s.index(), s.params().codec(), s.params().layout(), s.params().sample_rate())).collect();
        drop(input);
        for (stream, codec, layout, rate) in streams {
            for c in [Some(AudioCodec::Aac), Some(AudioCodec::PcmS24le), None] {
                let loud = std::env::var("LOUD").ok().filter(|_| c.is_some()).map(|l| Loudness { target_lufs: l.parse().unwrap(), true_peak_dbtp: -1.0, tolerance_lu: 0.5 });
                let task = AudioTask { source: file.into(), stream, codec: c, bit_rate: Some(160_000), sample_rate: if c.is_some() {48_000} else {rate}, channels: if c == Some(AudioCodec::Aac) { Some(2) } else { None },
                    zero: Time { ticks: 0, base: Ratio::new(1, 1000) }, fill: None, no_priming: false, loudness: loud, language: None, out: "/tmp/at/adhoc.pkt".into() };
                let t = std::time::Instant::now();
                let r = encode(&task, &mut |_| ControlFlow::Continue(()));
                let short = match r { Ok(d) => format!("start {} samples {} ({:.3}s) silence {} cut {} lufs {:?} gain {:.2} damaged {} packets {}", d.start_sample, d.samples, d.samples as f64 / f64::from(task.sample_rate), d.silence, d.cut, d.source_lufs, d.gain_db, d.damaged, d.part.packets), Err(e) => format!("{e:?}") };
                println!("{} s{stream} {codec} {layout} {rate} -> {c:?}: {short} [{:.1}s]", file.rsplit('/').next().unwrap(), t.elapsed().as_secs_f64());
            }
        }
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    println!("{}", status.lines().filter(|l| l.starts_with("VmHWM")).collect::<String>());
}
