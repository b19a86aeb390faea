//! What was to happen and hasn't: counted, until it happens.

use std::sync::Arc;

use cms_core::{
    Cms,
    clock::{Clock, ManualClock, Timestamp},
    cms::Options,
    commands::{
        create_entry::CreateEntry,
        save_draft::SaveDraft,
        schedule::{ScheduleAct, Wanted},
    },
    event::{Fields, Part},
    locale::Locale,
    queries::Overdue,
};
use serde_json::json;

use crate::app::wait_for;

#[test]
fn what_nobody_let_happen_is_overdue_after_a_while() {
    let folder = tempfile::tempdir().unwrap();
    let hand = Arc::new(ManualClock::at(Timestamp::from_millis(1_790_000_000_000)));
    let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(&hand);
    let options = Options { clock, ..Options::default() };
    wait_for(async {
        let cms = Cms::open_with(folder.path(), options).await.unwrap();
        let editor = cms.administrator().unwrap().unwrap();
        let en = Locale::english();
        let act = CreateEntry {
            type_name: "guidance".parse().unwrap(),
            agency: None,
            source_locale: en.clone(),
            key: None,
        };
        let (entry, _) = cms.create_entry(&editor, act).await.unwrap();
        let fields: Fields =
            serde_json::from_value(json!({ "title": "Title", "body": "Body." })).unwrap();
        let part = Part::Locale(en.clone());
        cms.save_draft(&editor, SaveDraft::new(entry, part, fields)).await.unwrap();
        let at = cms.clock().now().plus_millis(1_000);
        let act = ScheduleAct {
            entry,
            locale: en,
            expected: None,
            wanted: Wanted::Publish,
            at,
            zone: None,
        };
        cms.schedule(&editor, act).await.unwrap();
        assert_eq!(cms.overdue().unwrap(), Overdue::default());
        hand.advance(11_000);
        assert_eq!(cms.overdue().unwrap(), Overdue::default(), "a moment late is not overdue");
        hand.advance(1);
        assert_eq!(cms.overdue().unwrap(), Overdue { count: 1, since: Some(at) });
        cms.apply_due().await.unwrap();
        assert_eq!(cms.overdue().unwrap(), Overdue::default());
    });
}
