//! Redirects that editors set by hand: for sites that act on them, all in one file or by path; and this
//! server's own acting on them, for addresses of entries that are no more.

use cms_core::{
    locale::Locale,
    queries::{
        fill::href,
        redirects::{Destination, SentOn},
    },
    redirect::OldPath,
};
use rocket::{Route, State, get, routes};

use super::{
    Desk,
    cache::Prepared,
    entries::{Reply, Wishes},
    ready::Ready,
};
use crate::{
    guards::query::{Parameter, Query},
    parameters,
    problem::{Code, Fault, Problem},
};

parameters! {
    /// What the redirects take.
    pub RedirectList = [
        Parameter::locale(),
        Parameter::text("path", 2_000, "An old path: the one redirect that it leads by, if there is one. \
            All redirects without it."),
    ]
}

/// The endpoints of this file.
pub(crate) fn endpoints() -> Vec<Route> {
    routes![list_redirects]
}

/// The redirects whose targets are published, by path; with `path`, the one that applies to it.
///
/// A redirect stands for one path, or with `match` `prefix` for all that begin with it at a slash. An exact
/// one goes before a prefix, a longer prefix before a shorter one. `location` is where to send the reader:
/// a URL, or the address of an entry of this API, which `entry` names for sites with addresses of their own.
#[utoipa::path(
    tag = "delivery",
    params(RedirectList),
    responses(
        (status = 200, description = "The redirects.", body = Object),
        (status = 304, description = "The reader has it."),
    )
)]
#[get("/v1/redirects")]
pub(crate) async fn list_redirects(
    query: Query<'_, RedirectList>,
    wishes: Wishes<'_>,
    desk: &State<Desk>,
) -> Result<Ready, Problem> {
    let asked = desk.asked(query.locale("locale"), &wishes.languages)?;
    let path = query.text("path").map(OldPath::parse).transpose();
    let path =
        path.map_err(|_| Problem::parameters(vec![Fault::parameter("path", "redirect_bad_path")]))?;
    let locale = asked.locale.clone();
    let answer =
        desk.ask(move |delivery| Ok(delivery.list_redirects(path.as_ref(), &locale)?)).await?;
    let location = (!asked.explicit).then(|| wishes.address(wishes.path, &answer.locale));
    Prepared::new(answer, None, location).ready(wishes.codings)
}

/// Sends on who asks for an entry that isn't there, if a redirect says where to; 404 otherwise.
pub(crate) async fn send_on(
    desk: &Desk,
    wishes: &Wishes<'_>,
    locale: &Locale,
) -> Result<Reply, Problem> {
    let Ok(path) = OldPath::parse(wishes.path) else { return Err(Problem::new(Code::NotFound)) };
    let locale = locale.clone();
    let found = desk.ask(move |delivery| Ok(delivery.sent_on(&path, &locale)?)).await?;
    let SentOn { status, to } = found.ok_or_else(|| Problem::new(Code::NotFound))?;
    let location = match to {
        Destination::Url(url) => url,
        Destination::Entry { type_name, slug, locale, .. } => {
            let address = href(&type_name, &slug, &locale);
            wishes.address(address.split('?').next().unwrap_or_default(), &locale)
        }
    };
    Ok(Reply::Moved { status, location })
}
