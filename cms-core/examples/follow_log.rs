//! Follows the log of a store: what happened, in order, and what happens next.

use std::time::Duration;

use cms_core::{Cms, event::EventBody, store::LogError};

/// What happened after an event, one line each, and the last event told.
///
/// # Errors
/// When the log can't be read.
pub async fn told(cms: &Cms, after: u64) -> Result<(Vec<String>, u64), LogError> {
    let mut lines = Vec::new();
    let mut last = after;
    loop {
        let events = cms.log().events(last, 100).await?;
        if events.is_empty() {
            return Ok((lines, last));
        }
        for event in events {
            last = event.number;
            let what = match event.body {
                Some(EventBody::EntryCreated { type_name, .. }) => {
                    format!("a {type_name} was made")
                }
                Some(EventBody::RevisionSaved { revision, .. }) => {
                    format!("revision {revision} was saved")
                }
                Some(EventBody::Published { revision, .. }) => {
                    format!("revision {revision} was published")
                }
                Some(EventBody::Unpublished { locale, .. }) => format!("{locale} was taken away"),
                Some(EventBody::TypeSaved { name, .. }) => format!("the type {name} was saved"),
                Some(_) => "something about the site or its people changed".to_owned(),
                None => "it was erased".to_owned(),
            };
            lines.push(format!("{} {}: {what}", event.number, event.at));
        }
    }
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example shows what it does")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Some(data) = std::env::args().nth(1) else {
        println!("follow_log DATA: tells what happens in the store in DATA");
        return Ok(());
    };
    let cms = Cms::open(data).await?;
    let mut last = 0;
    loop {
        let (lines, now) = told(&cms, last).await?;
        for line in lines {
            println!("{line}");
        }
        last = now;
        cms.log().wait(last, Duration::from_mins(1)).await?;
    }
}
