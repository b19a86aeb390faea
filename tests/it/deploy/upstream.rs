//! What stands behind the proxy: the real application, with a few endpoints that a test can steer,
//! on a port of its own. It notes what reaches it.

use std::sync::{Arc, Mutex};

use cms_core::Cms;
use cms_server::config::Config;
use rocket::{
    Data, Request, Response, Route, Shutdown, State,
    fairing::AdHoc,
    get,
    http::{ContentType, Header, Status},
    post,
    response::{
        Responder,
        stream::{Event, EventStream},
    },
    routes, tokio,
};

/// A request that reached the application.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// The names of its header fields, in lower case.
    pub(crate) fields: Vec<String>,
}

/// What `/probe/…` answers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Steered {
    pub(crate) status: u16,
    pub(crate) cache_control: &'static str,
}

impl Steered {
    /// 200, to be cached like this.
    pub(crate) fn ok(cache_control: &'static str) -> Self {
        Self { status: 200, cache_control }
    }
}

impl<'r> Responder<'r, 'static> for Steered {
    fn respond_to(self, _: &'r Request<'_>) -> rocket::response::Result<'static> {
        let body = std::io::Cursor::new("an answer");
        Response::build()
            .status(Status::new(self.status))
            .header(ContentType::Plain)
            .raw_header("Cache-Control", self.cache_control)
            .raw_header("ETag", "\"an-answer\"")
            .sized_body(9, body)
            .ok()
    }
}

/// What `/media/…` answers.
#[derive(Responder)]
struct Immutable {
    body: (ContentType, &'static str),
    cache_control: Header<'static>,
}

/// A running application.
pub(crate) struct Upstream {
    pub(crate) port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
    steered: Arc<Mutex<Steered>>,
    shutdown: Shutdown,
    ended: Mutex<tokio::task::JoinHandle<()>>,
}

impl Upstream {
    /// Starts it on a free port of loopback.
    pub(crate) async fn start() -> Self {
        let seen = Arc::<Mutex<Vec<Seen>>>::default();
        let steered = Arc::new(Mutex::new(Steered::ok("no-store")));
        let (ready, port) = tokio::sync::oneshot::channel();
        let ready = Mutex::new(Some(ready));
        let note = Arc::clone(&seen);
        let config = Config { listen: ([127, 0, 0, 1], 0).into(), ..Config::default() };
        let folder = tempfile::tempdir().unwrap();
        let cms = Cms::open(folder.path()).await.unwrap();
        let rocket = cms_server::rocket(&config, &cms)
            .unwrap()
            .manage(Arc::clone(&steered))
            .mount("/", endpoints())
            .attach(AdHoc::on_request("Note", move |request, _| {
                note.lock().unwrap().push(see(request));
                Box::pin(async {})
            }))
            .attach(AdHoc::on_liftoff("Port", move |rocket| {
                let ready = ready.lock().unwrap().take().unwrap();
                ready.send(rocket.config().port).unwrap();
                Box::pin(async {})
            }))
            .ignite()
            .await
            .unwrap();
        let shutdown = rocket.shutdown();
        let ended = tokio::spawn(async move {
            drop(rocket.launch().await.unwrap());
            drop((cms, folder));
        });
        Self { port: port.await.unwrap(), seen, steered, shutdown, ended: Mutex::new(ended) }
    }

    /// All requests that reached it so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// What `/probe/…` answers from now on.
    pub(crate) fn steer(&self, steered: Steered) {
        *self.steered.lock().unwrap() = steered;
    }

    /// Stops it, and waits until its port is closed.
    pub(crate) async fn stop(&self) {
        self.shutdown.clone().notify();
        let ended = std::mem::replace(&mut *self.ended.lock().unwrap(), tokio::spawn(async {}));
        ended.await.unwrap();
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.shutdown.clone().notify();
    }
}

fn see(request: &Request<'_>) -> Seen {
    Seen {
        fields: request.headers().iter().map(|field| field.name.as_str().to_lowercase()).collect(),
    }
}

/// The endpoints that a test can steer; the application may have some of the same names.
fn endpoints() -> Vec<Route> {
    let mut endpoints = routes![probe, media, stream, manage];
    for endpoint in &mut endpoints {
        endpoint.rank = -100;
    }
    endpoints
}

#[get("/probe/<_>")]
fn probe(steered: &State<Arc<Mutex<Steered>>>) -> Steered {
    *steered.lock().unwrap()
}

#[get("/media/<_..>")]
fn media() -> Immutable {
    let cache_control = Header::new("Cache-Control", "public, max-age=31536000, immutable");
    Immutable { body: (ContentType::Plain, "0123456789"), cache_control }
}

#[get("/v1/stream")]
fn stream(mut end: Shutdown) -> EventStream![] {
    EventStream! {
        yield Event::data("one");
        (&mut end).await;
    }
}

#[post("/manage/v1/probe", data = "<body>")]
async fn manage(body: Data<'_>) -> Status {
    let limit = rocket::data::ByteUnit::Mebibyte(2);
    let read = body.open(limit).into_bytes().await.unwrap();
    if read.is_complete() { Status::Ok } else { Status::PayloadTooLarge }
}
