//! Apps that were made with the SDK: their handlers are async functions.

use super::*;

fn program(path: &str) -> Life {
    let bytes = std::fs::read(path).expect("a program");
    let component = AppComponent::compile(shared_engine(), &bytes).expect("an app");
    life_of(component.component())
}

fn lines(life: &Life) -> Vec<String> {
    let stdout = life.port.heard().stdout;
    String::from_utf8(stdout).expect("text").lines().map(str::to_owned).collect()
}

fn launch(life: &mut Life, arguments: &str) {
    life.call(LAUNCHED, CallArgs::Launch(arguments.to_owned()));
}

#[test]
fn an_app_hears_its_life_and_its_tasks() {
    let mut life = program(test_artifacts::APP_HEARS_EVERYTHING);
    launch(&mut life, "");
    for handler in [
        Handler::LeavingBackground,
        Handler::EnteredBackground,
        Handler::Suspending,
        RESUMING,
        Handler::MemoryLimitChanging { old: 2, new: 1 },
    ] {
        life.call(handler, CallArgs::None);
    }
    assert_eq!(life.says(), (1..=6).map(|call| format!("returned {call}")).collect::<Vec<_>>());
    let run: Arc<dyn RunPort> = Arc::new(FakePort::default());
    life.send(Command::Activate { number: 1, run: Arc::clone(&run), group: None });
    life.send(Command::Activate { number: 2, run, group: Some("mail".to_owned()) });
    let failure = TaskFailure { message: "no tea".to_owned(), retry_after: None };
    life.send(Command::Completed(vec![ended(Outcome::Succeeded), ended(Outcome::Failed(failure))]));
    assert_eq!(life.says(), ["run 1 ok", "run 2 ok", "Completed"]);
    let told = |line: &String| line.starts_with("heard ") || line.starts_with("completion ");
    let heard: Vec<_> = lines(&life).into_iter().filter(told).collect();
    assert_eq!(
        heard,
        [
            "heard launched previous=not-running prelaunch=false arguments=\"\"",
            "heard leaving-background",
            "heard entered-background",
            "heard suspending",
            "heard resuming away-ms=1500",
            "heard memory-limit-changing old=2 new=1",
            "heard background-activated name=\"name\" arguments=\"\"",
            "heard group-activated group=\"mail\" name=\"name\" arguments=\"\"",
            "heard completed count=2",
            "completion name=\"tea\" outcome=succeeded coalesced=3 message=\"\"",
            "completion name=\"tea\" outcome=failed coalesced=3 message=\"no tea\"",
        ]
    );
}

#[test]
fn a_handler_that_never_returns_holds_up_no_other() {
    let mut life = program(test_artifacts::APP_BAD_RETURNS_NEVER);
    launch(&mut life, "launched");
    assert_eq!(life.says(), Vec::<String>::new(), "it waits");
    life.send(Command::Activate { number: 1, run: Arc::new(FakePort::default()), group: None });
    life.call(Handler::LeavingBackground, CallArgs::None);
    assert_eq!(life.says(), ["run 1 ok", "returned 2"]);
}
