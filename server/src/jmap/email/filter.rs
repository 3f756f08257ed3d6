//! FilterOperator and FilterCondition of Email (RFC 8621 §4.4.1) to the store's filter.

use serde_json::{Map, Value};
use store::emails::field;
use store::query::Filter;
use store::team::WorkFilter;
use wire::id::MailboxId;
use wire::jmap::TEAM;
use wire::team::WorkState;

use crate::jmap::Batch;
use crate::jmap::error::MethodError;
use crate::jmap::types;

/// Operators inside one another.
const MAX_DEPTH: usize = 10;
/// Conditions of one filter.
const MAX_CONDITIONS: usize = 100;

/// A filter read, with the words that it looks for (for snippets).
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// For the store.
    pub filter: Filter,
    /// Folded words of all its text conditions.
    pub words: Vec<String>,
}

/// Reads a filter; null is everything.
///
/// # Errors
/// `invalidArguments`, `unsupportedFilter`.
pub fn read(batch: &Batch, filter: &Value) -> Result<Read, MethodError> {
    let mut reader = Reader { batch, words: Vec::new(), conditions: 0 };
    let filter = if filter.is_null() { Filter::All } else { reader.any(filter, 0, false)? };
    Ok(Read { filter, words: reader.words })
}

struct Reader<'a> {
    batch: &'a Batch,
    words: Vec<String>,
    conditions: usize,
}

fn wrong(name: &str) -> MethodError {
    MethodError::arguments(format!("the filter's {name} is of the wrong type"))
}

impl Reader<'_> {
    fn any(&mut self, value: &Value, depth: usize, negated: bool) -> Result<Filter, MethodError> {
        let members = value.as_object().ok_or_else(|| wrong("object"))?;
        if depth > MAX_DEPTH {
            return Err(MethodError::new("unsupportedFilter").because("too deep"));
        }
        match members.get("operator") {
            Some(operator) => self.operator(operator, members, depth, negated),
            None => self.conditions(members, negated),
        }
    }

    fn operator(
        &mut self,
        operator: &Value,
        members: &Map<String, Value>,
        depth: usize,
        negated: bool,
    ) -> Result<Filter, MethodError> {
        let name = operator.as_str().ok_or_else(|| wrong("operator"))?;
        if members.keys().any(|key| key != "operator" && key != "conditions") {
            return Err(MethodError::arguments("an operator with other members"));
        }
        let conditions = members.get("conditions").and_then(Value::as_array).ok_or_else(|| wrong("conditions"))?;
        let negated = negated != (name == "NOT");
        let inner = conditions.iter().map(|c| self.any(c, depth + 1, negated)).collect::<Result<Vec<_>, _>>()?;
        match name {
            "AND" => Ok(Filter::And(inner)),
            "OR" => Ok(Filter::Or(inner)),
            "NOT" => Ok(Filter::Not(inner)),
            _ => Err(MethodError::arguments("an unknown operator")),
        }
    }

    fn conditions(&mut self, members: &Map<String, Value>, negated: bool) -> Result<Filter, MethodError> {
        let mut all = Vec::with_capacity(members.len());
        for (name, value) in members {
            self.conditions += 1;
            if self.conditions > MAX_CONDITIONS {
                return Err(MethodError::new("unsupportedFilter").because("too many conditions"));
            }
            all.push(self.condition(name, value, negated)?);
        }
        Ok(match all.len() {
            0 => Filter::All,
            1 => all.remove(0),
            _ => Filter::And(all),
        })
    }

    fn condition(&mut self, name: &str, value: &Value, negated: bool) -> Result<Filter, MethodError> {
        let text = || value.as_str().ok_or_else(|| wrong(name));
        let keyword = || text().map(str::to_lowercase);
        let date = || text().and_then(|t| types::parse_utc_date(t).ok_or_else(|| wrong(name)));
        let number = || value.as_u64().filter(|n| *n < 1 << 53).ok_or_else(|| wrong(name));
        Ok(match name {
            "inMailbox" => self.mailbox(text()?).map_or(Filter::Or(Vec::new()), Filter::InMailbox),
            "inMailboxOtherThan" => {
                let ids =
                    value.as_array().ok_or_else(|| wrong(name))?.iter().map(|id| id.as_str().ok_or_else(|| wrong(name)));
                let ids = ids.collect::<Result<Vec<_>, _>>()?;
                Filter::InMailboxOtherThan(ids.into_iter().filter_map(|id| self.mailbox(id)).collect())
            }
            "before" => Filter::Before(date()?),
            "after" => Filter::After(date()?),
            "minSize" => Filter::MinSize(number()?),
            "maxSize" => Filter::MaxSize(number()?),
            "allInThreadHaveKeyword" => Filter::AllInThreadHaveKeyword(keyword()?),
            "someInThreadHaveKeyword" => Filter::SomeInThreadHaveKeyword(keyword()?),
            "noneInThreadHaveKeyword" => Filter::NoneInThreadHaveKeyword(keyword()?),
            "hasKeyword" => Filter::HasKeyword(keyword()?),
            "notKeyword" => Filter::NotKeyword(keyword()?),
            "assigneeId" if self.batch.uses(TEAM) => match value {
                Value::Null => Filter::Work(WorkFilter::Assignee(None)),
                _ => {
                    let person = text()?.parse().map_err(|_| wrong(name))?;
                    Filter::Work(WorkFilter::Assignee(Some(person)))
                }
            },
            "workState" if self.batch.uses(TEAM) => match value {
                Value::Null => Filter::Work(WorkFilter::State(None)),
                _ => {
                    let state = WorkState::from_code(text()?).ok_or_else(|| wrong(name))?;
                    Filter::Work(WorkFilter::State(Some(state)))
                }
            },
            "hasAttachment" => Filter::HasAttachment(value.as_bool().ok_or_else(|| wrong(name))?),
            "text" => self.words(text()?, field::ALL, negated),
            "from" => self.words(text()?, field::FROM, negated),
            "to" => self.words(text()?, field::TO, negated),
            "cc" => self.words(text()?, field::CC, negated),
            "bcc" => self.words(text()?, field::BCC, negated),
            "subject" => self.words(text()?, field::SUBJECT, negated),
            "body" => self.words(text()?, field::BODY, negated),
            "header" => return Err(MethodError::new("unsupportedFilter").because("header")),
            _ => return Err(MethodError::new("unsupportedFilter").because(name.to_owned())),
        })
    }

    fn mailbox(&self, text: &str) -> Option<MailboxId> {
        self.batch.parse_id(text)
    }

    fn words(&mut self, text: &str, fields: u8, negated: bool) -> Filter {
        let words = mail::search::query_words(text);
        if words.is_empty() {
            return Filter::All;
        }
        if !negated {
            self.words.extend(words.iter().cloned());
        }
        Filter::Words { words, fields }
    }
}
