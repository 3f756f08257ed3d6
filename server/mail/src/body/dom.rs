//! A small tree of an HTML document, bounded while it is being built.
//!
//! The parser is fed in pieces: as soon as the tree has too many nodes or is
//! too deep, parsing stops. Text that would cost minutes costs milliseconds.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::tree_builder::TreeBuilderOpts;
use html5ever::{Attribute, ExpandedName, ParseOpts, QualName};

use super::sanitise;

const MAX_NODES: usize = 60_000;
const MAX_DEPTH: u32 = 500;
const PIECE: usize = 8 * 1024;

/// What a node is.
#[derive(Debug)]
pub(super) enum Data {
    Other,
    Text(String),
    Element { name: String, attrs: Vec<(String, String)> },
}

#[derive(Debug)]
pub(super) struct Node {
    pub parent: Option<usize>,
    pub children: Vec<usize>,
    pub data: Data,
}

/// The tree; node 0 is the document.
#[derive(Debug)]
pub(super) struct Dom {
    pub nodes: Vec<Node>,
}

impl Dom {
    /// Parses a document; `None` if it is too large or too deep.
    pub fn parse(html: &str) -> Option<Dom> {
        let opts = ParseOpts {
            tree_builder: TreeBuilderOpts { scripting_enabled: false, drop_doctype: true, ..TreeBuilderOpts::default() },
            ..ParseOpts::default()
        };
        let mut parser = html5ever::parse_document(Sink::new(), opts);
        let mut rest = html;
        while !rest.is_empty() {
            let mut len = rest.len().min(PIECE);
            while !rest.is_char_boundary(len) {
                len += 1;
            }
            parser.process(StrTendril::from_slice(&rest[..len]));
            rest = &rest[len..];
            if parser.tokenizer.sink.sink.too_much() {
                return None;
            }
        }
        let dom = parser.finish();
        (!dom.is_too_deep()).then_some(dom)
    }

    fn is_too_deep(&self) -> bool {
        let mut stack = vec![(0usize, 0u32)];
        while let Some((id, depth)) = stack.pop() {
            if depth > MAX_DEPTH {
                return true;
            }
            stack.extend(self.nodes[id].children.iter().map(|&c| (c, depth + 1)));
        }
        false
    }

    /// The nodes under `root`, itself first, in the order of the document.
    pub fn walk(&self, root: usize) -> Vec<usize> {
        let mut out = Vec::new();
        let mut stack = vec![root];
        while let Some(id) = stack.pop() {
            out.push(id);
            stack.extend(self.nodes[id].children.iter().rev());
        }
        out
    }

    /// The elements of the whole document.
    pub fn elements(&self) -> Vec<usize> {
        let mut all = self.walk(0);
        all.retain(|&id| matches!(self.nodes[id].data, Data::Element { .. }));
        all
    }

    /// The name of an element, or nothing.
    pub fn name(&self, id: usize) -> &str {
        match &self.nodes[id].data {
            Data::Element { name, .. } => name,
            _ => "",
        }
    }

    pub fn attr(&self, id: usize, key: &str) -> Option<&str> {
        match &self.nodes[id].data {
            Data::Element { attrs, .. } => attrs.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str()),
            _ => None,
        }
    }

    pub fn remove_attr(&mut self, id: usize, key: &str) -> Option<String> {
        match &mut self.nodes[id].data {
            Data::Element { attrs, .. } => attrs.iter().position(|(k, _)| k == key).map(|at| attrs.remove(at).1),
            _ => None,
        }
    }

    pub fn set_attr(&mut self, id: usize, key: &str, value: impl Into<String>) {
        let value = value.into();
        if let Data::Element { attrs, .. } = &mut self.nodes[id].data {
            match attrs.iter_mut().find(|(k, _)| k == key) {
                Some((_, v)) => *v = value,
                None => attrs.push((key.to_owned(), value)),
            }
        }
    }

    /// The text under `id`, at most about `max` bytes.
    pub fn text(&self, id: usize, max: usize) -> String {
        let mut out = String::new();
        let mut stack = vec![id];
        while let Some(id) = stack.pop() {
            if let Data::Text(text) = &self.nodes[id].data {
                out.push_str(text);
                if out.len() > max {
                    break;
                }
            }
            stack.extend(self.nodes[id].children.iter().rev());
        }
        out
    }

    pub fn detach(&mut self, id: usize) {
        if let Some(parent) = self.nodes[id].parent.take()
            && let Some(at) = self.nodes[parent].children.iter().rposition(|&c| c == id)
        {
            self.nodes[parent].children.remove(at);
        }
    }

    pub fn add(&mut self, data: Data) -> usize {
        self.nodes.push(Node { parent: None, children: Vec::new(), data });
        self.nodes.len() - 1
    }

    pub fn append(&mut self, parent: usize, child: usize) {
        self.nodes[child].parent = Some(parent);
        self.nodes[parent].children.push(child);
    }

    /// The `body` element.
    pub fn body(&self) -> Option<usize> {
        let html = *self.nodes[0].children.iter().find(|&&c| self.name(c) == "html")?;
        self.nodes[html].children.iter().copied().find(|&c| self.name(c) == "body")
    }

    /// Writes the content of the body, allowed elements only; unknown ones give their content.
    pub fn serialise(&self) -> String {
        enum Step {
            Enter(usize),
            Leave(usize),
        }
        let mut out = String::new();
        let Some(body) = self.body() else { return out };
        let wrapped = self.attr(body, "style").is_some();
        if wrapped {
            out.push_str("<div");
            self.write_attrs(&mut out, body);
            out.push('>');
        }
        let mut run = 0;
        let mut steps: Vec<Step> = self.nodes[body].children.iter().rev().map(|&c| Step::Enter(c)).collect();
        while let Some(step) = steps.pop() {
            match step {
                Step::Leave(id) => out.push_str(&format!("</{}>", self.name(id))),
                Step::Enter(id) => match &self.nodes[id].data {
                    Data::Text(text) => write_text(text, &mut run, &mut out),
                    Data::Element { name, .. } if sanitise::drops_content(name) => {}
                    Data::Element { name, .. } => {
                        if sanitise::is_allowed(name) {
                            run = 0;
                            out.push('<');
                            out.push_str(name);
                            self.write_attrs(&mut out, id);
                            out.push('>');
                            if sanitise::is_void(name) {
                                continue;
                            }
                            steps.push(Step::Leave(id));
                        }
                        steps.extend(self.nodes[id].children.iter().rev().map(|&c| Step::Enter(c)));
                    }
                    Data::Other => {}
                },
            }
        }
        if wrapped {
            out.push_str("</div>");
        }
        out
    }

    fn write_attrs(&self, out: &mut String, id: usize) {
        let Data::Element { attrs, .. } = &self.nodes[id].data else { return };
        for (key, value) in attrs {
            if key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
                out.push(' ');
                out.push_str(key);
                out.push_str("=\"");
                escape(value, out);
                out.push('"');
            }
        }
    }
}

/// Pieces that the sanitiser's parser may join into one text.
const MAX_RUN: usize = 256;

/// Appends a text. That parser copies a text each time it joins a piece to it
/// (at references and line ends: tried, seconds for 40,000), so an empty
/// comment, which the sanitiser drops, parts long runs.
fn write_text(text: &str, run: &mut usize, out: &mut String) {
    for piece in text.split_inclusive(['&', '<', '>', '"', '\'', '\n', '\r']) {
        escape(piece, out);
        *run += 1;
        if *run >= MAX_RUN {
            out.push_str("<!---->");
            *run = 0;
        }
    }
}

/// Appends `text` with the five characters of HTML escaped.
pub(super) fn escape(text: &str, out: &mut String) {
    let mut last = 0;
    for (at, b) in text.bytes().enumerate() {
        let name = match b {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            b'\'' => "&#39;",
            _ => continue,
        };
        out.push_str(&text[last..at]);
        out.push_str(name);
        last = at + 1;
    }
    out.push_str(&text[last..]);
}

/// Id and name of a node, for the parser.
#[derive(Clone)]
struct Handle {
    id: usize,
    name: Option<Rc<QualName>>,
}

struct Sink {
    dom: RefCell<Dom>,
    depths: RefCell<Vec<u32>>,
    deepest: Cell<u32>,
}

impl Sink {
    fn new() -> Sink {
        let root = Node { parent: None, children: Vec::new(), data: Data::Other };
        Sink { dom: RefCell::new(Dom { nodes: vec![root] }), depths: RefCell::new(vec![0]), deepest: Cell::new(0) }
    }

    fn too_much(&self) -> bool {
        self.deepest.get() > MAX_DEPTH * 2 || self.dom.borrow().nodes.len() > MAX_NODES
    }

    fn add(&self, data: Data) -> usize {
        self.depths.borrow_mut().push(0);
        self.dom.borrow_mut().add(data)
    }

    fn other(&self) -> Handle {
        Handle { id: self.add(Data::Other), name: None }
    }

    /// Puts `child` under `parent`, before its child at `position` or at the end.
    fn put(&self, parent: usize, position: Option<usize>, child: NodeOrText<Handle>) {
        let mut dom = self.dom.borrow_mut();
        let id = match child {
            NodeOrText::AppendNode(node) => {
                dom.detach(node.id);
                node.id
            }
            NodeOrText::AppendText(text) => {
                let children = &dom.nodes[parent].children;
                let before = match position {
                    Some(at) => at.checked_sub(1).and_then(|n| children.get(n)),
                    None => children.last(),
                };
                if let Some(&id) = before
                    && let Data::Text(old) = &mut dom.nodes[id].data
                {
                    old.push_str(&text);
                    return;
                }
                drop(dom);
                let id = self.add(Data::Text(text.to_string()));
                dom = self.dom.borrow_mut();
                id
            }
        };
        dom.nodes[id].parent = Some(parent);
        let children = &mut dom.nodes[parent].children;
        match position {
            Some(at) => children.insert(at.min(children.len()), id),
            None => children.push(id),
        }
        let mut depths = self.depths.borrow_mut();
        let depth = depths[parent] + 1;
        depths[id] = depth;
        self.deepest.set(self.deepest.get().max(depth));
    }
}

/// Attributes as text; `data-*` ones are ours alone and handlers are never needed.
fn pairs(attrs: Vec<Attribute>) -> Vec<(String, String)> {
    let ours = |a: &Attribute| a.name.local.starts_with("data-") || a.name.local.starts_with("on");
    attrs.into_iter().filter(|a| !ours(a)).map(|a| (a.name.local.to_string(), a.value.to_string())).collect()
}

impl TreeSink for Sink {
    type Handle = Handle;
    type Output = Dom;
    type ElemName<'a> = ExpandedName<'a>;

    fn finish(self) -> Dom {
        self.dom.into_inner()
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> Handle {
        Handle { id: 0, name: None }
    }

    fn elem_name<'a>(&'a self, target: &'a Handle) -> ExpandedName<'a> {
        const NO_NS: &html5ever::Namespace = &html5ever::ns!();
        const NO_NAME: &html5ever::LocalName = &html5ever::local_name!("");
        match &target.name {
            Some(name) => name.expanded(),
            None => ExpandedName { ns: NO_NS, local: NO_NAME },
        }
    }

    fn create_element(&self, name: QualName, attrs: Vec<Attribute>, _: ElementFlags) -> Handle {
        // What is not HTML (SVG, MathML) is dropped with its content when written.
        let local = if name.ns == html5ever::ns!(html) { name.local.to_string() } else { "svg".to_owned() };
        let id = self.add(Data::Element { name: local, attrs: pairs(attrs) });
        Handle { id, name: Some(Rc::new(name)) }
    }

    fn create_comment(&self, _: StrTendril) -> Handle {
        self.other()
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> Handle {
        self.other()
    }

    fn append(&self, parent: &Handle, child: NodeOrText<Handle>) {
        self.put(parent.id, None, child);
    }

    fn append_based_on_parent_node(&self, element: &Handle, prev: &Handle, child: NodeOrText<Handle>) {
        let has_parent = self.dom.borrow().nodes[element.id].parent.is_some();
        if has_parent { self.append_before_sibling(element, child) } else { self.append(prev, child) }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    fn get_template_contents(&self, target: &Handle) -> Handle {
        target.clone()
    }

    fn same_node(&self, x: &Handle, y: &Handle) -> bool {
        x.id == y.id
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &Handle, child: NodeOrText<Handle>) {
        if let NodeOrText::AppendNode(node) = &child {
            self.dom.borrow_mut().detach(node.id);
        }
        let found = {
            let dom = self.dom.borrow();
            dom.nodes[sibling.id]
                .parent
                .and_then(|p| Some((p, dom.nodes[p].children.iter().rposition(|&c| c == sibling.id)?)))
        };
        if let Some((parent, at)) = found {
            self.put(parent, Some(at), child);
        }
    }

    fn add_attrs_if_missing(&self, target: &Handle, attrs: Vec<Attribute>) {
        let mut dom = self.dom.borrow_mut();
        for (key, value) in pairs(attrs) {
            if dom.attr(target.id, &key).is_none() {
                dom.set_attr(target.id, &key, value);
            }
        }
    }

    fn remove_from_parent(&self, target: &Handle) {
        self.dom.borrow_mut().detach(target.id);
    }

    fn reparent_children(&self, node: &Handle, new_parent: &Handle) {
        let mut dom = self.dom.borrow_mut();
        let children = std::mem::take(&mut dom.nodes[node.id].children);
        for &child in &children {
            dom.nodes[child].parent = Some(new_parent.id);
        }
        dom.nodes[new_parent.id].children.extend(children);
    }

    fn allow_declarative_shadow_roots(&self, _: &Handle) -> bool {
        false
    }
}
