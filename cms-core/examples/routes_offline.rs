//! Where to turn, from the file of `GET /v1/routes.json` alone: without a server, and without telling one what
//! is asked.
//!
//! `cargo run -p cms-core --example routes_offline -- routes.json GB contact.sexual_extortion child_13_15 en`

use std::sync::Arc;

use cms_core::{
    clock::{Clock as _, SystemClock, Timestamp},
    locale::Locale,
    route::{Directory, Finder, Question},
};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Answers a question from the file, as `data` of `GET /v1/routes` does.
///
/// # Errors
/// When the file is none, or the question names what is not in it.
pub fn answer(file: &[u8], question: &Question, at: Timestamp) -> Outcome<String> {
    let finder = Finder::new(Arc::new(Directory::parse(file)?));
    finder.check(question).map_err(|wrong| format!("{wrong:?}"))?;
    let moment = finder.moment(at, None);
    let found = finder.look_up(question, &moment);
    Ok(serde_json::to_string(&finder.tell(&found, &moment, None))?)
}

#[expect(clippy::print_stdout, reason = "an example shows what it does")]
fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let Some(path) = arguments.next() else {
        println!("routes_offline FILE [COUNTRY [CONCERN [AUDIENCE [LANGUAGE…]]]]");
        return Ok(());
    };
    let question = Question {
        country: arguments.next().map(|code| code.parse()).transpose()?,
        concern: arguments.next(),
        audience: arguments.next(),
        languages: arguments.map(|tag| Locale::parse(&tag)).collect::<Result<_, _>>()?,
        ..Question::default()
    };
    println!("{}", answer(&std::fs::read(path)?, &question, SystemClock.now())?);
    Ok(())
}
