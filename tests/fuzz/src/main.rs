//! `dormouse-fuzz [--minutes N] [--seed N] [TARGET]...`: campaigns that take their time.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a program for a terminal")]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use dormouse_fuzz::targets::{ALL, COMPILE_WORKER, Entry, Needs};
use dormouse_fuzz::{Campaign, Corpus, Found, Report};

/// What was asked for.
struct Asked {
    minutes: u64,
    seed: u64,
    targets: Vec<Entry>,
}

fn main() -> ExitCode {
    if std::env::args().nth(1).is_some_and(|argument| argument == COMPILE_WORKER) {
        return dormouse::compile_worker();
    }
    match asked(std::env::args().skip(1)) {
        Ok(asked) => all(&asked),
        Err(why) => {
            eprintln!("{why}\n\nusage: dormouse-fuzz [--minutes N] [--seed N] [TARGET]...\n");
            for Entry { name, about, .. } in ALL {
                eprintln!("  {name:10} {about}");
            }
            ExitCode::from(2)
        }
    }
}

fn asked(mut arguments: impl Iterator<Item = String>) -> Result<Asked, String> {
    let mut asked = Asked { minutes: 1, seed: another(), targets: Vec::new() };
    while let Some(argument) = arguments.next() {
        let mut number = || {
            let number = arguments.next().and_then(|number| number.parse().ok());
            number.ok_or_else(|| format!("{argument} wants a number"))
        };
        match argument.as_str() {
            "--minutes" => asked.minutes = number()?,
            "--seed" => asked.seed = number()?,
            name => {
                let target = ALL.into_iter().find(|target| target.name == name);
                asked.targets.push(target.ok_or_else(|| format!("there is no target `{name}`"))?);
            }
        }
    }
    if asked.targets.is_empty() {
        asked.targets = ALL.to_vec();
    }
    Ok(asked)
}

/// A seed that was not there before.
fn another() -> u64 {
    let now = jiff::Timestamp::now();
    now.as_second().unsigned_abs()
}

/// One after the other; each has its share of the time.
fn all(asked: &Asked) -> ExitCode {
    let share = Duration::from_secs(60 * asked.minutes) / u32::try_from(asked.targets.len()).unwrap_or(1);
    println!("seed {}, {share:.0?} for each target", asked.seed);
    let mut code = ExitCode::SUCCESS;
    for target in &asked.targets {
        match one(target, asked.seed, share) {
            Ok(report) => println!(
                "{:10} {:>9} inputs, {:>3} kinds taken, {:>3} refused",
                target.name,
                report.inputs,
                report.taken(),
                report.refused()
            ),
            Err(found) => {
                println!("{found}");
                if let Found::Drawn { input, .. } = &found {
                    match Corpus::of(target.name).keep(input) {
                        Ok(path) => println!("kept as {}", path.display()),
                        Err(error) => println!("{error}"),
                    }
                }
                code = ExitCode::FAILURE;
            }
        }
    }
    code
}

#[expect(clippy::disallowed_methods, reason = "it takes as much real time as it was told to")]
fn one(target: &Entry, seed: u64, share: Duration) -> Result<Report, Found> {
    let needs = Needs { worker: PathBuf::from("/proc/self/exe") };
    let mut made = (target.make)(&needs);
    let current = std::env::temp_dir().join(format!("dormouse-fuzz-{}-{}", std::process::id(), target.name));
    let begin = Instant::now();
    let campaign = Campaign::new(target.name, made.as_mut(), seed).leaving(current.clone());
    let report = campaign.run(|_| begin.elapsed() < share);
    // What ends this process stays there.
    let _ = std::fs::remove_file(current);
    report
}
