//! Pages of a list: conversations of a folder, or messages of a search.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wire::{
    Problem,
    id::{AccountId, MailboxId, PersonId, SearchId},
    jmap::{Request, result_of},
    limits::PAGE_ROWS,
    mail::{GetAnswer, QueryAnswer, ROW_PROPERTIES, Row, Search, Snippet},
    team::WorkState,
};

use super::{Api, get_arguments};

/// Where the rows come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    Mailbox(MailboxId),
    Search(SearchId),
}

/// What the list is narrowed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Filter {
    #[default]
    All,
    Unread,
    Starred,
    Attachment,
}

impl Filter {
    pub const ALL: [Filter; 4] = [Self::All, Self::Unread, Self::Starred, Self::Attachment];

    /// The word in the address (`?filtre=`), none for all.
    pub fn code(self) -> Option<&'static str> {
        match self {
            Self::All => None,
            Self::Unread => Some("nonlus"),
            Self::Starred => Some("suivis"),
            Self::Attachment => Some("pieces"),
        }
    }

    /// Reads `?filtre=`; anything else is all.
    pub fn from_code(code: Option<&str>) -> Self {
        Self::ALL.into_iter().find(|filter| filter.code() == code).unwrap_or_default()
    }

    /// The condition of Email/query (RFC 8621 §4.4.1) that narrows a folder's conversations.
    fn condition(self) -> Option<Value> {
        match self {
            Self::All => None,
            // Rows are conversations: one message that answers the condition is enough.
            Self::Unread => Some(json!({"notKeyword": "$seen"})),
            Self::Starred => Some(json!({"hasKeyword": "$flagged"})),
            Self::Attachment => Some(json!({"hasAttachment": true})),
        }
    }
}

/// What the list is narrowed to by the work of a team.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct TeamFilter {
    pub assignee: Option<Assignee>,
    pub state: Option<WorkState>,
}

/// Who has the conversations in hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Assignee {
    Nobody,
    Person(PersonId),
}

impl Assignee {
    /// Reads `?qui=`.
    pub fn from_code(code: &str) -> Option<Self> {
        if code == "personne" { Some(Self::Nobody) } else { code.parse().ok().map(Self::Person) }
    }

    /// The word in the address.
    pub fn code(self) -> String {
        match self {
            Self::Nobody => "personne".to_owned(),
            Self::Person(person) => person.to_string(),
        }
    }

    fn id(self) -> Option<PersonId> {
        match self {
            Self::Nobody => None,
            Self::Person(person) => Some(person),
        }
    }
}

impl TeamFilter {
    /// Nothing is narrowed.
    pub fn is_none(self) -> bool {
        self == Self::default()
    }

    /// Conditions of Email/query. What is done is asked for by its state alone.
    fn conditions(self) -> Vec<Value> {
        let mut all = Vec::new();
        if let Some(assignee) = self.assignee {
            all.push(json!({"assigneeId": assignee.id()}));
        }
        match self.state {
            Some(state) => all.push(json!({"workState": state})),
            None if self.assignee.is_some() => {
                all.push(json!({"operator": "NOT", "conditions": [{"workState": WorkState::Done}]}));
            }
            None => {}
        }
        all
    }
}

/// One page of one list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ListKey {
    pub account: AccountId,
    pub source: Source,
    pub filter: Filter,
    pub team: TeamFilter,
    /// Opaque place given by the page before or after; none is the top.
    pub cursor: Option<String>,
}

/// What the server said about a page.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Page {
    pub rows: Vec<Row>,
    pub next: Option<String>,
    pub previous: Option<String>,
    /// Exact count, of a search.
    pub total: Option<u64>,
    pub search: Option<Search>,
    pub snippets: Vec<Snippet>,
    /// State of the messages when it was asked.
    pub state: String,
}

impl Api {
    /// One page of rows, newest first: Email/query with our `cursor`, then Email/get by back-reference. A search first
    /// reads its words (Search/get) and adds SearchSnippet/get (RFC 8621 §5.1).
    pub async fn page(&self, key: &ListKey) -> Result<Page, Problem> {
        match key.source {
            Source::Mailbox(mailbox) => self.mailbox_page(key, mailbox).await,
            Source::Search(search) => self.search_page(key, search).await,
        }
    }

    async fn mailbox_page(&self, key: &ListKey, mailbox: MailboxId) -> Result<Page, Problem> {
        let inside = json!({"inMailbox": mailbox});
        let mut conditions = key.team.conditions();
        conditions.extend(key.filter.condition());
        let filter = if conditions.is_empty() {
            inside
        } else {
            conditions.insert(0, inside);
            json!({"operator": "AND", "conditions": conditions})
        };
        let mut query = query_arguments(key);
        query["filter"] = filter;
        query["collapseThreads"] = json!(true);
        let account = key.account.to_string();
        let rows = get_arguments(&account, result_of(0, "Email/query", "/ids"), ROW_PROPERTIES);
        let response = self.jmap(Request::new().call("Email/query", query).call("Email/get", rows)).await?;
        let answer: QueryAnswer = response.answer(0)?;
        let rows: GetAnswer<Row> = response.answer(1)?;
        Ok(page(answer, rows.list))
    }

    async fn search_page(&self, key: &ListKey, search: SearchId) -> Result<Page, Problem> {
        let account = key.account.to_string();
        let mut query = query_arguments(key);
        query["#filter"] = result_of(0, "Search/get", "/list/0/filter");
        query["calculateTotal"] = json!(true);
        let ids = result_of(1, "Email/query", "/ids");
        let request = Request::new()
            .call("Search/get", json!({"accountId": account, "ids": [search]}))
            .call("Email/query", query)
            .call("Email/get", get_arguments(&account, ids.clone(), ROW_PROPERTIES))
            .call(
                "SearchSnippet/get",
                json!({"accountId": account, "#emailIds": ids, "#filter": result_of(0, "Search/get", "/list/0/filter")}),
            );
        let response = self.jmap(request).await?;
        let saved: GetAnswer<Search> = response.answer(0)?;
        let saved = saved.list.into_iter().next();
        let saved = saved.ok_or_else(|| Problem::new("not-found", 404, "No such search"))?;
        let answer: QueryAnswer = response.answer(1)?;
        let rows: GetAnswer<Row> = response.answer(2)?;
        // Marks are a comfort: without them the rows are still right.
        let snippets = response.answer::<SnippetAnswer>(3).map(|answer| answer.list).unwrap_or_default();
        Ok(Page { search: Some(saved), snippets, ..page(answer, rows.list) })
    }
}

#[derive(Deserialize)]
struct SnippetAnswer {
    list: Vec<Snippet>,
}

fn query_arguments(key: &ListKey) -> Value {
    json!({
        "accountId": key.account,
        "sort": [{"property": "receivedAt", "isAscending": false}],
        "cursor": key.cursor,
        "limit": PAGE_ROWS,
    })
}

/// Rows in the order of the query, whatever the order of Email/get.
fn page(answer: QueryAnswer, mut rows: Vec<Row>) -> Page {
    rows.sort_by_key(|row| answer.ids.iter().position(|id| *id == row.id));
    Page {
        rows,
        next: answer.next_cursor,
        previous: answer.previous_cursor,
        total: answer.total,
        state: answer.query_state,
        ..Page::default()
    }
}
