//! What is under way when a right ends: an answer that takes time asks again, every second, whether it may go on.

use std::time::Duration;

use bytes::Bytes;
use futures::stream::{self, BoxStream, Stream, StreamExt};
use tokio::time::Instant;
use wire::{id::AccountId, portal::Action};

use crate::{
    auth::{Caller, rights},
    state::State,
};

/// How often one asks.
const WATCH: Duration = Duration::from_millis(900);
/// Octets that leave between two looks, at most.
const PIECE: usize = 64 * 1024;

/// Who downloads what, and by which right.
pub struct Watched {
    pub state: State,
    pub caller: Caller,
    pub account: AccountId,
    pub action: Action,
}

struct Under<E> {
    watched: Watched,
    stream: BoxStream<'static, Result<Bytes, E>>,
    looked: Instant,
}

impl Watched {
    /// The pieces of `stream`, broken off within a second when the right, the session or the token ends. A client sees
    /// that its file is not whole.
    pub fn stream<S, E>(self, stream: S) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: std::fmt::Display + Send + 'static,
    {
        let begun = Under { watched: self, stream: stream.boxed(), looked: Instant::now() };
        stream::unfold(Some(begun), |under| async move {
            let mut under = under?;
            let piece = under.stream.next().await?;
            if under.looked.elapsed() >= WATCH {
                under.looked = Instant::now();
                let Watched { state, caller, account, action } = &under.watched;
                if !rights::still(state, caller, *account, *action).await {
                    return Some((Err(std::io::Error::other("the right has ended")), None));
                }
            }
            Some((piece.map_err(|error| std::io::Error::other(error.to_string())), Some(under)))
        })
    }

    /// The same for what lies in memory already.
    pub fn whole(self, content: Bytes) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static {
        let mut rest = content;
        let pieces = std::iter::from_fn(move || {
            let piece = rest.split_to(rest.len().min(PIECE));
            (!piece.is_empty()).then_some(Ok::<_, std::io::Error>(piece))
        });
        self.stream(stream::iter(pieces))
    }
}
