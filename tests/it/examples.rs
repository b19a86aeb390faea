//! The examples of the library do what they say.

use cms_core::id::TypeName;

use crate::app::{open, wait_for};

#[expect(dead_code, reason = "an example's `main` is not called here")]
#[path = "../../cms-core/examples/follow_log.rs"]
mod follow_log;
#[expect(dead_code, reason = "an example's `main` is not called here")]
#[path = "../../cms-core/examples/publish_and_read.rs"]
mod publish_and_read;
#[expect(dead_code, reason = "an example's `main` is not called here")]
#[path = "../../cms-core/examples/static_site.rs"]
mod static_site;

#[test]
fn the_examples_publish_and_read_follow_and_write_a_site() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let page = wait_for(async move {
        publish_and_read::publish_and_read(&path).await.map_err(|e| e.to_string())
    });
    assert!(page.unwrap().contains("<strong>better</strong>"));

    let cms = open(folder.path());
    let (lines, last) = wait_for(follow_log::told(&cms, 0)).unwrap();
    assert_eq!(u64::try_from(lines.len()).unwrap(), last);
    assert!(lines.last().unwrap().ends_with("revision 1 was published"));

    let out = tempfile::tempdir().unwrap();
    let written = static_site::write_site(&cms, &TypeName::parse("guidance").unwrap(), out.path());
    assert_eq!(written.unwrap(), 1);
    let html = std::fs::read_to_string(out.path().join("en/a-strong-password.html")).unwrap();
    assert!(html.contains("<html lang=\"en\" dir=\"ltr\">") && html.contains("Three random words"));
}
