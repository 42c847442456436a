//! Directories that a package is to be given.

use std::path::Path;

use axum::body::Body;
use dormouse_control::server::Peer;
use http::Request;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::machine::{Machine, json, request};

/// What giving `directory` to a package that does not ask for it comes to.
async fn given(machine: &Machine, peer: Option<Peer>, directory: &Path) -> Value {
    let archive = crate::machine::package("1.0.0", test_artifacts::RUN_RETURNS_OK, false);
    let upload = Request::post("/v1/uploads").body(Body::from(archive)).unwrap();
    let upload = json(machine.router().oneshot(upload).await.unwrap()).await;
    let ask = json!({ "upload": upload["upload"], "consent": "all", "directories": { "/data": directory } });
    let mut request = request("POST", "/v1/apps", Some(&ask));
    if let Some(peer) = peer {
        request.extensions_mut().insert(peer);
    }
    json(machine.router().oneshot(request).await.unwrap()).await
}

#[tokio::test]
async fn nobody_is_given_the_directory_where_the_host_keeps_its_secrets() {
    let machine = Machine::built(|builder| builder.idle(), |_| {}).await;
    let (home, outside) = (machine.home.path(), tempfile::tempdir().unwrap());
    let link = outside.path().join("link");
    std::os::unix::fs::symlink(home, &link).unwrap();
    let around = home.join("apps/../..");
    for directory in [home, &home.join("packages"), home.parent().unwrap(), Path::new("/"), &link, &around] {
        let problem = given(&machine, None, directory).await;
        assert_eq!((&problem["code"], &problem["field"]), (&json!("grant"), &json!("directories")));
        assert!(problem["detail"].as_str().unwrap().contains("keeps its state"), "{problem}");
        assert!(problem["help"].is_string(), "{problem}");
    }
    // Nothing is wrong with it but that the package does not ask for it.
    let other = given(&machine, None, outside.path()).await;
    assert!(!other["detail"].as_str().unwrap().contains("keeps its state"), "{other}");
    for (wrong, code) in [("data", "invalid-request"), ("/no/such/directory", "grant")] {
        let problem = given(&machine, None, Path::new(wrong)).await;
        assert_eq!((&problem["code"], &problem["field"]), (&json!(code), &json!("directories")));
    }
}

#[tokio::test]
async fn a_token_is_not_worth_the_files_of_the_hosts_user() {
    let machine = Machine::built(|builder| builder.idle(), |_| {}).await;
    let outside = tempfile::tempdir().unwrap();
    let far = Peer::Tcp("192.0.2.1:7".parse().unwrap());
    let problem = given(&machine, Some(far), outside.path()).await;
    assert_eq!((&problem["code"], &problem["status"]), (&json!("forbidden"), &json!(403)), "{problem}");
    assert!(problem["help"].as_str().unwrap().contains("Unix socket"), "{problem}");
    let near = given(&machine, Some(Peer::Unix { uid: 0, pid: None }), outside.path()).await;
    assert_ne!(near["code"], "forbidden", "{near}");
}
