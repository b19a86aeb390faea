//! Slugs that go from one page to another: given up by one draft, waited for by another, exchanged by one release.

use rocket::http::Method;
use serde_json::{Value, json};

use crate::{app::Answer, http_acts::desk::Desk};

/// Two pages that readers get, `/one` and `/two`, in English.
struct Pages {
    desk: Desk,
    one: String,
    two: String,
}

fn begin(desk: &Desk, path: &str, slug: &str) -> Answer {
    save_over(desk, (path, "\"0\""), slug)
}

fn save(desk: &Desk, path: &str, slug: &str) -> Answer {
    save_over(desk, (path, "*"), slug)
}

fn save_over(desk: &Desk, (path, tag): (&str, &str), slug: &str) -> Answer {
    let body = json!({ "fields": { "title": path, "body": "Text." }, "slug": slug });
    desk.ask((Method::Patch, path), Some(tag), &body)
}

impl Pages {
    fn new() -> Self {
        let desk = Desk::new();
        let [one, two] = ["one", "two"].map(|slug| {
            let path = format!("{}/en", desk.entry("guidance"));
            assert_eq!(begin(&desk, &path, slug).status, 200);
            desk.done(&path, "publish", "*", &Value::Null);
            path
        });
        Self { desk, one, two }
    }

    /// Whose page a slug leads to, or the status where it leads to none.
    fn at(&self, slug: &str) -> Result<&str, u16> {
        let answer = self.desk.app.get(&format!("/v1/entries/guidance/{slug}?locale=en"));
        if answer.status != 200 {
            return Err(answer.status);
        }
        let id = answer.json()["data"]["id"].as_str().unwrap().to_owned();
        Ok(if self.one.contains(&id) { "one" } else { "two" })
    }

    /// The drafts want each other's slugs.
    fn crossed(&self) {
        for (path, slug) in [(&self.two, "on-the-way"), (&self.one, "two"), (&self.two, "one")] {
            let saved = save(&self.desk, path, slug);
            assert_eq!(saved.status, 200, "{slug}: {saved:?}");
        }
    }

    fn release(&self) -> String {
        let desk = &self.desk;
        let send = |path: &str, body: &Value| {
            let bearer = format!("Bearer {}", desk.token);
            let headers = [
                ("Authorization", bearer.as_str()),
                ("Content-Type", "application/json"),
                ("If-Match", "*"),
            ];
            let path = format!("/manage/v1/releases{path}");
            let answer = desk.app.send(Method::Post, &path, &headers, &body.to_string());
            assert!(answer.status < 300, "{answer:?}");
            answer
        };
        let made = send("", &json!({ "name": "Exchange" }));
        let path = made.header("location").unwrap().replacen("/manage/v1/releases", "", 1);
        let item = |path: &str| json!({ "id": path.split('/').nth(1).unwrap(), "part": "en" });
        send(&format!("{path}/items"), &json!({ "add": [item(&self.one), item(&self.two)] }));
        path
    }

    fn on_release(&self, path: &str, act: &str, body: &Value) -> Answer {
        let bearer = format!("Bearer {}", self.desk.token);
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
            ("If-Match", "*"),
        ];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.desk.app.send(
            Method::Post,
            &format!("/manage/v1/releases{path}/{act}"),
            &headers,
            &body,
        )
    }
}

#[test]
fn two_pages_exchange_their_slugs_by_one_release() {
    let pages = Pages::new();
    assert_eq!(
        save(&pages.desk, &pages.one, "two").faults(),
        [("/slug".to_owned(), "slug_taken".to_owned())]
    );
    pages.crossed();
    assert_eq!((pages.at("one"), pages.at("two")), (Ok("one"), Ok("two")), "drafts change nothing");
    for path in [&pages.one, &pages.two] {
        let refused = pages.desk.act(path, "publish", "*", &Value::Null);
        assert_eq!(refused.faults(), [("/slug".to_owned(), "slug_taken".to_owned())]);
    }
    let release = pages.release();
    assert_eq!(pages.on_release(&release, "check", &Value::Null).status, 204);
    let published = pages.on_release(&release, "publish", &Value::Null);
    assert_eq!(published.status, 200, "{published:?}");
    assert_eq!((pages.at("one"), pages.at("two")), (Ok("two"), Ok("one")));
    // Each has its new slug for good, and what was on the way is nobody's.
    let third = format!("{}/en", pages.desk.entry("guidance"));
    assert_eq!(begin(&pages.desk, &third, "one").status, 422);
    assert_eq!(begin(&pages.desk, &third, "on-the-way").status, 200);
    // And back again.
    assert_eq!(save(&pages.desk, &pages.two, "on-the-way-2").status, 200);
    for (path, slug) in [(&pages.one, "one"), (&pages.two, "two")] {
        assert_eq!(save(&pages.desk, path, slug).status, 200);
    }
    assert_eq!(pages.on_release(&pages.release(), "publish", &Value::Null).status, 200);
    assert_eq!((pages.at("one"), pages.at("two")), (Ok("one"), Ok("two")));
}

#[test]
fn an_exchange_can_wait_for_its_time() {
    let pages = Pages::new();
    pages.crossed();
    let release = pages.release();
    let at = pages.desk.app.cms.clock().now().plus_millis(60_000);
    let body = json!({ "at": at, "zone": "Europe/Paris" });
    let scheduled = pages.on_release(&release, "schedule", &body);
    assert_eq!(scheduled.status, 200, "{scheduled:?}");
    pages.desk.clock.advance(59_000);
    assert_eq!((pages.at("one"), pages.at("two")), (Ok("one"), Ok("two")));
    pages.desk.clock.advance(1_000);
    assert_eq!((pages.at("one"), pages.at("two")), (Ok("two"), Ok("one")));
}

#[test]
fn a_slug_that_is_waited_for_stays_with_its_page_until_that_gives_it_up() {
    let pages = Pages::new();
    let desk = &pages.desk;
    let waiting = format!("{}/en", desk.entry("guidance"));
    assert_eq!(save(desk, &pages.two, "elsewhere").status, 200);
    assert_eq!(begin(desk, &waiting, "two").status, 200);
    let refused = desk.act(&waiting, "publish", "*", &Value::Null);
    assert_eq!(refused.faults(), [("/slug".to_owned(), "slug_taken".to_owned())]);
    // Who waits and goes on to another slug, or goes altogether, takes nothing away.
    assert_eq!(save(desk, &waiting, "third").status, 200);
    assert_eq!(save(desk, &waiting, "two").status, 200);
    let gone = desk.ask((Method::Delete, waiting.trim_end_matches("/en")), None, &Value::Null);
    assert_eq!(gone.status, 200, "{gone:?}");
    assert_eq!(save(desk, &pages.one, "two").status, 200);
    desk.done(&pages.one, "discard", "*", &Value::Null);
    assert_eq!(pages.at("two"), Ok("two"));
    // Its page thinks again, and has it still.
    assert_eq!(save(desk, &pages.one, "two").status, 200);
    assert_eq!(save(desk, &pages.two, "two").status, 200);
    assert_eq!(desk.act(&pages.one, "publish", "*", &Value::Null).status, 422);
    assert_eq!(save(desk, &pages.two, "elsewhere").status, 200);
    desk.done(&pages.two, "publish", "*", &Value::Null);
    desk.done(&pages.one, "publish", "*", &Value::Null);
    assert_eq!((pages.at("two"), pages.at("elsewhere")), (Ok("one"), Ok("two")));
}
