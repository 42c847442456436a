use super::*;
use crate::answer::{refused, taken};

/// Breaks at what no draw finds in one step: each byte of the secret is another kind of answer.
struct Lock {
    secret: &'static [u8],
    breaks: fn() -> Result<Answer, Wrong>,
}

impl Target for Lock {
    fn examples(&self) -> Vec<Vec<u8>> {
        vec![b"....".to_vec()]
    }

    fn words(&self) -> Vec<Vec<u8>> {
        self.secret.iter().map(|byte| vec![*byte]).collect()
    }

    fn read(&mut self, input: &[u8]) -> Result<Answer, Wrong> {
        let right = input.iter().zip(self.secret).take_while(|(one, other)| one == other).count();
        if right == self.secret.len() {
            return (self.breaks)();
        }
        if right == 0 { refused("wrong") } else { Ok(taken("x".repeat(right))) }
    }
}

/// A place that is in no corpus.
const NAME: &str = "no such target";

fn found(secret: &'static [u8], breaks: fn() -> Result<Answer, Wrong>, seed: u64) -> Result<Report, Found> {
    let mut lock = Lock { secret, breaks };
    Campaign::new(NAME, &mut lock, seed).run(|report| report.inputs < 40_000)
}

#[test]
fn what_is_wrong_is_found_step_by_step_and_made_as_small_as_it_gets() {
    let error = found(b"KEY", || Err(Wrong("it opened".to_owned())), 1).unwrap_err();
    let Found::Drawn { input, why, seed: 1, .. } = error else { panic!("{error}") };
    assert_eq!((input.0.get(..3), why.as_str()), (Some(&b"KEY"[..]), "it opened"));
    assert!(input.0.len() <= 4, "{input:?}");
}

#[test]
fn a_panic_is_found_on_whichever_thread_it_is() {
    for breaks in [
        || panic!("it fell"),
        || {
            let thread = std::thread::Builder::new().name("elsewhere".to_owned());
            let fell = thread.spawn(|| panic!("it fell")).unwrap().join();
            assert!(fell.is_err());
            Ok(taken("and nobody noticed"))
        },
    ] as [fn() -> Result<Answer, Wrong>; 2]
    {
        let error = found(b"K", breaks, 1).unwrap_err();
        assert!(error.to_string().contains("it fell"), "{error}");
    }
}

#[test]
fn the_same_seed_tries_the_same_and_another_one_another() {
    let run = |seed| {
        let mut lock = Lock { secret: b"a secret that nobody finds", breaks: || Ok(taken("")) };
        Campaign::new(NAME, &mut lock, seed).run(|report| report.inputs < 2_000).unwrap()
    };
    let one = run(1);
    assert!(one.inputs >= 2_000 && one.taken() > 1 && one.refused() == 1, "{one:?}");
    assert_eq!(one, run(1));
    assert_ne!(one, run(2));
}

#[test]
fn what_is_tried_is_left_in_a_file_before_it_is_tried() {
    struct Ends;

    impl Target for Ends {
        fn examples(&self) -> Vec<Vec<u8>> {
            vec![b"good".to_vec(), b"the end".to_vec()]
        }

        fn read(&mut self, input: &[u8]) -> Result<Answer, Wrong> {
            if input == b"good" { Ok(taken("good")) } else { panic!("the end") }
        }
    }

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("current");
    let error = Campaign::new(NAME, &mut Ends, 1).leaving(file.clone()).run(|_| true).unwrap_err();
    assert!(error.to_string().contains("the end"), "{error}");
    assert_eq!(std::fs::read(file).unwrap(), b"the end");
}
