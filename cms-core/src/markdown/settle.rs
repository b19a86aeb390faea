//! Settles which of an author's raw HTML tags stay.
//!
//! They stay in pairs, nested within each other and within the Markdown round them: both tags in the same
//! container, those of text formatting in a block of raw HTML in the same block. A tag without its
//! partner goes. So an author's HTML can neither swallow what comes after it nor make an HTML parser copy
//! elements without bound.

use std::{
    collections::{HashSet, VecDeque},
    ops::Range,
    ptr,
};

use comrak::{Node, nodes::NodeValue};

use super::{
    policy,
    raw::{self, Token, TokenKind},
};

/// How deep raw elements may be nested.
const MAX_DEPTH: usize = 32;
/// How many of them may be text formatting: each may be copied into each block that follows.
const MAX_FORMATTING: usize = 8;
/// How many siblings may stand between the tags of an inline element that goes with what it holds.
const MAX_DISTANCE: usize = 1_000;

/// A node of raw HTML, settled.
#[derive(Debug)]
pub(super) struct Raw<'a> {
    /// The node.
    pub(super) node: Node<'a>,
    /// What it holds, as written.
    pub(super) literal: String,
    /// What stands instead of stretches of it, in order.
    pub(super) changes: Vec<(Range<usize>, String)>,
    /// The node up to which everything goes, this one included.
    pub(super) dropped_to: Option<Node<'a>>,
}

impl Raw<'_> {
    /// What it holds once it is settled.
    pub(super) fn settled(&self) -> String {
        let mut text = String::with_capacity(self.literal.len());
        let mut from = 0;
        for (range, with) in &self.changes {
            text.push_str(self.literal.get(from..range.start).unwrap_or_default());
            text.push_str(with);
            from = range.end;
        }
        text.push_str(self.literal.get(from..).unwrap_or_default());
        text
    }
}

/// Settles all raw HTML under `root`, in order, with tags for which `refuses` holds taken out too. The
/// tree stays as it is.
pub(super) fn settle(root: Node<'_>, refuses: impl Fn(&str) -> bool) -> Vec<Raw<'_>> {
    let mut stretches = stretches(root);
    for stretch in &mut stretches {
        stretch.keep_partnerless(&refuses);
    }
    pair(&mut stretches);
    stretches.into_iter().map(Stretch::settled).collect()
}

/// Makes the tree say what was settled.
pub(super) fn apply(raws: &[Raw<'_>]) {
    for raw in raws {
        if let Some(last) = raw.dropped_to {
            let between: Vec<_> =
                raw.node.following_siblings().take_while(|node| !node.same_node(last)).collect();
            last.detach();
            for node in between {
                node.detach();
            }
        } else if !raw.changes.is_empty() {
            let settled = raw.settled();
            let value = &mut raw.node.data_mut().value;
            if let NodeValue::HtmlBlock(block) = value {
                block.literal = settled;
            } else if let NodeValue::HtmlInline(literal) = value {
                *literal = settled;
            }
        }
    }
}

/// A node of raw HTML with its tokens and whether each stays.
struct Stretch<'a> {
    node: Node<'a>,
    is_block: bool,
    literal: String,
    tokens: Vec<(Token, bool)>,
    dropped_to: Option<Node<'a>>,
}

fn stretches(root: Node<'_>) -> Vec<Stretch<'_>> {
    let mut gone = HashSet::new();
    let mut stretches = Vec::new();
    for node in root.descendants() {
        if gone.contains(&ptr::from_ref(node)) {
            continue;
        }
        let Some((literal, is_block)) = raw_html(node) else { continue };
        let tokens = raw::tokens(&literal);
        let dropped_to = if is_block { None } else { partner_of_dropped(node, &tokens) };
        if let Some(last) = dropped_to {
            gone.extend(
                node.following_siblings()
                    .take_while(|node| !node.same_node(last))
                    .map(ptr::from_ref),
            );
            gone.insert(ptr::from_ref(last));
        }
        let tokens = if is_block { without_dropped(tokens, literal.len()) } else { tokens };
        let tokens = tokens.into_iter().map(|token| (token, false)).collect();
        stretches.push(Stretch { node, is_block, literal, tokens, dropped_to });
    }
    stretches
}

/// The raw HTML that a node is, and whether it is a block of it.
fn raw_html(node: Node<'_>) -> Option<(String, bool)> {
    let data = node.data();
    if let NodeValue::HtmlBlock(block) = &data.value {
        Some((block.literal.clone(), true))
    } else if let NodeValue::HtmlInline(literal) = &data.value {
        Some((literal.clone(), false))
    } else {
        None
    }
}

fn is_dropped_whole(kind: &TokenKind) -> Option<&str> {
    match kind {
        TokenKind::Start { name, .. } if policy::DROPPED_WHOLE.contains(&name.as_str()) => {
            Some(name)
        }
        TokenKind::Start { .. } | TokenKind::End(_) | TokenKind::Junk | TokenKind::Stray => None,
    }
}

/// The sibling that ends the element that `node` starts, if that is one that goes with what it holds.
fn partner_of_dropped<'a>(node: Node<'a>, tokens: &[Token]) -> Option<Node<'a>> {
    let name = tokens.first().and_then(|token| is_dropped_whole(&token.kind))?;
    let ends = |literal: &str| {
        raw::tokens(literal)
            .first()
            .is_some_and(|token| matches!(&token.kind, TokenKind::End(end) if end == name))
    };
    node.following_siblings().skip(1).take(MAX_DISTANCE).find(
        |sibling| matches!(&sibling.data().value, NodeValue::HtmlInline(literal) if ends(literal)),
    )
}

/// The tokens with each element that goes with what it holds as one.
fn without_dropped(tokens: Vec<Token>, length: usize) -> Vec<Token> {
    let mut kept: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut open: Option<(usize, String)> = None;
    for token in tokens {
        match &open {
            Some((start, name)) => {
                if matches!(&token.kind, TokenKind::End(end) if end == name) {
                    kept.push(Token { range: *start..token.range.end, kind: TokenKind::Junk });
                    open = None;
                }
            }
            None => match is_dropped_whole(&token.kind) {
                Some(name) => open = Some((token.range.start, name.to_owned())),
                None => kept.push(token),
            },
        }
    }
    kept.extend(open.map(|(start, _)| Token { range: start..length, kind: TokenKind::Junk }));
    kept
}

/// A tag that waits for its partner.
struct Open {
    stretch: usize,
    token: usize,
    name: String,
    scope: *const (),
}

/// Lets a tag wait for its partner, if it may; the one that has waited longest makes room.
fn wait(open: &mut VecDeque<Open>, start: Open) {
    let formatting = open.iter().filter(|start| raw::is_formatting(&start.name)).count();
    if raw::is_formatting(&start.name) && formatting == MAX_FORMATTING {
        return;
    }
    if open.len() == MAX_DEPTH {
        open.pop_front();
    }
    open.push_back(start);
}

fn pair(stretches: &mut [Stretch<'_>]) {
    let mut open: VecDeque<Open> = VecDeque::new();
    for at in 0..stretches.len() {
        let Some(stretch) = stretches.get(at) else { continue };
        let mut partners = Vec::new();
        for (index, (token, _)) in stretch.tokens.iter().enumerate() {
            match &token.kind {
                TokenKind::Start { name, .. } if raw::is_allowed(name) && !raw::is_void(name) => {
                    let start = Open {
                        stretch: at,
                        token: index,
                        name: name.clone(),
                        scope: stretch.scope(name),
                    };
                    wait(&mut open, start);
                }
                TokenKind::End(name) => {
                    let scope = stretch.scope(name);
                    if let Some(found) =
                        open.iter().rposition(|start| start.name == *name && start.scope == scope)
                    {
                        partners.extend(open.get(found).map(|start| (start.stretch, start.token)));
                        partners.push((at, index));
                        open.truncate(found);
                    }
                }
                TokenKind::Start { .. } | TokenKind::Junk | TokenKind::Stray => {}
            }
        }
        for (stretch, token) in partners {
            if let Some((_, stays)) =
                stretches.get_mut(stretch).and_then(|stretch| stretch.tokens.get_mut(token))
            {
                *stays = true;
            }
        }
    }
}

impl<'a> Stretch<'a> {
    /// Where the partner of a tag must be.
    fn scope(&self, name: &str) -> *const () {
        match self.node.parent() {
            Some(parent) if !(self.is_block && raw::is_formatting(name)) => {
                ptr::from_ref(parent).cast()
            }
            _ => ptr::from_ref(self.node).cast(),
        }
    }

    /// Lets elements that hold nothing stay, and turns what is refused into nothing.
    fn keep_partnerless(&mut self, refuses: &impl Fn(&str) -> bool) {
        for (token, stays) in &mut self.tokens {
            if self.literal.get(token.range.clone()).is_some_and(refuses) {
                token.kind = TokenKind::Junk;
            }
            *stays = matches!(&token.kind, TokenKind::Start { name, .. } if raw::is_void(name));
        }
    }

    fn settled(self) -> Raw<'a> {
        let changes = self
            .tokens
            .into_iter()
            .filter_map(|(Token { range, kind }, stays)| match kind {
                TokenKind::Stray => Some((range, "&lt;".to_owned())),
                TokenKind::Start { cleaned, .. } if stays => {
                    cleaned.map(|cleaned| (range, cleaned))
                }
                TokenKind::End(_) if stays => None,
                TokenKind::Start { .. } | TokenKind::End(_) | TokenKind::Junk => {
                    Some((range, String::new()))
                }
            })
            .collect();
        Raw { node: self.node, literal: self.literal, changes, dropped_to: self.dropped_to }
    }
}
