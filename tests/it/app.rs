//! The harness: the real application over its real router, without a socket, plus a few endpoints that
//! misbehave on purpose.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use cms_core::{
    Cms,
    clock::{Clock, ManualClock, Timestamp},
    cms::Options,
    commands::issue_token::IssueToken,
    queries::Overdue,
};
use cms_server::{
    config::Config,
    delivery::{
        coding::CodedSet,
        ready::{Head, Ready},
    },
    endpoint,
    guards::{
        codings::Codings,
        query::{Parameter, Query},
    },
    health::{Followers, Progress},
    metrics::Metrics,
    parameters,
    problem::Problem,
};
use rocket::{
    Build, Rocket, State, get,
    http::{Header, Method, Status},
    local::blocking::{Client, LocalResponse},
    post, routes,
    serde::json::Json,
    tokio::{self, runtime::Runtime, sync::watch},
};
use serde_json::Value;
use tempfile::TempDir;

/// An application to ask.
pub struct App {
    client: Client,
    /// What the followers say of themselves.
    pub followers: Arc<SetFollowers>,
    /// The store that it serves.
    pub cms: Cms,
    _folder: TempDir,
}

/// A store in a folder, with the shipped content types.
pub fn open(folder: &Path) -> Cms {
    wait_for(Cms::open(folder)).unwrap()
}

/// What a future gives, waited for: the harness itself blocks.
pub fn wait_for<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(future)
}

/// Followers whose progress the test sets.
#[derive(Debug, Default)]
pub struct SetFollowers(pub Mutex<Vec<Progress>>, pub Mutex<Overdue>);

impl Followers for SetFollowers {
    fn progress(&self) -> Vec<Progress> {
        self.0.lock().unwrap().clone()
    }

    fn overdue(&self) -> Overdue {
        *self.1.lock().unwrap()
    }
}

/// An answer, whole.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: BTreeMap<String, Vec<String>>,
    pub body: Vec<u8>,
}

impl App {
    /// With the default configuration.
    pub fn start() -> Self {
        Self::with(&Config::default())
    }

    /// With this configuration.
    pub fn with(config: &Config) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = Options { media: config.media_options().unwrap(), ..Options::default() };
        let cms = wait_for(Cms::open_with(folder.path(), options)).unwrap();
        Self::over(config, cms, folder)
    }

    /// A clock that stands still until the test moves it.
    pub fn clock() -> Arc<ManualClock> {
        Arc::new(ManualClock::at(Timestamp::from_millis(1_790_000_000_000)))
    }

    /// With this clock.
    pub fn at(clock: &Arc<ManualClock>) -> Self {
        Self::configured(&Config::default(), clock)
    }

    /// With this configuration and this clock.
    pub fn configured(config: &Config, clock: &Arc<ManualClock>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(clock);
        let media = config.media_options().unwrap();
        let options = Options { clock, media, ..Options::default() };
        let cms = wait_for(Cms::open_with(folder.path(), options)).unwrap();
        Self::over(config, cms, folder)
    }

    fn over(config: &Config, cms: Cms, folder: TempDir) -> Self {
        let followers = Arc::new(SetFollowers::default());
        let watching = Arc::<SetFollowers>::clone(&followers);
        let rocket = cms_server::rocket_watching(config, &cms, watching).unwrap();
        let rocket = with_samples(rocket, Arc::default());
        Self { client: Client::untracked(rocket).unwrap(), followers, cms, _folder: folder }
    }

    /// Asks, with these header fields.
    pub fn ask(&self, method: Method, uri: &str, headers: &[(&'static str, &str)]) -> Answer {
        let mut request = self.client.req(method, uri.to_owned());
        for (name, value) in headers {
            request.add_header(Header::new(*name, (*value).to_owned()));
        }
        Answer::of(request.dispatch())
    }

    /// Asks, with these header fields and a body.
    pub fn send(
        &self,
        method: Method,
        uri: &str,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> Answer {
        let mut request = self.client.req(method, uri.to_owned()).body(body);
        for (name, value) in headers {
            request.add_header(Header::new(*name, (*value).to_owned()));
        }
        Answer::of(request.dispatch())
    }

    /// Asks, with these header fields and a body of bytes.
    pub fn send_bytes(
        &self,
        (method, uri): (Method, &str),
        headers: &[(&'static str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut request = self.client.req(method, uri.to_owned()).body(body);
        for (name, value) in headers {
            request.add_header(Header::new(*name, (*value).to_owned()));
        }
        Answer::of(request.dispatch())
    }

    /// A token of the administrator's.
    pub fn token(&self) -> String {
        let administrator = self.cms.administrator().unwrap().unwrap();
        let account = administrator.account;
        let act = IssueToken { account, name: "tests".to_owned(), expires: None };
        let issued = wait_for(self.cms.issue_token(&administrator, act)).unwrap();
        issued.secret.reveal().to_owned()
    }

    /// Asks with GET.
    pub fn get(&self, uri: &str) -> Answer {
        self.ask(Method::Get, uri, &[])
    }

    /// Asks with GET and these header fields.
    pub fn get_with(&self, uri: &str, headers: &[(&'static str, &str)]) -> Answer {
        self.ask(Method::Get, uri, headers)
    }

    /// Posts JSON.
    pub fn post(&self, uri: &str, body: &str) -> Answer {
        Answer::of(
            self.client
                .post(uri.to_owned())
                .header(rocket::http::ContentType::JSON)
                .body(body)
                .dispatch(),
        )
    }
}

impl Answer {
    /// What came back.
    pub fn of(response: LocalResponse<'_>) -> Self {
        let mut headers = BTreeMap::<String, Vec<String>>::new();
        for header in response.headers().iter() {
            headers
                .entry(header.name.to_string().to_lowercase())
                .or_default()
                .push(header.value.to_string());
        }
        let length = response.body().preset_size();
        if let Some(length) = length {
            headers.insert("content-length".to_owned(), vec![length.to_string()]);
        }
        Self {
            status: response.status().code,
            headers,
            body: response.into_bytes().unwrap_or_default(),
        }
    }

    /// A header field that is there at most once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let values = self.headers.get(name)?;
        assert_eq!(values.len(), 1, "{name} comes more than once: {values:?}");
        values.first().map(String::as_str)
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body, which is JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    /// The problem, after checking that it has all that a problem must have.
    pub fn problem(&self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        assert!(self.header("content-language").is_some(), "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], self.status);
        let id = self.header("x-request-id").unwrap();
        assert_eq!(problem["instance"], format!("urn:uuid:{id}"));
        assert_eq!(problem["type"], format!("/problems/{}", problem["code"].as_str().unwrap()));
        for field in ["title", "detail"] {
            let text = problem[field].as_str().unwrap();
            assert!(
                !text.is_empty() && !text.contains("problem.") && !text.contains("%{"),
                "{text}"
            );
        }
        problem
    }

    /// The problem's code.
    pub fn code(&self) -> String {
        self.problem()["code"].as_str().unwrap().to_owned()
    }

    /// What the problem says is wrong: parameter or pointer, and rule.
    pub fn faults(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let faults = self.problem()["errors"].as_array().cloned().unwrap_or_default();
        let place = |fault: &Value| text(&fault["parameter"]) + &text(&fault["pointer"]);
        faults.iter().map(|fault| (place(fault), text(&fault["code"]))).collect()
    }
}

/// Four kilobytes, made ready as the application does it.
pub struct Sample {
    set: CodedSet,
    head: Arc<Head>,
}

impl Default for Sample {
    fn default() -> Self {
        let words = "Talk to an adult you trust; nothing that happened is your fault. ".repeat(62);
        let body = serde_json::json!({ "data": { "body": words } }).to_string();
        let head = Head {
            content_type: Cow::Borrowed("application/json"),
            content_language: Some("en".to_owned()),
            surrogate_key: Some("e1 tguidance".to_owned()),
            cache_groups: Some("\"e1\", \"tguidance\"".to_owned()),
            link: None,
        };
        Self { set: CodedSet::of(body.into_bytes()), head: Arc::new(head) }
    }
}

/// Adds endpoints that misbehave on purpose, and one that waits at a gate.
pub fn with_samples(rocket: Rocket<Build>, gate: Arc<Gate>) -> Rocket<Build> {
    let metrics = Metrics::default();
    let samples = routes![read_sample, search_sample, post_sample, panic_on_purpose, wait_for_ever];
    let patient = endpoint::framed_for(routes![wait_at_gate], Duration::from_mins(1), &metrics);
    rocket
        .manage(Sample::default())
        .manage(gate)
        .mount("/sample", endpoint::framed_for(samples, Duration::from_millis(200), &metrics))
        .mount("/sample", patient)
}

/// Where a request waits for as long as the test wants.
#[derive(Debug, Default)]
pub struct Gate {
    entered: Latch,
    opened: Latch,
}

/// Closed until it is opened, then open for ever.
#[derive(Debug)]
struct Latch(watch::Sender<bool>);

impl Default for Latch {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Latch {
    fn open(&self) {
        self.0.send_replace(true);
    }

    async fn wait(&self) {
        self.0.subscribe().wait_for(|is_open| *is_open).await.unwrap();
    }
}

impl Gate {
    /// Waits until a request is there.
    pub fn wait_until_entered(&self) {
        Runtime::new().unwrap().block_on(self.entered.wait());
    }

    /// Lets it go on.
    pub fn open(&self) {
        self.opened.open();
    }
}

parameters! {
    /// Some of each kind.
    SampleQuery = [
        Parameter::text("q", 20, "What to look for."),
        Parameter::integer("limit", 1..=100, 20, "How many."),
        Parameter::locale(),
    ]
}

#[get("/ready")]
fn read_sample(sample: &State<Sample>, codings: Codings) -> Result<Ready, Problem> {
    Ready::of(&sample.set, codings, &sample.head)
}

#[get("/search/<name>")]
fn search_sample(name: &str, query: Query<'_, SampleQuery>) -> Json<Value> {
    Json(serde_json::json!({ "name": name, "q": query.text("q"), "limit": query.integer("limit") }))
}

#[post("/posted", data = "<body>")]
fn post_sample(body: Json<Value>) -> Json<Value> {
    body
}

#[get("/panic")]
fn panic_on_purpose() -> Status {
    panic!("on purpose")
}

#[get("/slow")]
async fn wait_for_ever() -> Status {
    tokio::time::sleep(Duration::from_hours(1)).await;
    Status::Ok
}

#[get("/pause")]
async fn wait_at_gate(gate: &State<Arc<Gate>>) -> Status {
    gate.entered.open();
    gate.opened.wait().await;
    Status::Ok
}
