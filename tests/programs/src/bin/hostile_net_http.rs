//! Misuses `wasi:http` in the ways that its arguments name, after which comes the address of a server. It was granted that
//! server, and nothing else.

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::http::{self, request};
use test_programs::{attack_and_address, no_such_attack, say};
use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::{ErrorCode, Fields, HeaderError, Method, OutgoingBody, OutgoingRequest, Scheme};

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let (attacks, there) = attack_and_address(&instance)?;
    let there = there.as_str();
    for attack in attacks.split(',') {
        match attack {
            "headers" => headers(there),
            "lines" => lines(there),
            "elsewhere" => elsewhere(there),
            "redirect" => redirect(there),
            "lengths" => lengths(there),
            "answer" => answer(there),
            "endless-in" => endless_in(there),
            "endless-out" => endless_out(there),
            "silent" => drop(http::get(&format!("http://{there}/silent"))),
            "fields" => fields(),
            other => return Err(no_such_attack(other)),
        }
        say(attack);
    }
    Ok(())
}

/// One request in another's headers.
fn headers(there: &str) {
    let fields = Fields::new();
    for (name, value) in [
        ("x", "a\r\nhost: evil"),
        ("x", "a\n\nGET /evil HTTP/1.1"),
        ("x", "a\rb"),
        ("x", "a\0b"),
        ("x\r\nhost", "evil"),
        ("x: y\r\nz", "evil"),
        ("", "a"),
        ("a b", "c"),
        ("x:", "y"),
        ("é", "y"),
    ] {
        let (name, value) = (name.to_owned(), value.as_bytes().to_vec());
        assert!(matches!(fields.append(&name, &value), Err(HeaderError::InvalidSyntax)), "{name:?}");
        let set = fields.set(&name, std::slice::from_ref(&value));
        assert!(matches!(set, Err(HeaderError::InvalidSyntax)), "{name:?}");
        assert!(Fields::from_list(&[(name, value)]).is_err());
    }
    for name in
        ["host", "Host", "connection", "transfer-encoding", "keep-alive", "upgrade", "proxy-connection"]
    {
        let (name, value) = (name.to_owned(), b"evil".to_vec());
        assert!(matches!(fields.append(&name, &value), Err(HeaderError::Forbidden)), "{name:?}");
        assert!(Fields::from_list(&[(name, value)]).is_err());
    }
    let lengths =
        [("content-length".to_owned(), b"1".to_vec()), ("content-length".to_owned(), b"2".to_vec())];
    assert!(Fields::from_list(&lengths).is_err(), "two lengths of one body");
    // What is left is one request, and the server sees one.
    fields.append("x-good", b"good").expect("a header");
    let request = OutgoingRequest::new(fields);
    request.set_scheme(Some(&Scheme::Http)).expect("a scheme");
    request.set_authority(Some(there)).expect("granted");
    request.set_path_with_query(Some("/plain")).expect("a path");
    assert_eq!(http::send(request).expect("one request").0, 200);
}

/// One request in another's first line.
fn lines(there: &str) {
    let request = || request(&format!("http://{there}/plain")).expect("a url");
    for method in ["GET / HTTP/1.1\r\nx: y", "GET /evil HTTP/1.1\r\n\r\nGET", "", "A B", "A\r\n", "A\0"] {
        let request = request();
        let refused =
            request.set_method(&Method::Other(method.to_owned())).is_err() || http::send(request).is_err();
        assert!(refused, "{method:?} is a method");
    }
    for path in [
        "/a b",
        "/a\r\nhost: evil",
        "/a HTTP/1.1\r\n\r\nGET /evil",
        "http://evil/",
        "*",
        "evil",
        "/\0",
        "@evil",
    ] {
        let request = request();
        let refused = request.set_path_with_query(Some(path)).is_err() || http::send(request).is_err();
        assert!(refused, "{path:?} is a path");
    }
    for scheme in ["file", "ftp", "http\r\n", "unix", ""] {
        let request = request();
        let refused = request.set_scheme(Some(&Scheme::Other(scheme.to_owned()))).is_err()
            || http::send(request).is_err();
        assert!(refused, "{scheme:?} is a scheme");
    }
}

/// The granted server's name, and another's.
fn elsewhere(there: &str) {
    let port = there.rsplit(':').next().expect("a port");
    for authority in [
        format!("{there}@evil"),
        format!("user@{there}"),
        format!("user:password@{there}"),
        format!("evil@{there}"),
        format!("{there}/evil"),
        format!("{there}#evil"),
        format!("{there}, evil"),
        format!("{there}\r\nhost: evil"),
        format!("127.0.0.1.:{port}"),
        format!("127.1:{port}"),
        format!("0:{port}"),
        format!("localhost:{port}"),
        format!("[::1]:{port}"),
        format!("0x7f.1:{port}"),
        format!("127.0.0.1:+{port}"),
        "127.0.0.1".to_owned(),
        "127.0.0.1:".to_owned(),
        String::new(),
    ] {
        let request = request("http://placeholder/plain").expect("a url");
        let refused = request.set_authority(Some(&authority)).is_err() || http::send(request).is_err();
        assert!(refused, "{authority:?} was reached");
    }
    // The right one, by the wrong protocol's port.
    let request = request(&format!("http://{there}/plain")).expect("a url");
    request.set_scheme(Some(&Scheme::Https)).expect("a scheme");
    assert!(http::send(request).is_err(), "the server speaks no TLS");
}

/// The server sends it elsewhere. It is not taken there, and may not go.
fn redirect(there: &str) {
    let (status, _) = http::get(&format!("http://{there}/redirect")).expect("an answer");
    assert_eq!(status, 302, "followed");
    for evil in ["127.0.0.1:1", "169.254.169.254:80", "evil.example:80"] {
        let refused = http::get(&format!("http://{evil}/"));
        assert!(matches!(refused, Err(ErrorCode::HttpRequestDenied)), "{evil}: {refused:?}");
    }
}

/// Bodies that are not as long as they say.
fn lengths(there: &str) {
    for (says, bytes) in [("3", 5), ("5", 3), ("18446744073709551616", 3), ("-1", 3), ("+3", 3), ("0x3", 3)] {
        let fields = Fields::new();
        if fields.append("content-length", says.as_bytes()).is_err() {
            continue;
        }
        let request = OutgoingRequest::new(fields);
        request.set_method(&Method::Post).expect("a method");
        request.set_scheme(Some(&Scheme::Http)).expect("a scheme");
        request.set_authority(Some(there)).expect("granted");
        request.set_path_with_query(Some("/plain")).expect("a path");
        let Ok(body) = request.body() else { continue };
        let pending = handle(request, None);
        let written = body.write().is_ok_and(|out| out.blocking_write_and_flush(&vec![b'x'; bytes]).is_ok());
        let finished = OutgoingBody::finish(body, None).is_ok();
        let answered = pending.is_ok_and(|pending| http::response(&pending).is_ok());
        assert!(!(written && finished && answered), "{bytes} bytes are {says}");
    }
}

/// Answers that are none.
fn answer(there: &str) {
    for path in ["head-flood", "long-line", "garbage", "status", "lengths", "chunks", "cut", "nothing"] {
        let answered = http::get(&format!("http://{there}/{path}"));
        assert!(answered.is_err(), "{path}: {answered:?}");
    }
}

fn endless_in(there: &str) {
    let request = request(&format!("http://{there}/endless")).expect("a url");
    let pending = handle(request, None).expect("granted");
    let body = http::response(&pending).expect("an answer").consume().expect("its body");
    let stream = body.stream().expect("its own");
    while stream.blocking_read(64 * 1024).is_ok() {}
}

fn endless_out(there: &str) {
    let request = request(&format!("http://{there}/sink")).expect("a url");
    request.set_method(&Method::Post).expect("a method");
    let body = request.body().expect("its own");
    let _pending = handle(request, None).expect("granted");
    let out = body.write().expect("its own");
    while out.blocking_write_and_flush(&[b'x'; 4096]).is_ok() {}
}

/// Headers without end: a trap.
fn fields() {
    let fields = Fields::new();
    for n in 0..1 << 20 {
        fields.append(&format!("x-{n}"), &[b'x'; 1024]).expect("a header");
    }
}

fn main() {}
