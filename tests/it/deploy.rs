//! What `deploy/` ships, tried: the real nginx with the very configuration, in front of the real
//! application, on loopback. Counts are compared; no test waits for an exact time.

use std::{net::Ipv4Addr, time::Duration};

use nginx::Nginx;
use reqwest::{Client, Response, StatusCode};
use upstream::{Steered, Upstream};

use crate::tidy::files;

mod clients;
mod nginx;
mod upstream;

/// Longer than anything here takes, so that a hang ends as a failure.
const PATIENCE: Duration = Duration::from_mins(2);

/// nginx in front, the application behind it, and an honest client.
struct Site {
    front: Nginx,
    behind: Upstream,
    client: Client,
}

impl Site {
    /// None where there is no nginx: the test is skipped, and said so.
    async fn start() -> Option<Self> {
        let program = crate::needs::program("nginx")?;
        let behind = Upstream::start().await;
        let front = Nginx::start(&program, behind.port);
        let client = Client::builder().timeout(PATIENCE).build().unwrap();
        Some(Self { front, behind, client })
    }

    async fn get(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        let mut request = self.client.get(format!("http://127.0.0.1:{}{path}", self.front.port));
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    /// Asks again and again until the cache calls the answer what is expected.
    async fn get_until(&self, path: &str, cache_status: &str) -> Response {
        let attempts = async {
            loop {
                let answer = self.get(path, &[]).await;
                if field(&answer, "cache-status") == cache_status {
                    return answer;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        tokio::time::timeout(PATIENCE, attempts)
            .await
            .unwrap_or_else(|_| panic!("{path} never became {cache_status:?}"))
    }
}

fn field<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn honest_readers_are_served_while_slow_ones_hold_on() {
    let Some(site) = Site::start().await else { return };
    let port = site.front.port;
    let idle = clients::hold(Ipv4Addr::new(127, 0, 0, 2), port, 1_000, "").await;
    let half_a_header = "GET /v1 HTTP/1.1\r\nHost: example.org\r\nX-Slow: ";
    let headers = clients::hold(Ipv4Addr::new(127, 0, 0, 3), port, 100, half_a_header).await;
    let half_a_body = "POST /manage/v1/probe HTTP/1.1\r\nHost: example.org\r\n\
                       Content-Length: 1000\r\n\r\nhalf";
    let bodies = clients::hold(Ipv4Addr::new(127, 0, 0, 4), port, 150, half_a_body).await;
    let dripping = clients::drip(headers);

    for number in 0..200 {
        let answer = site.get(&format!("/probe/{number}"), &[]).await;
        assert_eq!(answer.status(), StatusCode::OK, "request {number}");
    }

    assert_eq!(clients::closed(idle, PATIENCE).await, 1_000, "idle connections");
    assert_eq!(clients::closed(bodies, PATIENCE).await, 150, "half-sent bodies");
    assert_eq!(clients::ended(dripping, PATIENCE).await, 100, "half-sent headers");
    let seen = site.behind.seen();
    assert_eq!(seen.len(), 200, "Beacon sees whole requests only: {:?}", seen.last());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_address_gets_its_share_and_a_problem_beyond_it() {
    let Some(site) = Site::start().await else { return };
    let mut refused = None;
    for number in 0..2_000 {
        let answer = site.get(&format!("/probe/{number}"), &[]).await;
        if answer.status() != StatusCode::OK {
            refused = Some((number, answer));
            break;
        }
    }
    let (served, answer) = refused.expect("2,000 requests at once are too many");
    assert!(served >= 300, "a burst of 300 is everyone's right, not {served}");
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(field(&answer, "content-type"), "application/problem+json");
    assert_eq!(field(&answer, "retry-after"), "1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_are_bounded_before_they_reach_the_application() {
    let Some(site) = Site::start().await else { return };
    let send = async |path: &str, bytes: usize| {
        let url = format!("http://127.0.0.1:{}{path}", site.front.port);
        site.client.post(url).body(vec![b'x'; bytes]).send().await.unwrap()
    };
    assert_eq!(send("/manage/v1/probe", 1 << 20).await.status(), StatusCode::OK);
    assert_eq!(site.behind.seen().len(), 1);
    for (path, bytes) in [("/manage/v1/probe", 3 << 20), ("/v1/entries/page", 20 << 10)] {
        let answer = send(path, bytes).await;
        assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE, "{path}");
        assert_eq!(field(&answer, "content-type"), "application/problem+json");
    }
    assert_eq!(site.behind.seen().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_reads_ends_at_the_proxy_and_stands_in_no_log() {
    let Some(site) = Site::start().await else { return };
    let told = [
        ("X-Real-IP", "192.0.2.1"),
        ("X-Forwarded-For", "192.0.2.1"),
        ("Forwarded", "for=192.0.2.1"),
        ("User-Agent", "Reader/1"),
        ("Referer", "https://example.org/private"),
        ("Accept-Language", "fr"),
        ("Authorization", "Bearer key"),
    ];
    site.get("/probe/page?q=where+to+report", &told).await;
    let seen = site.behind.seen();
    let names: Vec<&str> = seen[0].fields.iter().map(String::as_str).collect();
    for hidden in &told[..5] {
        assert!(!names.contains(&hidden.0.to_lowercase().as_str()), "{names:?}");
    }
    assert!(names.contains(&"accept-language") && names.contains(&"authorization"), "{names:?}");

    // What goes wrong is where servers say most: an application that is gone, and a refused body.
    let front = site.front.port;
    site.behind.stop().await;
    let lost = site.client.get(format!("http://127.0.0.1:{front}/v1/search?q=where+to+report"));
    assert_eq!(lost.send().await.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
    let logs = site.front.stop();
    assert!(logs.contains("GET /v1/search 503"), "{logs}");
    for trace in ["127.0.0.1", "192.0.2.1", "report", "Reader", "private"] {
        assert!(!logs.contains(trace), "{trace} in:\n{logs}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_is_cached_with_its_tag_and_its_time() {
    let Some(site) = Site::start().await else { return };
    site.behind.steer(Steered::ok("public, max-age=3600"));
    let first = site.get("/probe/page?locale=fr", &[]).await;
    assert_eq!(field(&first, "cache-status"), "nginx; fwd=uri-miss");
    let date = field(&first, "date").to_owned();
    assert!(!date.is_empty());
    tokio::time::sleep(Duration::from_millis(1_500)).await;

    let second = site.get("/probe/page?locale=fr", &[]).await;
    assert_eq!(field(&second, "cache-status"), "nginx; hit");
    assert_eq!(field(&second, "date"), date, "caches behind count the age of an answer from it");
    let tag = field(&second, "etag").to_owned();
    let third = site.get("/probe/page?locale=fr", &[("If-None-Match", &tag)]).await;
    assert_eq!(third.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(site.behind.seen().len(), 1);

    for (name, value) in [("Authorization", "Bearer key"), ("Event", "7"), ("Prefer", "wait=1")] {
        let answer = site.get("/probe/page?locale=fr", &[(name, value)]).await;
        assert_eq!(field(&answer, "cache-status"), "nginx; fwd=bypass", "{name}");
    }
    let other_locale = site.get("/probe/page?locale=de", &[]).await;
    assert_eq!(field(&other_locale, "cache-status"), "nginx; fwd=uri-miss");
    assert_eq!(site.behind.seen().len(), 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_withdrawn_is_gone_when_its_time_is_over() {
    let Some(site) = Site::start().await else { return };
    site.behind.steer(Steered::ok("public, max-age=1, stale-if-error=3600"));
    site.get_until("/probe/page", "nginx; hit").await;
    site.behind.steer(Steered { status: 410, cache_control: "no-store" });
    let answer = site.get_until("/probe/page", "nginx; fwd=stale").await;
    assert_eq!(answer.status(), StatusCode::GONE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_is_bridged_as_long_as_the_answer_allows() {
    let Some(site) = Site::start().await else { return };
    site.behind.steer(Steered::ok("public, max-age=1, stale-if-error=3600"));
    site.get_until("/probe/bridged", "nginx; hit").await;
    site.behind.steer(Steered::ok("public, max-age=1"));
    site.get_until("/probe/exact", "nginx; hit").await;
    site.behind.stop().await;

    let bridged = site.get_until("/probe/bridged", "nginx; hit; detail=stale").await;
    assert_eq!(bridged.status(), StatusCode::OK);
    let exact = site.get("/probe/exact", &[]).await;
    assert_eq!(exact.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(field(&exact, "content-type"), "application/problem+json");
    assert_eq!(field(&exact, "retry-after"), "5");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_go_out_as_they_come_in() {
    let Some(site) = Site::start().await else { return };
    let mut answer = site.get("/v1/stream", &[]).await;
    let first = tokio::time::timeout(PATIENCE, answer.chunk()).await.unwrap().unwrap().unwrap();
    assert!(String::from_utf8_lossy(&first).contains("one"), "{first:?}");
    // The stream is still open: the application ends it when it stops.
    site.behind.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_are_for_the_operator() {
    let Some(site) = Site::start().await else { return };
    assert_eq!(site.get("/metrics", &[]).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(site.get("/healthz", &[]).await.status(), StatusCode::OK);
    assert_eq!(site.behind.seen().len(), 1);
}

#[test]
fn the_container_is_built_with_the_pinned_toolchain() {
    let toolchain = &files::named("rust-toolchain.toml").text;
    let version = toolchain.split('"').nth(1).unwrap();
    let wanted = format!("FROM rust:{version}-slim-");
    assert!(files::named("deploy/Containerfile").text.contains(&wanted), "{wanted}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_of_a_file_is_cut_from_the_cache() {
    let Some(site) = Site::start().await else { return };
    // nginx stores an answer after it has sent it: what is asked at once may find nothing yet.
    site.get_until("/media/digest/leaflet", "nginx; hit").await;
    let asked = site.behind.seen().len();
    for (range, part, place) in [
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=-4", "6789", "bytes 6-9/10"),
        ("bytes=8-", "89", "bytes 8-9/10"),
    ] {
        let answer = site.get("/media/digest/leaflet", &[("Range", range)]).await;
        assert_eq!(answer.status(), StatusCode::PARTIAL_CONTENT, "{range}");
        assert_eq!(field(&answer, "content-range"), place);
        assert_eq!(answer.text().await.unwrap(), part);
    }
    let beyond = site.get("/media/digest/leaflet", &[("Range", "bytes=99-")]).await;
    assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(site.behind.seen().len(), asked, "all from the cache");
}
