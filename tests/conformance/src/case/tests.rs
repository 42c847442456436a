use super::*;

const GOOD: &str = r#"
id = "area/name"
title = "It shows something"
rule = ["UWP-072"]
needs = ["tasks", "operator", "run-events"]
program = "run_returns_ok"
steps = [
    { do = "fire", of = "task", arguments = "x" },
    { do = "wait", event = { event = "ended", of = "task" } },
]

[[registration]]
trigger = { kind = "application" }

[expect]
order = [[{ event = "started" }, { event = "ended", receipt = { wall_ms = { min = 1 } } }]]
never = [{ event = "denied" }]
count = [{ event = "started", times = { max = 2 } }]

[[expect.run]]
outcome = "succeeded"
"#;

#[test]
fn what_a_case_leaves_out_is_the_plain_thing() {
    let case = Case::parse(GOOD).unwrap();
    assert_eq!((case.area(), &*case.id), ("area", "area/name"));
    let [Installed { app, later: false }] = &case.apps()[..] else { panic!("{case:?}") };
    assert_eq!((&*app.name, &*app.program), (APP, "run_returns_ok"));
    let task = case.named("task").unwrap();
    let registration = &task.registration;
    assert_eq!(
        (&*registration.app, &*registration.name, &*registration.entry_point),
        ("test", "task", "main")
    );
    assert!(!task.later);
    assert_eq!((case.expect.run[0].of.as_str(), case.expect.run[0].index), ("task", 0));
    assert_eq!(case.programs(), ["run_returns_ok"]);
}

#[test]
fn what_makes_no_sense_is_refused_and_said() {
    let with = |from: &str, to: &str| {
        assert!(GOOD.contains(from), "{from}");
        GOOD.replace(from, to)
    };
    let step = |step: &str| with("{ do = \"fire\", of = \"task\", arguments = \"x\" },", step);
    for (text, why) in [
        ("id = ".to_owned(), "TOML parse error"),
        (with("title =", "titel ="), "unknown field `titel`"),
        (with("title = \"It shows something\"\n", ""), "missing field `title`"),
        (with("It shows something", " "), "`title` is empty"),
        (with("[\"UWP-072\"]", "[]"), "`rule` is empty"),
        (with("UWP-072", "UWP-147"), "there is no rule \"UWP-147\""),
        (with("UWP-072", "UWP-72"), "there is no rule"),
        (with("UWP-072", "HOST-"), "there is no rule"),
        (with("UWP-072", "WIN-1"), "there is no rule"),
        (with("\"operator\"", "\"magic\""), "unknown variant `magic`"),
        (with("run_returns_ok", "run_returns_never"), "there is no program \"run_returns_never\""),
        (with("kind = \"application\"", "kind = \"sundial\""), "unknown variant `sundial`"),
        (with("kind = \"application\"", "kind = \"application\", every_ms = 3"), "unknown field `every_ms`"),
        (
            with("kind = \"application\" }", "kind = \"application\" }\nlimits = { cpu = 3 }"),
            "unknown field `cpu`",
        ),
        (with("kind = \"application\" }", "kind = \"application\" }\nsize = 3"), "unknown field `size`"),
        (with("kind = \"application\" }", "kind = \"application\" }\nlater = 3"), "`later`: invalid type"),
        (
            with("kind = \"application\" }", "kind = \"application\" }\napp = \"nobody\""),
            "which the case does not have",
        ),
        (
            with("kind = \"application\"", "kind = \"signal\", topic = \"t\""),
            "needs `signals`; add it to `needs`",
        ),
        (
            with("kind = \"application\" }", "kind = \"application\" }\n[[registration]]"),
            "two registrations are `as = \"task\"`",
        ),
        (
            with("[expect]", "[[app]]\nname = \"test\"\nprogram = \"run_fails\"\n[expect]"),
            "two apps are called \"test\"",
        ),
        (step("{ do = \"fly\" },"), "unknown variant `fly`"),
        (step("{ do = \"fire\", of = \"task\", size = 3 },"), "unknown field `size`"),
        (step("{ do = \"fire\", of = \"nobody\" },"), "step 1 is about \"nobody\""),
        (step("{ do = \"fire\", of = \"task\", arguments_hex = \"0\" },"), "no bytes in hexadecimal digits"),
        (
            step("{ do = \"fire\", of = \"task\", arguments_hex = \"00\", arguments = \"\" },"),
            "both `arguments` and",
        ),
        (
            step("{ do = \"fire\", of = \"task\", result = \"accepted\", refused = \"spent\" },"),
            "both `result` and",
        ),
        (
            step("{ do = \"register\", of = \"task\", same_as = \"task\", refused = \"conflict\" },"),
            "both `same_as` and",
        ),
        (step("{ do = \"register\", of = \"task\", same_as = \"other\" },"), "about \"other\""),
        (step("{ do = \"install\", app = \"other\" },"), "installs app \"other\""),
        (step("{ do = \"signal\", topic = \"t\" },"), "the step `signal` needs `signals`"),
        (step("{ do = \"crash\" },"), "needs `crash`"),
        (step("{ do = \"settle\", ms = 3 },"), "unknown field `ms`"),
        (step("{ do = \"start\" },"), "step 1 is `start`, and the host runs already"),
        (step("{ do = \"stop\" }, { do = \"start\" },"), "needs `restart`"),
        (step("{ do = \"stop\" }, { do = \"settle\" },"), "step 2 is `settle`, and the host does not run"),
        (step("{ do = \"crash\" }, { do = \"stop\" },"), "step 2 is `stop`, and the host does not run"),
        (step("{ do = \"advance\", ms = 10001 },"), "needs `sim-clock`"),
        (step("{ do = \"wait\", event = { event = \"exploded\" } },"), "there is no event \"exploded\""),
        (step("{ do = \"wait\", event = { event = \"ended\", of = \"other\" } },"), "about \"other\""),
        (step("{ do = \"signal\", topic = \"t\", results = { other = \"spent\" } },"), "about \"other\""),
        (with(", \"run-events\"]", "]"), "the event `denied` needs `run-events`"),
        (with("times = { max = 2 }", "size = 2"), "`times` is missing"),
        (with("[{ event = \"denied\" }]", "[{ of = \"task\" }]"), "an event has a name"),
        (with("[{ event = \"denied\" }]", "[{ event = \"denied\", value = 3 }]"), "has no member `value`"),
        (
            with("[{ event = \"denied\" }]", "[{ event = \"denied\", of = \"other\" }]"),
            "no registration is called so",
        ),
        (with("[{ event = \"denied\" }]", "[{ event = \"denied\", of = 3 }]"), "`of` is 3, and no text"),
        (with("wall_ms", "wall"), "a receipt has no figure `wall`"),
        (with("{ min = 1 }", "{ min = 1, wall = 2 }"), "`min` is a test and `wall` is none"),
        (with("outcome = \"succeeded\"", "outcom = \"succeeded\""), "has no member `outcom`"),
        (
            with("outcome = \"succeeded\"", "outcome = \"suceeded\""),
            "of an event `ended` is never \"suceeded\"",
        ),
        (
            with(
                "event = \"denied\"",
                "event = \"cancel-requested\", reason = { one_of = [\"abort\", \"aborted\"] }",
            ),
            "is never \"aborted\"",
        ),
        (
            step("{ do = \"fire\", of = \"task\", refused = \"full\" },"),
            "step 1 is never answered with \"full\"",
        ),
        (step("{ do = \"fire\", of = \"task\", result = \"done\" },"), "never answered with \"done\""),
        (step("{ do = \"validate\", of = \"task\", refused = \"spent\" },"), "never answered with \"spent\""),
        (with("outcome = \"succeeded\"", "index = -1"), "`index` is no number"),
        (with("outcome = \"succeeded\"", "of = \"other\""), "no registration is called so"),
        (format!("{GOOD}# {}", "x".repeat(64 * 1024)), "more than 65536 bytes"),
    ] {
        let error = Case::parse(&text).expect_err(why).to_string();
        assert!(error.contains(why), "{error}\n  instead of {why}\n{text}");
    }
}

#[test]
fn what_needs_something_of_a_host_must_say_so() {
    let needs = |what: &str| {
        let text = GOOD.replace("[expect]", &format!("{what}\n[expect]"));
        Case::parse(&text).unwrap_err().to_string()
    };
    let app = "[[app]]\nname = \"other\"\nprogram = \"run_fails\"\n";
    for (what, need) in [
        (format!("{app}quota = {{ cpu_ms = 1, window_ms = 2 }}"), "a quota needs `quota`"),
        (
            format!("{app}directories = [{{ path = \"/d\", access = \"read-only\" }}]"),
            "a directory needs `files`",
        ),
        (
            "[[registration]]\nas = \"a\"\ntrigger = { kind = \"time\", every_ms = 1 }".to_owned(),
            "needs `timers`",
        ),
        (
            "[[registration]]\nas = \"a\"\nconditions = [\"user-present\"]".to_owned(),
            "a condition needs `machine`",
        ),
        (
            "[[registration]]\nas = \"a\"\nretry = { max_attempts = 2, initial_ms = 1, max_ms = 1 }"
                .to_owned(),
            "a retry needs `retry`",
        ),
    ] {
        let error = needs(&what);
        assert!(error.contains(need), "{error}");
    }
}

#[test]
fn a_case_is_called_what_its_place_says() {
    let dir = tempfile::tempdir().unwrap();
    let area = dir.path().join("area");
    std::fs::create_dir(&area).unwrap();
    std::fs::write(area.join("name.toml"), GOOD).unwrap();
    std::fs::write(area.join("README.md"), "no case").unwrap();
    assert_eq!(cases(dir.path()).unwrap().len(), 1);
    std::fs::write(area.join("other.toml"), GOOD).unwrap();
    let error = cases(dir.path()).unwrap_err();
    assert!(matches!(error.problem, CaseProblem::Id { .. }), "{error:?}");
    assert!(error.path.ends_with("area/other.toml"));
    let error = cases(&dir.path().join("nowhere")).unwrap_err();
    assert!(matches!(error.problem, CaseProblem::Read(_)), "{error:?}");
    std::fs::write(area.join("other.toml"), [0xff]).unwrap();
    assert!(matches!(cases(dir.path()).unwrap_err().problem, CaseProblem::Read(_)));
}
