//! The delivery API: what readers get, and how it goes over the wire.

use std::{sync::Arc, thread};

use cms_core::{
    Cms,
    id::TypeName,
    locale::Locale,
    queries::{Delivery, ReadError, site::SiteView},
};
use rocket::{
    Request, Route,
    request::{FromRequest, Outcome},
};

use tokio::sync::Semaphore;

use crate::problem::{Code, Problem};

pub mod cache;
pub mod changes;
pub mod coding;
pub mod cursor;
pub mod entries;
pub mod feed;
pub mod hot;
pub mod hsds;
pub mod json_ld;
pub mod media;
pub mod proofs;
pub mod ranges;
pub mod ready;
pub mod recalls;
pub mod redirects;
pub mod reports;
pub mod routes;
pub mod search;
pub mod site;
pub mod sitemap;
pub mod stream;
pub(crate) mod terms;

use cache::Answers;

/// The endpoints that answer at once.
pub(crate) fn endpoints() -> Vec<Route> {
    [
        site::endpoints(),
        entries::endpoints(),
        media::endpoints(),
        redirects::endpoints(),
        search::endpoints(),
        recalls::endpoints(),
        reports::endpoints(),
        proofs::endpoints(),
        feed::endpoints(),
        sitemap::endpoints(),
        routes::endpoints(),
        hsds::endpoints(),
        json_ld::endpoints(),
    ]
    .concat()
}

/// What the endpoints answer from.
#[derive(Debug, Clone)]
pub struct Desk {
    /// The store.
    pub cms: Cms,
    /// Answers that are ready to be sent.
    pub answers: Arc<Answers>,
    /// How many questions are asked at a time.
    turns: Arc<Semaphore>,
}

impl Desk {
    /// A desk over a store. As many questions are asked at a time as keep the processors busy while some wait
    /// for the disk: more would only take more memory and more turns between threads.
    pub fn new(cms: &Cms) -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let turns = Arc::new(Semaphore::new(2 * cores + 2));
        Self { cms: cms.clone(), answers: Arc::default(), turns }
    }

    /// Readers' questions go here.
    pub fn delivery(&self) -> Delivery {
        self.cms.delivery()
    }

    /// Asks on a thread that may wait for the disk.
    ///
    /// # Errors
    /// What the question's own answer is, or that the store cannot be read.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Delivery) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let delivery = self.delivery();
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(Problem::internal)?;
        let asked = tokio::task::spawn_blocking(move || {
            let answer = question(&delivery);
            drop(turn);
            answer
        });
        asked.await.map_err(Problem::internal)?
    }

    /// The locale that a reader asks for, and whether by name: otherwise the best of `Accept-Language`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) fn asked(
        &self,
        named: Option<&Locale>,
        languages: &Languages<'_>,
    ) -> Result<Asked, Problem> {
        if let Some(locale) = named {
            Ok(Asked { locale: locale.clone(), explicit: true })
        } else {
            let site = self.delivery().site()?;
            Ok(Asked { locale: site.locales.negotiate(languages.0), explicit: false })
        }
    }
}

/// The locale that a reader asks for.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) locale: Locale,
    /// Whether the parameter names it.
    pub(crate) explicit: bool,
}

/// The request's `Accept-Language`, empty when there is none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Languages<'r>(pub(crate) &'r str);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Languages<'r> {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        Outcome::Success(Self(request.headers().get_one("Accept-Language").unwrap_or("")))
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        Self::new(Code::Unavailable).because(error)
    }
}

/// The type of this name, if the site has it.
pub(crate) fn known_type(site: &SiteView, name: &str) -> Result<TypeName, Problem> {
    let name = TypeName::parse(name).ok().filter(|name| site.types.contains_key(name));
    name.ok_or_else(|| Problem::new(Code::NotFound))
}
