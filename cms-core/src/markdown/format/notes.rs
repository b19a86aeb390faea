//! Alerts and footnotes.

use std::fmt::{self, Write as _};

use comrak::{
    html::ChildRendering,
    nodes::{NodeAlert, NodeFootnoteDefinition, NodeFootnoteReference},
};

use super::{Output, Written};
use crate::markdown::labels;

/// An alert with its title, which is the author's or the language's.
pub(super) fn write_alert(
    out: &mut Output<'_, '_, '_>,
    alert: &NodeAlert,
    entering: bool,
) -> Written {
    out.cr()?;
    if entering {
        let kind = alert.alert_type.default_title().to_lowercase();
        write!(
            out,
            "<div class=\"markdown-alert markdown-alert-{kind}\">\n<p class=\"markdown-alert-title\">"
        )?;
        let title = match &alert.title {
            Some(title) => title.clone(),
            None => labels::alert(out.user.locale, alert.alert_type),
        };
        out.escape(&title)?;
        out.write_str("</p>\n")?;
    } else {
        out.write_str("</div>\n")?;
    }
    Ok(ChildRendering::HTML)
}

/// A footnote, in the list of them at the end.
pub(super) fn write_footnote(
    out: &mut Output<'_, '_, '_>,
    footnote: &NodeFootnoteDefinition,
    entering: bool,
) -> Written {
    if entering {
        if out.user.footnotes == 0 {
            out.write_str("<section class=\"footnotes\" role=\"doc-endnotes\">\n<ol>\n")?;
        }
        out.user.footnotes += 1;
        out.user.footnote_is_closed = false;
        let number = out.user.footnotes;
        write!(out, "<li id=\"fn-{number}\">")?;
    } else {
        if !out.user.footnote_is_closed {
            write_ways_back(out, footnote)?;
            out.write_str("\n")?;
        }
        out.write_str("</li>\n")?;
    }
    Ok(ChildRendering::HTML)
}

/// The links from a footnote to its references.
pub(super) fn write_ways_back(
    out: &mut Output<'_, '_, '_>,
    footnote: &NodeFootnoteDefinition,
) -> fmt::Result {
    out.user.footnote_is_closed = true;
    let number = out.user.footnotes;
    for nth in 1..=footnote.total_references {
        let suffix = if nth == 1 { String::new() } else { format!("-{nth}") };
        let label = labels::footnote_back(out.user.locale, &format!("{number}{suffix}"));
        write!(
            out,
            " <a href=\"#fnref-{number}{suffix}\" class=\"footnote-backref\" role=\"doc-backlink\" aria-label=\""
        )?;
        out.escape(&label)?;
        out.write_str("\">↩")?;
        if nth > 1 {
            write!(out, "<sup>{nth}</sup>")?;
        }
        out.write_str("</a>")?;
    }
    Ok(())
}

/// A reference to a footnote.
pub(super) fn write_reference(
    out: &mut Output<'_, '_, '_>,
    reference: &NodeFootnoteReference,
    entering: bool,
) -> Written {
    if entering {
        let number = reference.ix;
        let suffix =
            if reference.ref_num > 1 { format!("-{}", reference.ref_num) } else { String::new() };
        write!(
            out,
            "<sup class=\"footnote-ref\"><a href=\"#fn-{number}\" id=\"fnref-{number}{suffix}\" role=\"doc-noteref\">{number}</a></sup>"
        )?;
    }
    Ok(ChildRendering::HTML)
}
