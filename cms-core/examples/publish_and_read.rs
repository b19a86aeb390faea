//! Opens a folder, publishes an entry, and reads it as a reader would.

use cms_core::{
    Cms,
    commands::{create_entry::CreateEntry, publish::Publish, save_draft::SaveDraft},
    event::{Fields, Part},
    id::TypeName,
    locale::Locale,
    queries::entry::{EntryFound, EntryQuestion},
};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Publishes a page in `folder` and gives what a reader gets.
///
/// # Errors
/// When the store refuses.
pub async fn publish_and_read(folder: &std::path::Path) -> Outcome<String> {
    let cms = Cms::open(folder).await?;
    let editor = cms.administrator()?.ok_or("a new store has an administrator")?;
    let (type_name, english) = (TypeName::parse("guidance")?, Locale::parse("en")?);
    let new = CreateEntry {
        type_name: type_name.clone(),
        agency: None,
        source_locale: english.clone(),
        key: None,
    };
    let (entry, _) = cms.create_entry(&editor, new).await?;
    let fields: Fields = [
        ("title".parse()?, "A strong password".into()),
        ("body".parse()?, "Three random words are **better** than one with tricks.".into()),
    ]
    .into();
    let part = Part::Locale(english.clone());
    cms.save_draft(&editor, SaveDraft::new(entry, part.clone(), fields)).await?;
    cms.publish(
        &editor,
        Publish { entry, part, expected: Some(1), published_at: None, change_class: None },
    )
    .await?;

    let question = EntryQuestion {
        type_name: &type_name,
        name: "a-strong-password",
        locale: &english,
        explicit: true,
        fallback: true,
        fields: None,
        include: &[],
    };
    let EntryFound::Entry(answer) = cms.delivery().entry(&question)? else {
        return Err("readers should find what was published".into());
    };
    Ok(String::from_utf8(answer.body)?)
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example shows what it does")]
async fn main() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    println!("{}", publish_and_read(folder.path()).await?);
    Ok(())
}
