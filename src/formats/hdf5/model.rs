//! The HDF5 `headers` of the document: written when the graph is complete, in the order of the paths.

use std::io::{self, Write};

use super::chunk_index::Manifest;
use super::fragment::Fragment;
use super::graph::{Graph, Id, ObjectKind, Paths, ROOT};
use super::link::Target;
use super::members::Leads;
use super::object_text::ObjectText;
use super::reference;
use crate::budget::Charge;
use crate::document::builder::{Output, Refused};
use crate::document::json;
use crate::document::pointer;
use crate::document::text::{Position, Text};
use crate::document::warnings::Code;
use crate::formats::name;

/// The keys of `headers` that list something by path, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    Groups,
    Datasets,
    NamedTypes,
    Links,
}

impl Section {
    const ALL: [Section; 4] = [Section::Groups, Section::Datasets, Section::NamedTypes, Section::Links];

    fn key(self) -> &'static str {
        match self {
            Section::Groups => "groups",
            Section::Datasets => "datasets",
            Section::NamedTypes => "named_types",
            Section::Links => "links",
        }
    }

    fn of(kind: ObjectKind) -> Section {
        match kind {
            ObjectKind::Group => Section::Groups,
            ObjectKind::Dataset => Section::Datasets,
            ObjectKind::NamedType => Section::NamedTypes,
        }
    }
}

/// Where the superblock stands, and what it says.
pub(super) struct Front {
    pub(super) offset: u64,
    pub(super) version: u8,
    /// `None`: libhdf5 read the file, and does not tell.
    pub(super) base: Option<u64>,
}

/// Says what is wrong with the objects, now that they have paths.
pub(super) fn warn<T: Default>(graph: &Graph<T>, paths: &Paths, out: &mut Output) {
    for (id, damage) in graph.damages() {
        out.warn(damage.code, damage.offset, path(graph, paths, id), damage.message.clone());
    }
    if graph.unsaid {
        let message = "the memory limit leaves no room to say all that is wrong with the objects";
        out.warn(Code::MemoryLimit, None, "/", message);
    }
    for id in &paths.too_deep {
        let message = format!("the members of this group are nested deeper than the limit of {}", paths.max_depth);
        out.warn(Code::DepthLimit, graph.nodes[*id as usize].offset, path(graph, paths, *id), message);
    }
    if out.loss() {
        for id in graph.provisional().filter(|id| *id != ROOT) {
            let message =
                "more hard links lead to this object than were found: it may have another path in the whole file";
            let offset = graph.nodes.get(id as usize).map(|node| node.offset);
            out.warn(Code::ProvisionalPath, offset, path(graph, paths, id), message);
        }
    }
}

/// Empty for what has no path: an object below the depth limit.
fn path<T: Default>(graph: &Graph<T>, paths: &Paths, id: Id) -> String {
    graph.path(paths, id).unwrap_or_default()
}

/// Writes the headers and the array entries. Refused: what came before stands, and is closed.
pub(super) fn write(
    graph: &mut Graph<ObjectText>,
    paths: &Paths,
    front: &Front,
    out: &mut Output,
) -> Result<(), Refused> {
    let sections = Section::ALL.map(|_| Text::new(out.budget()));
    let (path, quoted) = (String::new(), Vec::new());
    let mut writer = Writer { graph, paths, out, sections, path, quoted, offset: front.offset };
    let begun = writer.front(front);
    let walked = begun.and_then(|()| writer.walk());
    let closed = writer.close();
    walked.and(closed)
}

struct Writer<'a> {
    graph: &'a mut Graph<ObjectText>,
    paths: &'a Paths,
    out: &'a mut Output,
    sections: [Text; 4],
    path: String,
    /// The same as a JSON string.
    quoted: Vec<u8>,
    /// Where the object's header stands that is being written.
    offset: u64,
}

impl Writer<'_> {
    /// The superblock and the root's attributes.
    fn front(&mut self, front: &Front) -> Result<(), Refused> {
        let Front { offset, version, base } = *front;
        let base = base.map_or("null".into(), |base| base.to_string());
        let superblock = format!("{{\"version\":{version},\"offset\":{offset},\"base_address\":{base}}}");
        let fragment = self.take(ROOT);
        if self.out.sends_records() {
            self.out.record("/headers/superblock", |line| line.write_all(superblock.as_bytes()))?;
            self.out.record("/headers/attributes", |line| line.write_all(b"{}"))?;
            for section in Section::ALL {
                self.out.record(&format!("/headers/{}", section.key()), |line| line.write_all(b"{}"))?;
            }
            return self.send_attributes("/headers", &fragment, "/");
        }
        let opened = self.out.close_with(format!("{{\"superblock\":{superblock},\"attributes\":{{").as_bytes());
        let mut text = Text::new(self.out.budget());
        let written = self.attributes(&mut text, &fragment, "/");
        if written.is_err() {
            text.truncate(Position::START);
        }
        drop(fragment);
        let end = self.out.headers.end();
        let inserted = self.out.headers.insert(end, text).map_err(Refused::from);
        self.out.close_with(b"}").and(opened).and(written).and(inserted)
    }

    /// Every object and link, depth first, in the order of the names.
    fn walk(&mut self) -> Result<(), Refused> {
        let mut stack = vec![(ROOT, 0, 0)];
        while let Some((id, at, length)) = stack.last_mut() {
            let (parent, index) = (*id, *at);
            self.path.truncate(*length);
            let node = self.graph.nodes.get(parent as usize);
            let Some(member) = node.and_then(|node| node.members().get(index)) else {
                stack.pop();
                continue;
            };
            *at += 1;
            self.path.push('/');
            self.path.push_str(&name::part(member.name));
            self.quoted.clear();
            json::string(&mut self.quoted, &self.path)?;
            match member.target {
                Leads::Object(child) => {
                    let child = *child;
                    let here = self.paths.parents.get(child as usize) == Some(&Some((parent, index as u32)));
                    if !here {
                        let target = path(self.graph, self.paths, child);
                        self.link(|out| {
                            out.write_all(b"{\"kind\":\"hard\",\"target\":")?;
                            json::string(out, &target)?;
                            out.write_all(b"}")
                        })?;
                        continue;
                    }
                    self.object(child)?;
                    if stack.len() < self.paths.max_depth {
                        stack.push((child, 0, self.path.len()));
                    }
                }
                Leads::Link(target) => {
                    let text = link_text(target)?;
                    self.link(|out| out.write_all(&text))?;
                }
            }
        }
        Ok(())
    }

    /// Takes what was read of an object out of the graph.
    fn take(&mut self, id: Id) -> Fragment {
        self.graph.nodes.get_mut(id as usize).map(|node| std::mem::take(&mut node.kept.fragment)).unwrap_or_default()
    }

    fn object(&mut self, id: Id) -> Result<(), Refused> {
        let fragment = self.take(id);
        let Some(node) = self.graph.nodes.get_mut(id as usize) else { return Ok(()) };
        let manifest = node.kept.manifest.take();
        self.offset = node.offset;
        let Some(kind) = node.kind else { return Ok(()) };
        let count = match (kind, node.listed) {
            (ObjectKind::Group, true) => format!("\"member_count\":{}", node.members().len()),
            (ObjectKind::Group, false) => "\"member_count\":null".into(),
            _ => String::new(),
        };
        let path = std::mem::take(&mut self.path);
        let written = self.object_at(&path, Section::of(kind), &fragment, &count);
        let written = written.and_then(|()| self.array(&fragment, manifest.as_deref()));
        self.path = path;
        written
    }

    fn object_at(&mut self, path: &str, section: Section, fragment: &Fragment, count: &str) -> Result<(), Refused> {
        if self.out.sends_records() {
            let pointer = format!("/headers/{}/{}", section.key(), pointer::escape(path));
            let mut members = Vec::new();
            self.resolve(&mut members, fragment.members(), path)?;
            self.out.record(&pointer, |line| {
                line.write_all(b"{\"attributes\":{}")?;
                [&members[..], count.as_bytes()].into_iter().filter(|part| !part.is_empty()).try_for_each(|part| {
                    line.write_all(b",")?;
                    line.write_all(part)
                })?;
                line.write_all(b"}")
            })?;
            return self.send_attributes(&pointer, fragment, path);
        }
        let mut text = std::mem::replace(&mut self.sections[section as usize], Text::new(self.out.budget()));
        let before = text.end();
        let written = self.object_into(&mut text, before, path, fragment, count);
        if written.is_err() {
            text.truncate(before);
        }
        self.sections[section as usize] = text;
        written
    }

    fn object_into(
        &mut self,
        text: &mut Text,
        start: Position,
        path: &str,
        fragment: &Fragment,
        count: &str,
    ) -> Result<(), Refused> {
        key(text, start, &self.quoted)?;
        text.write_all(b"{\"attributes\":{")?;
        self.attributes(text, fragment, path)?;
        text.write_all(b"}")?;
        if !fragment.members().is_empty() {
            text.write_all(b",")?;
            self.resolve_in(text, fragment, fragment.members(), path)?;
        }
        if !count.is_empty() {
            text.write_all(b",")?;
            text.write_all(count.as_bytes())?;
        }
        Ok(text.write_all(b"}")?)
    }

    fn attributes(&mut self, text: &mut Text, fragment: &Fragment, path: &str) -> Result<(), Refused> {
        if !(fragment.is_marked() && self.out.loss()) {
            return self.resolve_in(text, fragment, fragment.all_attributes(), path);
        }
        let mut comma: &[u8] = b"";
        for (name, value) in fragment.attributes() {
            if self.is_doubtful(value) {
                continue;
            }
            for part in [comma, name, b":"] {
                text.write_all(part)?;
            }
            self.resolve(text, value, path)?;
            comma = b",";
        }
        Ok(())
    }

    fn send_attributes(&mut self, owner: &str, fragment: &Fragment, path: &str) -> Result<(), Refused> {
        let mut charge = Charge::nothing(self.out.budget());
        for (name, value) in fragment.attributes() {
            if self.is_doubtful(value) {
                continue;
            }
            let name: String = serde_json::from_slice(name).unwrap_or_default();
            let mut text = Vec::new();
            charge.grow_to(value.len()).map_err(|_| Refused)?;
            self.resolve(&mut text, value, path)?;
            self.out.record(&format!("{owner}/attributes/{}", pointer::escape(&name)), |line| line.write_all(&text))?;
        }
        Ok(())
    }

    fn array(&mut self, fragment: &Fragment, manifest: Option<&Manifest>) -> Result<(), Refused> {
        let entry = fragment.array();
        if entry.is_empty() {
            return Ok(());
        }
        self.out.array(|out| {
            out.write_all(b"{\"path\":")?;
            out.write_all(&self.quoted)?;
            out.write_all(b",")?;
            out.write_all(entry)?;
            if let Some(manifest) = manifest {
                out.write_all(b",")?;
                manifest.write(out)?;
            }
            out.write_all(b"}")
        })
    }

    fn link(&mut self, value: impl Fn(&mut dyn Write) -> io::Result<()>) -> Result<(), Refused> {
        if self.out.sends_records() {
            let pointer = format!("/headers/{}/{}", Section::Links.key(), pointer::escape(&self.path));
            return self.out.record(&pointer, |line| value(line));
        }
        let text = &mut self.sections[Section::Links as usize];
        let before = text.end();
        let written = key(text, before, &self.quoted).and_then(|()| value(text));
        if written.is_err() {
            text.truncate(before);
        }
        Ok(written?)
    }

    /// True for a value with a reference that leads nowhere in a document that lacks something: what is missing could be it.
    fn is_doubtful(&self, value: &[u8]) -> bool {
        self.out.loss() && reference::targets(value).any(|address| self.target(address).is_none())
    }

    fn target(&self, address: u64) -> Option<String> {
        self.graph.path(self.paths, self.graph.at(address)?)
    }

    /// Writes a part of a fragment with the paths that its references lead to.
    fn resolve_in(&mut self, text: &mut Text, fragment: &Fragment, part: &[u8], path: &str) -> Result<(), Refused> {
        if fragment.is_marked() { self.resolve(text, part, path) } else { Ok(text.write_all(part)?) }
    }

    /// Writes text with the paths that its references lead to.
    fn resolve(&mut self, text: &mut dyn Write, value: &[u8], path: &str) -> Result<(), Refused> {
        for part in reference::parts(value) {
            match part {
                reference::Part::Text(part) => text.write_all(part)?,
                reference::Part::Target(address) => match self.target(address) {
                    Some(target) => json::string(text, &target)?,
                    None => {
                        let message = "a reference leads to no object that a hard link names";
                        self.out.warn(Code::DanglingReference, self.offset, path, message);
                        text.write_all(b"null")?;
                    }
                },
            }
        }
        Ok(())
    }

    /// Joins the sections.
    fn close(&mut self) -> Result<(), Refused> {
        if self.out.sends_records() {
            return Ok(());
        }
        let mut closed = Ok(());
        for section in Section::ALL {
            let text = std::mem::replace(&mut self.sections[section as usize], Text::new(self.out.budget()));
            let key = format!(",\"{}\":{{", section.key());
            closed = self.out.close_with(key.as_bytes()).and(closed);
            let end = self.out.headers.end();
            closed = self.out.headers.insert(end, text).map_err(Refused::from).and(closed);
            closed = self.out.close_with(b"}").and(closed);
        }
        self.out.close_with(b"}").and(closed)
    }
}

/// Begins an entry of a section.
fn key(text: &mut Text, start: Position, quoted: &[u8]) -> io::Result<()> {
    if start != Position::START {
        text.write_all(b",")?;
    }
    text.write_all(quoted)?;
    text.write_all(b":")
}

fn link_text(target: &Target) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    match target {
        Target::Hard(_) => {}
        Target::Soft(path) => {
            out.write_all(b"{\"kind\":\"soft\",\"target\":")?;
            json::string(&mut out, &name::text(path))?;
        }
        Target::External { file, path } => {
            out.write_all(b"{\"kind\":\"external\",\"file\":")?;
            json::string(&mut out, &name::text(file))?;
            out.write_all(b",\"target\":")?;
            json::string(&mut out, &name::text(path))?;
        }
        Target::UserDefined(class) => write!(out, "{{\"kind\":\"user-defined\",\"class\":{class}")?,
    }
    out.push(b'}');
    Ok(out)
}
