//! Feeds of a server on the loopback interface, read and written down.

use std::time::Duration;

use dormouse::core::TaskFailure;
use dormouse::{
    Cancellation, CancellationReason, Completion, Grants, HostPort, Outcome, RegistrationId, TaskBuilder,
    Trigger,
};
use test_examples::FEED_DIGEST;

use crate::house::{Folders, House};
use crate::web::{Answer, Server};

const RSS: &str = include_str!("../../../../examples/feed-digest/feeds/burrow.rss");
const ATOM: &str = include_str!("../../../../examples/feed-digest/feeds/canopy.atom");

const BOTH: &str = "
- **[First frost \\& full larders](<https://burrow.example/frost>)** (News from the burrow, 2026-11-14)
  The ground is white this morning. Everybody is home, and there are hazelnuts (https://burrow.example/stores) until March.

- **[Owls report an early autumn](<https://canopy.example/autumn>)** (The canopy, 2026-11-13)
  Leaves fall earlier than last year, the owls say.

- **[A new tunnel to the hedge](<https://burrow.example/tunnel>)** (News from the burrow, 2026-11-10)
  Dug in two nights, dry in any weather.

- **[Nests to let](<https://canopy.example/nests>)** (The canopy, 2026-11-05)
  Oak, south side Beech, draughty

- **[Please keep the entrance clear](<https://burrow.example/entrance>)** (News from the burrow, 2026-11-01)
";

/// A server with both feeds, and a host that may ask it.
struct Reading {
    server: Server,
    folders: Folders,
    house: House,
}

impl Reading {
    async fn new() -> Self {
        let server = Server::start();
        server.page("/burrow", Answer::Now(200, "Content-Type: text/plain", RSS.into()));
        server.page("/canopy", Answer::Now(200, "Content-Type: application/atom+xml", ATOM.into()));
        let folders = Folders::new(&[]);
        let host: HostPort = server.host_port().parse().expect("an address and a port");
        let house = House::open(FEED_DIGEST, folders.grants().with_host(host)).await;
        Self { server, folders, house }
    }

    async fn register(&self, paths: &[&str]) -> RegistrationId {
        let urls: Vec<String> = paths.iter().map(|path| self.server.url(path)).collect();
        self.house.register(task(&urls.join(","))).await
    }

    /// One reading of the feeds at `paths`.
    async fn read(&self, paths: &[&str]) -> Completion {
        let id = self.register(paths).await;
        self.house.fire(id, "").await
    }

    fn digest(&self) -> String {
        self.folders.text("local/digest.md")
    }
}

fn task(urls: &str) -> TaskBuilder {
    TaskBuilder::new("digest").trigger(Trigger::Application).env("FEED_URLS", urls)
}

#[track_caller]
fn failure(completion: &Completion) -> &TaskFailure {
    match &completion.run.outcome {
        Outcome::Failed(failure) => failure,
        other => panic!("it ended as {other}"),
    }
}

/// The sections of a digest, without their dates.
fn sections(digest: &str) -> Vec<&str> {
    let mut parts = digest.split("\n## ");
    assert_eq!(parts.next(), Some("# Digest\n"));
    parts.map(|part| part.split_once(" UTC\n").expect("a date").1).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_new_is_written_down_once() {
    let reading = Reading::new().await;
    let id = reading.register(&["/burrow", "/canopy"]).await;
    let completion = reading.house.fire(id, "").await;
    assert_eq!(completion.run.outcome, Outcome::Succeeded);
    assert_eq!(completion.run.receipt.progress, Some(100));
    assert!(reading.house.stdout(&completion).ends_with("\n5 new\n"));
    assert_eq!(sections(&reading.digest()), [BOTH]);

    let before = reading.digest();
    let completion = reading.house.fire(id, "").await;
    assert!(reading.house.stdout(&completion).ends_with("\n0 new\n"));
    assert_eq!(reading.digest(), before);

    // One entry more, between those that are known: a section on top with that one alone.
    let item = "<item><title>Rain</title><guid>burrow-4</guid></item><item>";
    let more = RSS.replacen("<item>", item, 1);
    reading.server.page("/burrow", Answer::Now(200, "", more.into()));
    reading.house.fire(id, "").await;
    let digest = reading.digest();
    assert_eq!(sections(&digest), ["\n- **Rain** (News from the burrow, no date)\n", BOTH]);
    reading.house.host.shutdown(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_are_followed_as_far_as_they_are_granted() {
    let mut reading = Reading::new().await;
    reading.server.page("/moved", Answer::To("/again".to_owned()));
    reading.server.page("/again", Answer::To(reading.server.url("/canopy")));
    let completion = reading.read(&["/moved"]).await;
    assert_eq!(completion.run.outcome, Outcome::Succeeded);
    assert_eq!(reading.server.all_asked(), ["/moved", "/again", "/canopy"]);
    assert!(reading.digest().contains("Nests to let"));

    let stranger = Server::start();
    stranger.page("/burrow", Answer::Now(200, "", RSS.into()));
    reading.server.page("/away", Answer::To(stranger.url("/burrow")));
    let completion = reading.read(&["/away"]).await;
    let message = &failure(&completion).message;
    assert!(message.contains(&format!("{} is not granted", stranger.host_port())), "{message}");
    assert_eq!(completion.run.receipt.denials, 1);

    reading.server.page("/round", Answer::To("/round".to_owned()));
    reading.server.all_asked();
    let completion = reading.read(&["/round"]).await;
    assert!(failure(&completion).message.contains("redirected more than 5 times"));
    assert_eq!(reading.server.all_asked().len(), 6);

    reading.server.page("/file", Answer::To("file:///etc/passwd".to_owned()));
    let completion = reading.read(&["/file"]).await;
    assert!(failure(&completion).message.contains("file:///etc/passwd is neither http: nor https:"));
    reading.house.host.shutdown(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_busy_is_asked_later_and_the_others_now() {
    let reading = Reading::new().await;
    reading.server.page("/busy", Answer::Now(503, "Retry-After: 7", Vec::new()));
    reading.server.page("/busier", Answer::Now(429, "Retry-After: 90", Vec::new()));
    reading.server.page("/broken", Answer::Now(500, "", Vec::new()));
    let completion = reading.read(&["/busy", "/canopy"]).await;
    assert_eq!(failure(&completion).retry_after, Some(Duration::from_secs(7)));
    assert!(reading.digest().contains("Nests to let"));
    assert!(reading.house.stderr(&completion).contains("/busy: the server answers 503; again in 7 s"));

    let completion = reading.read(&["/busy", "/busier", "/gone"]).await;
    assert_eq!(failure(&completion).retry_after, Some(Duration::from_secs(90)));
    let completion = reading.read(&["/broken"]).await;
    assert_eq!(failure(&completion).retry_after, Some(Duration::from_secs(60)));
    reading.house.host.shutdown(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_will_not_work_later_either_is_a_failure_that_names_it() {
    let reading = Reading::new().await;
    reading.server.page("/page", Answer::Now(200, "Content-Type: text/html", b"<html>no feed".to_vec()));
    reading.server.page("/long", Answer::Now(200, "", vec![b' '; 4 * 1024 * 1024 + 1]));
    let completion = reading.read(&["/gone", "/page", "/long", "/burrow"]).await;
    let TaskFailure { message, retry_after } = failure(&completion);
    assert_eq!(*retry_after, None);
    for (path, why) in [
        ("/gone", "the server answers 404"),
        ("/page", "not a feed that is understood"),
        ("/long", "the feed is longer than 4194304 bytes"),
    ] {
        assert!(message.contains(&format!("{}: {why}", reading.server.url(path))), "{message}");
    }
    assert!(reading.digest().contains("A new tunnel"));
    reading.house.host.shutdown(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_was_not_granted_is_not_asked() {
    let mut server = Server::start();
    server.page("/burrow", Answer::Now(200, "", RSS.into()));
    let folders = Folders::new(&[]);
    let house = House::open(FEED_DIGEST, folders.grants()).await;
    let id = house.register(task(&server.url("/burrow"))).await;
    let completion = house.fire(id, "").await;
    let message = &failure(&completion).message;
    let expected = format!("{} is not granted; ask for it, and have it granted", server.host_port());
    assert!(message.ends_with(&expected), "{message}");
    assert_eq!(completion.run.receipt.denials, 1);
    assert!(server.all_asked().is_empty());
    house.host.shutdown(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_is_heard_while_a_server_lets_it_wait() {
    let mut reading = Reading::new().await;
    reading.server.page("/silent", Answer::Never);
    let id = reading.register(&["/canopy", "/silent", "/burrow"]).await;
    let fired = reading.house.host.request(id, "").await.expect("it is taken");
    assert_eq!(reading.server.asked().await, "/canopy");
    assert_eq!(reading.server.asked().await, "/silent");
    let [(run, activation, _)] = reading.house.host.running()[..] else { panic!("one run") };
    assert_eq!(Some(activation), fired.activation());
    assert!(reading.house.host.cancel(run, Cancellation::new(CancellationReason::Abort, "operator", "")));
    let completion = reading.house.host.completed(activation).await.expect("it ends");
    let outcome = &completion.run.outcome;
    assert!(matches!(outcome, Outcome::Canceled { forced: false, .. }), "{outcome}");
    assert!(reading.digest().contains("Nests to let"));
    assert!(reading.server.all_asked().is_empty(), "it went on to the next feed");
    reading.house.host.shutdown(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_feeds_it_says_where_to_name_them() {
    let house = House::open(FEED_DIGEST, Grants::none()).await;
    let id = house.register(TaskBuilder::new("digest").trigger(Trigger::Application)).await;
    let completion = house.fire(id, "").await;
    assert!(failure(&completion).message.starts_with("FEED_URLS is not set"));
    house.host.shutdown(false).await;
}
