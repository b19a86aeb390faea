//! Drawings: SVG, written anew from a list of what only draws.
//!
//! Elements and attributes that only draw are kept; what programs leave behind (metadata, comments, their own
//! namespaces) is left out without a word. What acts, fetches or embeds is refused with its place, rather than
//! left out: a drawing that needs it wouldn't be the same drawing.

mod allowed;

use quick_xml::{
    Reader, XmlVersion,
    escape::{escape, minimal_escape},
    events::{BytesStart, Event},
};

use self::allowed::{Verdict, attribute, element, fetches};
use super::{Refusal, numbers::pixels};

/// The longest drawing, in bytes; and the deepest, in elements.
const MOST_BYTES: u64 = 2_000_000;
const MOST_DEPTH: usize = 64;
/// How far the root may be from the start.
const HEAD: usize = 4_096;

/// A drawing of nothing but shapes.
#[derive(Debug)]
pub(super) struct Drawing {
    /// The file, written anew.
    pub bytes: Vec<u8>,
    /// Its width in its own units, if it says so.
    pub width: Option<u32>,
    /// Its height in its own units, if it says so.
    pub height: Option<u32>,
}

/// Whether the first element of a text is `svg`.
pub(super) fn looks_like_it(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(HEAD)).unwrap_or_default();
    if head.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'<') {
        return false;
    }
    let mut reader = Reader::from_reader(head);
    reader.config_mut().check_end_names = false;
    loop {
        match reader.read_event() {
            Ok(Event::Start(start) | Event::Empty(start)) => {
                return start.name().as_ref() == b"svg";
            }
            Ok(Event::DocType(name)) if name.trim_ascii_start().starts_with(b"svg") => {}
            Ok(Event::Decl(_) | Event::Comment(_) | Event::PI(_)) => {}
            Ok(Event::Text(text)) if text.iter().all(u8::is_ascii_whitespace) => {}
            Ok(_) | Err(_) => return false,
        }
    }
}

/// The drawing, written anew.
pub(super) fn clean(bytes: &[u8]) -> Result<Drawing, Refusal> {
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if size > MOST_BYTES {
        return Err(Refusal::TooLarge { bytes: size, most: MOST_BYTES });
    }
    let text = std::str::from_utf8(bytes).map_err(|error| Refusal::Damaged {
        at: u64::try_from(error.valid_up_to()).unwrap_or(u64::MAX),
        part: "text that is not UTF-8",
    })?;
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = Reader::from_str(text);
    let mut writing = Writing::default();
    loop {
        let at = reader.buffer_position();
        let event = reader
            .read_event()
            .map_err(|_| Refusal::Damaged { at: reader.error_position(), part: "the markup" })?;
        if matches!(event, Event::Eof) {
            return writing.done(at);
        }
        writing.event(event, at)?;
    }
}

/// A drawing that is being written.
#[derive(Default)]
struct Writing {
    written: String,
    /// The elements that are open, by their names.
    open: Vec<String>,
    /// How many of the innermost open elements are left out.
    left_out: usize,
    has_root: bool,
    /// The text of all style sheets, as comments within them leave it.
    style: String,
    size: (Option<u32>, Option<u32>),
}

impl Writing {
    fn event(&mut self, event: Event<'_>, at: u64) -> Result<(), Refusal> {
        let damaged = |part| Refusal::Damaged { at, part };
        match event {
            Event::Start(start) => self.start(&start, at),
            Event::Empty(start) => {
                self.start(&start, at)?;
                self.end();
                Ok(())
            }
            Event::End(_) => {
                self.end();
                Ok(())
            }
            Event::Text(text) => {
                let text = text.decode().map_err(|_| damaged("text"))?;
                self.text(&minimal_escape(text.as_ref()), &text, at)
            }
            Event::CData(text) => {
                let text = text.decode().map_err(|_| damaged("text"))?;
                self.text(&minimal_escape(text.as_ref()), &text, at)
            }
            Event::GeneralRef(name) => {
                let name = name.decode().map_err(|_| damaged("an entity"))?;
                let is_known = name.starts_with('#')
                    || ["amp", "lt", "gt", "quot", "apos"].contains(&name.as_ref());
                // A style sheet with references would have to be read to be checked.
                let in_style = self.open.last().is_some_and(|name| name == "style");
                if self.left_out > 0 {
                    return Ok(());
                }
                if !is_known || in_style || self.open.is_empty() {
                    return Err(Refusal::Active { at, what: format!("&{name};") });
                }
                self.write(&["&", &name, ";"]);
                Ok(())
            }
            Event::DocType(text) if text.contains(&b'[') => {
                Err(Refusal::Active { at, what: "<!DOCTYPE [".to_owned() })
            }
            Event::PI(instruction) if instruction.starts_with(b"xml-stylesheet") => {
                Err(Refusal::Active { at, what: "<?xml-stylesheet".to_owned() })
            }
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) | Event::Eof => {
                Ok(())
            }
        }
    }

    fn start(&mut self, start: &BytesStart<'_>, at: u64) -> Result<(), Refusal> {
        let name = start.name();
        let name = std::str::from_utf8(name.as_ref())
            .map_err(|_| Refusal::Damaged { at, part: "a name" })?;
        if self.open.len() >= MOST_DEPTH {
            return Err(Refusal::Unsupported { feature: "a drawing of elements that deep" });
        }
        // A style sheet's text is what remains when elements and comments within are taken out.
        if self.open.last().is_some_and(|parent| parent == "style") {
            return Err(Refusal::Active { at, what: format!("<{name}>") });
        }
        if self.open.is_empty() && (self.has_root || name != "svg") {
            return Err(Refusal::Damaged { at, part: "a second root" });
        }
        self.open.push(name.to_owned());
        let verdict = element(name);
        if self.left_out > 0 || verdict == Verdict::LeftOut {
            self.left_out += 1;
            return Ok(());
        }
        if verdict == Verdict::Refused {
            return Err(Refusal::Active { at, what: format!("<{name}>") });
        }
        self.write(&["<", name]);
        let kept = attributes(start, at)?;
        if !self.has_root {
            self.has_root = true;
            self.root(&kept);
        }
        for (name, value) in kept {
            self.write(&[" ", &name, "=\"", &escape(value.as_str()), "\""]);
        }
        self.written.push('>');
        Ok(())
    }

    /// Takes note of the drawing's size, and of its namespace.
    fn root(&mut self, attributes: &[(String, String)]) {
        let value = |wanted: &str| {
            attributes.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
        };
        let length = |text: &str| {
            let number = text.trim().trim_end_matches("px").parse::<f64>().ok();
            number.filter(|number| number.is_finite() && *number > 0.0).map(pixels)
        };
        let mut view = value("viewBox")
            .unwrap_or_default()
            .split([' ', ',', '\t', '\n'])
            .filter(|text| !text.is_empty())
            .skip(2);
        let (wide, high) = (view.next().and_then(length), view.next().and_then(length));
        let by_name = (value("width").and_then(length), value("height").and_then(length));
        self.size = (by_name.0.or(wide), by_name.1.or(high));
        if value("xmlns").is_none() {
            self.written.push_str(" xmlns=\"http://www.w3.org/2000/svg\"");
        }
    }

    fn text(&mut self, escaped: &str, text: &str, at: u64) -> Result<(), Refusal> {
        if self.left_out > 0 {
            return Ok(());
        }
        match self.open.last().map(String::as_str) {
            None if text.trim().is_empty() => Ok(()),
            None => Err(Refusal::Damaged { at, part: "text outside of the drawing" }),
            Some(name) => {
                if name == "style" {
                    self.style.push_str(text);
                    // Escaped, it would be a style with references, which isn't taken in again.
                    if fetches(&self.style) || text.contains(['<', '&']) {
                        return Err(Refusal::Active { at, what: "<style>".to_owned() });
                    }
                }
                self.written.push_str(escaped);
                Ok(())
            }
        }
    }

    fn end(&mut self) {
        let Some(name) = self.open.pop() else { return };
        if self.left_out > 0 {
            self.left_out -= 1;
        } else {
            self.write(&["</", &name, ">"]);
        }
    }

    fn write(&mut self, pieces: &[&str]) {
        self.written.extend(pieces.iter().copied());
    }

    fn done(self, at: u64) -> Result<Drawing, Refusal> {
        if !self.open.is_empty() {
            return Err(Refusal::Truncated { at, part: "drawing" });
        }
        if !self.has_root {
            return Err(Refusal::Damaged { at, part: "a drawing without a root" });
        }
        let (width, height) = self.size;
        Ok(Drawing { bytes: self.written.into_bytes(), width, height })
    }
}

/// The attributes of an element that are kept.
fn attributes(start: &BytesStart<'_>, at: u64) -> Result<Vec<(String, String)>, Refusal> {
    let mut kept = Vec::new();
    for found in start.attributes() {
        let found = found.map_err(|_| Refusal::Damaged { at, part: "an attribute" })?;
        let name = std::str::from_utf8(found.key.as_ref())
            .map_err(|_| Refusal::Damaged { at, part: "an attribute" })?;
        let value = found
            .normalized_value(XmlVersion::Explicit1_0)
            .map_err(|_| Refusal::Damaged { at, part: "an attribute" })?;
        match attribute(name, &value) {
            Verdict::Kept => kept.push((name.to_owned(), value.into_owned())),
            Verdict::LeftOut => {}
            Verdict::Refused => {
                return Err(Refusal::Active { at, what: format!("{name}={}", shortened(&value)) });
            }
        }
    }
    Ok(kept)
}

/// The beginning of a value, to tell.
fn shortened(value: &str) -> String {
    value.chars().filter(|c| !c.is_control()).take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(text: &str) -> Result<String, Refusal> {
        clean(text.as_bytes()).map(|drawing| String::from_utf8(drawing.bytes).unwrap())
    }

    #[test]
    fn a_drawing_keeps_what_draws_and_loses_what_programs_left() {
        let text = "<?xml version=\"1.0\"?><!-- by Jo --><!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd\">\
            <svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:inkscape=\"http://www.inkscape.org\" viewBox=\"0 0 20 10\" inkscape:version=\"1.2\">\
            <metadata><rdf:RDF><dc:creator>Jo</dc:creator></rdf:RDF></metadata><sodipodi:namedview id=\"n\"/>\
            <style>.a{fill:url(#g)}</style><path class=\"a\" d=\"M0 0h9\" data-by=\"Jo\"/><text>a &amp; &#169;</text><use href=\"#a\"/></svg>";
        let drawing = clean(text.as_bytes()).unwrap();
        assert_eq!((drawing.width, drawing.height), (Some(20), Some(10)));
        assert_eq!(
            String::from_utf8(drawing.bytes).unwrap(),
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 20 10\">\
             <style>.a{fill:url(#g)}</style><path class=\"a\" d=\"M0 0h9\"></path><text>a &amp; &#169;</text><use href=\"#a\"></use></svg>"
        );
    }

    #[test]
    fn what_was_written_is_taken_in_again_as_it_is() {
        let text = "<svg><style>g>path{font-family:'A \"b\"'}</style><text>a 'b' \"c\" > &lt;</text></svg>";
        let once = cleaned(text).unwrap();
        assert!(once.contains("g>path{font-family:'A \"b\"'}"), "{once}");
        assert_eq!(cleaned(&once).unwrap(), once);
    }

    #[test]
    fn what_acts_or_fetches_is_refused() {
        for inner in [
            "<script>alert(1)</script>",
            "<SCRIPT/>",
            "<svg:script/>",
            "<foreignObject><p/></foreignObject>",
            "<image href=\"https://a.example/x.png\"/>",
            "<image href=\"data:image/png;base64,AA==\"/>",
            "<use href=\"https://a.example/x.svg#a\"/>",
            "<use xlink:href=\"data:image/svg+xml,a#a\"/>",
            "<use x:href=\"#a\"/>",
            "<a href=\"javascript:alert(1)\"><path/></a>",
            "<path onclick=\"alert(1)\"/>",
            "<path ONLOAD=\"alert(1)\"/>",
            "<path fill=\"url(https://a.example/x)\"/>",
            "<path style=\"fill:u&#114;l(//a.example)\"/>",
            "<path style=\"fill:u\\72l(//a.example)\"/>",
            "<style>@import 'https://a.example';</style>",
            "<style><![CDATA[a{background:url(https://a.example)}]]></style>",
            "<style>a{b:u&#114;l(//a.example)}</style>",
            "<style>@im<!-- -->port '//a.example';</style>",
            "<style>@im<g/>port '//a.example';</style>",
            "<style><![CDATA[a{}</style><script>1</script>]]></style>",
            "<animate attributeName=\"href\" to=\"javascript:1\"/>",
            "<set attributeName=\"onclick\" to=\"alert(1)\"/>",
            "<iframe/>",
            "<feImage href=\"#a\"/>",
            "&a;",
        ] {
            let refused = cleaned(&format!("<svg>{inner}</svg>"));
            assert!(matches!(refused, Err(Refusal::Active { .. })), "{inner}: {refused:?}");
        }
        let entity =
            cleaned("<!DOCTYPE svg [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><svg>&a;</svg>");
        assert!(matches!(entity, Err(Refusal::Active { .. })), "{entity:?}");
    }

    #[test]
    fn what_is_no_drawing_or_is_cut_is_refused() {
        let whole = "<svg><g><path d=\"M0 0\"/></g></svg>";
        for end in 0..whole.len() {
            assert!(cleaned(whole.get(..end).unwrap()).is_err(), "{end}");
        }
        for text in [
            "<svg/><svg/>",
            "<svg/>x",
            "<svg><g></svg></g>",
            "<p/>",
            "<svg a=1/>",
            "<svg id=\"1\" id=\"2\"/>",
        ] {
            assert!(cleaned(text).is_err(), "{text}");
        }
        assert!(cleaned(&format!("<svg>{}", "<g>".repeat(100))).is_err());
    }
}
