//! A filter as SQL: on `mailbox_thread` for a folder's conversations, on the messages that hold the words of a search, on
//! `email_mailbox` for one folder, else on `email`.

use futures::FutureExt;
use futures::future::BoxFuture;

use super::sql::Sql;
use super::{Filter, Query, Sort, SortBy};
use crate::db::Tx;
use crate::emails::{flag, keywords};
use crate::error::{Error, Result};
use crate::index;
use crate::keys::Keys;
use crate::team::{WorkFilter, state_code};

/// Conditions in one filter at most.
const MOST_CONDITIONS: usize = 60;
/// Terms a searched word may stand for.
const MOST_TERMS: usize = 8_192;

/// A filter whose words and keywords are resolved to numbers.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    None(Vec<Node>),
    InMailbox(i64),
    InOther(Vec<i64>),
    Before(i64),
    After(i64),
    MinSize(i64),
    MaxSize(i64),
    /// Flag set or not.
    Flag(i64, bool),
    Keyword(i64, bool),
    /// A thread with some, or without any, message that has (or has not) the keyword.
    Thread {
        some: bool,
        has: bool,
        keyword: Keyword,
    },
    InThread(i64),
    Work(WorkFilter),
    Terms(Vec<i64>, u8),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Keyword {
    Flag(i64),
    Code(i64),
}

/// Where the rows come from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Driver {
    /// A folder's conversations, newest first.
    Conversations(i64),
    /// The messages that hold all words; each is joined to its row.
    Hits,
    Folder(i64),
    Everything,
}

/// What to list and in which order.
pub(super) struct Plan {
    pub(super) account: i64,
    /// What the account's postings are keyed by; 0 where no words are searched.
    space: i64,
    pub(super) driver: Driver,
    pub(super) conditions: Vec<Node>,
    /// The words of `Hits`.
    terms: Vec<Node>,
    /// How many messages hold all words; none where no words are searched.
    pub(super) found: Option<i64>,
    /// Most messages hold them: it is quicker to walk the list and to look at each.
    dense: bool,
    pub(super) collapse: bool,
    pub(super) sort: Sort,
}

impl Plan {
    pub(super) async fn new(tx: &mut Tx, keys: &Keys, account: i64, query: &Query) -> Result<Self> {
        let mut count = 0;
        let root = resolve(tx, keys, account, &query.filter, &mut count).await?;
        let space = if has_terms(&root) { index::space(tx, account).await? } else { 0 };
        let mut conditions = match root {
            Node::All(nodes) => nodes,
            node => vec![node],
        };
        let (mut terms, rest): (Vec<Node>, Vec<Node>) =
            conditions.into_iter().partition(|node| matches!(node, Node::Terms(..)));
        conditions = rest;
        let (found, dense) = found(tx, space, &terms).await?;
        if dense {
            conditions.append(&mut terms);
        }
        let searched = !terms.is_empty();
        let folder = conditions.iter().position(|node| matches!(node, Node::InMailbox(_))).filter(|_| !searched);
        let mut driver = if searched { Driver::Hits } else { Driver::Everything };
        if let Some(Node::InMailbox(id)) = folder.map(|at| conditions.swap_remove(at)) {
            driver = Driver::Folder(id);
            let newest_first = query.sort == Sort { by: SortBy::ReceivedAt, ascending: false };
            if conditions.is_empty() && query.collapse_threads && newest_first {
                driver = Driver::Conversations(id);
            }
        }
        let collapse = query.collapse_threads && !matches!(driver, Driver::Conversations(_));
        Ok(Self { account, space, driver, conditions, terms, found, dense, collapse, sort: query.sort })
    }

    /// The total, where it is what was found.
    pub(super) fn known_total(&self) -> Option<i64> {
        let everywhere = matches!(self.driver, Driver::Hits | Driver::Everything) && !self.collapse;
        let words_only = everywhere && self.conditions.iter().all(|node| matches!(node, Node::Terms(..)));
        self.found.filter(|_| words_only)
    }

    /// The sorted column of `alias`.
    pub(super) fn key(&self) -> &'static str {
        match (self.driver, self.sort.by) {
            (Driver::Conversations(_), _) => "e.newest_at",
            (_, SortBy::ReceivedAt) => "e.received_at",
            (Driver::Folder(_), SortBy::SentAt) => "COALESCE(x.sent_at, x.received_at)",
            (Driver::Everything | Driver::Hits, SortBy::SentAt) => "COALESCE(e.sent_at, e.received_at)",
            (Driver::Folder(_), SortBy::Size) => "x.size",
            (Driver::Everything | Driver::Hits, SortBy::Size) => "e.size",
        }
    }

    /// The id column.
    pub(super) fn id(&self) -> &'static str {
        if matches!(self.driver, Driver::Conversations(_)) { "e.newest_email" } else { "e.email_id" }
    }

    /// ` FROM … WHERE …` of the whole list.
    pub(super) fn rows(&self, sql: &mut Sql) {
        match self.driver {
            Driver::Conversations(mailbox) => {
                sql.push(" FROM mailbox_thread e WHERE e.account_id = ").bind(self.account);
                sql.push(" AND e.mailbox_id = ").bind(mailbox);
            }
            Driver::Folder(mailbox) => {
                sql.push(" FROM email_mailbox e");
                if self.needs_row() {
                    sql.push(" JOIN email x ON x.account_id = e.account_id AND x.email_id = e.email_id");
                }
                sql.push(" WHERE e.account_id = ").bind(self.account).push(" AND e.mailbox_id = ").bind(mailbox);
            }
            Driver::Hits => {
                sql.push(" FROM (");
                for (place, node) in self.terms.iter().enumerate() {
                    sql.push(if place > 0 { " INTERSECT SELECT" } else { "SELECT DISTINCT" });
                    sql.push(" ").push(index::HIT_NUMBER).push(" AS number");
                    self.postings(sql, node);
                }
                // In this order: SQLite otherwise may look through all hits for each message.
                sql.push(") hit CROSS JOIN email e WHERE e.number = hit.number AND e.account_id = ").bind(self.account);
            }
            Driver::Everything => {
                sql.push(" FROM email e WHERE e.account_id = ").bind(self.account);
            }
        }
        self.every(sql, &OUTER);
        if self.collapse {
            self.first_of_thread(sql);
        }
    }

    /// ` FROM posting …` of one word.
    fn postings(&self, sql: &mut Sql, node: &Node) {
        if let Node::Terms(numbers, fields) = node {
            index::postings(sql, self.space, numbers, *fields);
        }
    }

    fn every(&self, sql: &mut Sql, names: &Names) {
        for node in &self.conditions {
            sql.push(" AND ");
            self.condition(sql, node, names);
        }
    }

    /// No message of the same thread in the list stands before this one.
    fn first_of_thread(&self, sql: &mut Sql) {
        match self.driver {
            Driver::Folder(mailbox) => {
                sql.push(" AND NOT EXISTS (SELECT 1 FROM email_mailbox n");
                if self.needs_row() {
                    sql.push(" JOIN email y ON y.account_id = n.account_id AND y.email_id = n.email_id");
                }
                sql.push(" WHERE n.account_id = e.account_id AND n.thread_id = e.thread_id AND n.mailbox_id = ")
                    .bind(mailbox);
            }
            _ => {
                sql.push(
                    " AND NOT EXISTS (SELECT 1 FROM email n WHERE n.account_id = e.account_id AND n.thread_id = e.thread_id",
                );
            }
        }
        let folder = matches!(self.driver, Driver::Folder(_));
        let (inner, outer) = match (self.sort.by, folder) {
            (SortBy::ReceivedAt, _) => ("n.received_at", "e.received_at"),
            (SortBy::SentAt, true) => ("COALESCE(y.sent_at, y.received_at)", "COALESCE(x.sent_at, x.received_at)"),
            (SortBy::SentAt, false) => ("COALESCE(n.sent_at, n.received_at)", "COALESCE(e.sent_at, e.received_at)"),
            (SortBy::Size, true) => ("y.size", "x.size"),
            (SortBy::Size, false) => ("n.size", "e.size"),
        };
        sql.push(" AND (").push(inner).push(", n.email_id) ");
        sql.push(if self.sort.ascending { "<" } else { ">" }).push(" (").push(outer).push(", e.email_id)");
        self.every(sql, &INNER);
        for node in &self.terms {
            sql.push(" AND ");
            self.condition(sql, node, &INNER);
        }
        sql.push(")");
    }

    /// Columns only `email` has are needed beside a folder's rows.
    fn needs_row(&self) -> bool {
        self.sort.by != SortBy::ReceivedAt || self.conditions.iter().any(needs_row)
    }

    fn condition(&self, sql: &mut Sql, node: &Node, names: &Names) {
        let folder = matches!(self.driver, Driver::Folder(_));
        let (size, number) = if folder { (names.row_size, names.row_number) } else { (names.size, names.number) };
        match node {
            Node::All(nodes) => self.group(sql, nodes, names, " AND ", "1 = 1"),
            Node::Any(nodes) => self.group(sql, nodes, names, " OR ", "1 = 0"),
            Node::None(nodes) => {
                sql.push("NOT ");
                self.group(sql, nodes, names, " OR ", "1 = 0");
            }
            Node::InMailbox(id) => {
                sql.push("EXISTS (SELECT 1 FROM email_mailbox b WHERE ").push(names.same_email_b);
                sql.push(" AND b.mailbox_id = ").bind(*id).push(")");
            }
            Node::InOther(ids) => {
                sql.push("EXISTS (SELECT 1 FROM email_mailbox b WHERE ").push(names.same_email_b);
                sql.push(" AND b.mailbox_id NOT IN ").ids(ids).push(")");
            }
            Node::Before(at) => drop(sql.push(names.received).push(" < ").bind(*at)),
            Node::After(at) => drop(sql.push(names.received).push(" >= ").bind(*at)),
            Node::MinSize(octets) => drop(sql.push(size).push(" >= ").bind(*octets)),
            Node::MaxSize(octets) => drop(sql.push(size).push(" < ").bind(*octets)),
            Node::Flag(flag, set) => {
                sql.push("(").push(names.flags).push(" & ").bind(*flag);
                sql.push(if *set { ") <> 0" } else { ") = 0" });
            }
            Node::Keyword(code, has) => {
                sql.push(if *has { "EXISTS" } else { "NOT EXISTS" });
                sql.push(" (SELECT 1 FROM email_keyword k WHERE ").push(names.same_email_k);
                sql.push(" AND k.keyword_code = ").bind(*code).push(")");
            }
            Node::Thread { some, has, keyword } => thread_condition(sql, *some, *has, *keyword, names),
            Node::InThread(id) => drop(sql.push(names.thread).push(" = ").bind(*id)),
            Node::Work(work) => work_condition(sql, *work, names),
            Node::Terms(..) if self.dense => {
                sql.push("EXISTS (SELECT 1");
                self.postings(sql, node);
                index::in_message(sql, number);
                sql.push(")");
            }
            Node::Terms(..) => {
                sql.push(number).push(" IN (SELECT ").push(index::HIT_NUMBER);
                self.postings(sql, node);
                sql.push(")");
            }
        }
    }

    fn group(&self, sql: &mut Sql, nodes: &[Node], names: &Names, between: &'static str, empty: &'static str) {
        sql.push("(");
        if nodes.is_empty() {
            sql.push(empty);
        }
        for (place, node) in nodes.iter().enumerate() {
            if place > 0 {
                sql.push(between);
            }
            self.condition(sql, node, names);
        }
        sql.push(")");
    }
}

/// How many messages hold all words, and whether these are so many that a page of them is found by walking the list: the
/// rows walked, times the terms looked up in each, are fewer than the messages that would be sorted.
async fn found(tx: &mut Tx, space: i64, words: &[Node]) -> Result<(Option<i64>, bool)> {
    let mut all: Option<index::Found> = None;
    let (mut terms, mut reach) = (0, 0);
    for node in words {
        let Node::Terms(numbers, fields) = node else { continue };
        let found = index::Found::of(tx, space, numbers, *fields).await?;
        terms += numbers.len() as i64;
        reach = found.reach().max(reach);
        match &mut all {
            Some(all) => all.keep(&found),
            None => all = Some(found),
        }
    }
    let count = all.map(|all| all.count());
    Ok((count, count.is_some_and(|count| is_dense(count, reach, terms))))
}

fn is_dense(count: i64, reach: i64, terms: i64) -> bool {
    const PAGE: i64 = 51;
    count > reach / 4 && count * count > PAGE * reach * terms
}

fn needs_row(node: &Node) -> bool {
    match node {
        Node::MinSize(_) | Node::MaxSize(_) | Node::Terms(..) => true,
        Node::All(nodes) | Node::Any(nodes) | Node::None(nodes) => nodes.iter().any(needs_row),
        _ => false,
    }
}

fn has_terms(node: &Node) -> bool {
    match node {
        Node::Terms(..) => true,
        Node::All(nodes) | Node::Any(nodes) | Node::None(nodes) => nodes.iter().any(has_terms),
        _ => false,
    }
}

fn thread_condition(sql: &mut Sql, some: bool, has: bool, keyword: Keyword, names: &Names) {
    sql.push(if some { "EXISTS" } else { "NOT EXISTS" });
    sql.push(" (SELECT 1 FROM email h WHERE ").push(names.same_thread_h).push(" AND ");
    match keyword {
        Keyword::Flag(flag) => {
            sql.push("(h.flags & ").bind(flag).push(if has { ") <> 0" } else { ") = 0" });
        }
        Keyword::Code(code) => {
            sql.push(if has { "EXISTS" } else { "NOT EXISTS" });
            sql.push(" (SELECT 1 FROM email_keyword k WHERE k.account_id = h.account_id AND k.email_id = h.email_id");
            sql.push(" AND k.keyword_code = ").bind(code).push(")");
        }
    }
    sql.push(")");
}

fn work_condition(sql: &mut Sql, work: WorkFilter, names: &Names) {
    // Conversations that nobody took care of have no row.
    let absent = matches!(work, WorkFilter::Assignee(None) | WorkFilter::State(None));
    sql.push(if absent { "NOT EXISTS" } else { "EXISTS" });
    sql.push(" (SELECT 1 FROM work w WHERE ").push(names.same_thread_w).push(" AND ");
    match work {
        WorkFilter::Assignee(Some(person)) => drop(sql.push("w.person_id = ").bind(person)),
        WorkFilter::Assignee(None) => drop(sql.push("w.person_id IS NOT NULL")),
        WorkFilter::State(Some(state)) => drop(sql.push("w.state = ").bind(state_code(state))),
        WorkFilter::State(None) => drop(sql.push("w.state IS NOT NULL")),
    }
    sql.push(")");
}

/// Column names of the row a condition is about.
struct Names {
    number: &'static str,
    row_number: &'static str,
    thread: &'static str,
    received: &'static str,
    flags: &'static str,
    size: &'static str,
    row_size: &'static str,
    same_email_b: &'static str,
    same_email_k: &'static str,
    same_thread_h: &'static str,
    same_thread_w: &'static str,
}

macro_rules! names {
    ($alias:literal, $row:literal) => {
        Names {
            number: concat!($alias, ".number"),
            row_number: concat!($row, ".number"),
            thread: concat!($alias, ".thread_id"),
            received: concat!($alias, ".received_at"),
            flags: concat!($alias, ".flags"),
            size: concat!($alias, ".size"),
            row_size: concat!($row, ".size"),
            same_email_b: concat!("b.account_id = ", $alias, ".account_id AND b.email_id = ", $alias, ".email_id"),
            same_email_k: concat!("k.account_id = ", $alias, ".account_id AND k.email_id = ", $alias, ".email_id"),
            same_thread_h: concat!("h.account_id = ", $alias, ".account_id AND h.thread_id = ", $alias, ".thread_id"),
            same_thread_w: concat!("w.account_id = ", $alias, ".account_id AND w.thread_id = ", $alias, ".thread_id"),
        }
    };
}

/// The row listed.
const OUTER: Names = names!("e", "x");
/// Another row of its thread.
const INNER: Names = names!("n", "y");

fn keyword(keys: &Keys, name: &str) -> Keyword {
    match keywords::flag_of(name) {
        Some(flag) => Keyword::Flag(flag),
        None => Keyword::Code(keywords::code(keys, name)),
    }
}

fn has_keyword(keys: &Keys, name: &str, has: bool) -> Node {
    match keyword(keys, name) {
        Keyword::Flag(flag) => Node::Flag(flag, has),
        Keyword::Code(code) => Node::Keyword(code, has),
    }
}

/// Resolves words to term numbers and keywords to flags or codes.
fn resolve<'a>(
    tx: &'a mut Tx,
    keys: &'a Keys,
    account: i64,
    filter: &'a Filter,
    count: &'a mut usize,
) -> BoxFuture<'a, Result<Node>> {
    async move {
        *count += 1;
        if *count > MOST_CONDITIONS {
            return Err(Error::Limit { what: "filter conditions" });
        }
        Ok(match filter {
            Filter::All => Node::All(Vec::new()),
            Filter::And(filters) => {
                // Nested ANDs are one, so that a folder inside is found.
                let mut nodes = Vec::new();
                for node in resolve_all(tx, keys, account, filters, count).await? {
                    match node {
                        Node::All(inner) => nodes.extend(inner),
                        node => nodes.push(node),
                    }
                }
                Node::All(nodes)
            }
            Filter::Or(filters) => Node::Any(resolve_all(tx, keys, account, filters, count).await?),
            Filter::Not(filters) => Node::None(resolve_all(tx, keys, account, filters, count).await?),
            Filter::InMailbox(id) => Node::InMailbox(id.0),
            Filter::InMailboxOtherThan(ids) => Node::InOther(ids.iter().map(|id| id.0).collect()),
            Filter::Before(at) => Node::Before(*at),
            Filter::After(at) => Node::After(*at),
            Filter::MinSize(octets) => Node::MinSize(i64::try_from(*octets).unwrap_or(i64::MAX)),
            Filter::MaxSize(octets) => Node::MaxSize(i64::try_from(*octets).unwrap_or(i64::MAX)),
            Filter::HasKeyword(name) => has_keyword(keys, name, true),
            Filter::NotKeyword(name) => has_keyword(keys, name, false),
            Filter::AllInThreadHaveKeyword(name) => Node::Thread { some: false, has: false, keyword: keyword(keys, name) },
            Filter::SomeInThreadHaveKeyword(name) => Node::Thread { some: true, has: true, keyword: keyword(keys, name) },
            Filter::NoneInThreadHaveKeyword(name) => Node::Thread { some: false, has: true, keyword: keyword(keys, name) },
            Filter::HasAttachment(has) => Node::Flag(flag::ATTACHMENT, *has),
            Filter::InThread(id) => Node::InThread(id.0),
            Filter::Work(work) => Node::Work(*work),
            Filter::Words { words, fields } => {
                let mut nodes = Vec::with_capacity(words.len());
                for word in words {
                    let numbers = index::matching(tx, keys, account, word).await?;
                    if numbers.len() > MOST_TERMS {
                        return Err(Error::Limit { what: "terms of a word" });
                    }
                    nodes.push(if numbers.is_empty() { Node::Any(Vec::new()) } else { Node::Terms(numbers, *fields) });
                }
                Node::All(nodes)
            }
        })
    }
    .boxed()
}

async fn resolve_all(tx: &mut Tx, keys: &Keys, account: i64, filters: &[Filter], count: &mut usize) -> Result<Vec<Node>> {
    let mut nodes = Vec::with_capacity(filters.len());
    for filter in filters {
        nodes.push(resolve(tx, keys, account, filter, count).await?);
    }
    Ok(nodes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_messages_of_few_terms_are_dense() {
        assert!(is_dense(270, 320, 2) && is_dense(8_050, 20_096, 20));
        assert!(!is_dense(135, 192, 2) && !is_dense(4_000, 20_096, 1) && !is_dense(8_050, 20_096, 100));
    }
}
