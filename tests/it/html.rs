//! HTML as a browser reads it (by html5ever), for tests that ask what a page would hold.

use html5ever::{
    QualName, driver::ParseOpts, local_name, ns, parse_fragment, tendril::TendrilSink as _,
};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

/// What a page holds, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// An element begins: its name (with its namespace unless that is HTML's) and attributes.
    Start(String, Vec<(String, String)>),
    /// An element ends.
    End(String),
    /// Text.
    Text(String),
    /// Anything else: a comment, a declaration, an instruction.
    Other,
}

/// The items of a fragment, read as the content of a `div`.
pub fn items(html: &str) -> Vec<Item> {
    let context = QualName::new(None, ns!(html), local_name!("div"));
    let dom =
        parse_fragment(RcDom::default(), ParseOpts::default(), context, vec![], false).one(html);
    let mut items = Vec::new();
    let root = std::rc::Rc::clone(&dom.document.children.borrow()[0]);
    for child in root.children.borrow().iter() {
        push(child, &mut items);
    }
    items
}

fn push(node: &Handle, items: &mut Vec<Item>) {
    match &node.data {
        NodeData::Element { name, attrs, template_contents, .. } => {
            let local = name.local.to_string();
            let name = if name.ns == ns!(html) { local } else { format!("{}:{local}", name.ns) };
            let attributes = attrs
                .borrow()
                .iter()
                .map(|a| (a.name.local.to_string(), a.value.to_string()))
                .collect();
            items.push(Item::Start(name.clone(), attributes));
            for child in node.children.borrow().iter().chain(template_contents.borrow().iter()) {
                push(child, items);
            }
            items.push(Item::End(name));
        }
        NodeData::Text { contents } => items.push(Item::Text(contents.borrow().to_string())),
        NodeData::Document => {
            for child in node.children.borrow().iter() {
                push(child, items);
            }
        }
        NodeData::Doctype { .. }
        | NodeData::Comment { .. }
        | NodeData::ProcessingInstruction { .. } => {
            items.push(Item::Other);
        }
    }
}
