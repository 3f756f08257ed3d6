//! Requests that are given up half-way leave nothing behind on the connections that others get.

use std::time::Duration;

use futures::future::join_all;
use store::for_each_engine;

use crate::{WHO, email, with_inbox};

for_each_engine!(a_beginning_given_up_leaves_no_transaction_open, |store| async move {
    let (account, inbox) = with_inbox(&store).await;
    for round in 0..40_u64 {
        let hasty = (0..30).map(|n| tokio::time::timeout(Duration::from_micros(n * 40 + round * 7), store.snapshot()));
        drop(join_all(hasty).await);
        store.email_insert(WHO, account, email(inbox, store.now(), &format!("{round}@x"), "a", "b")).await.unwrap();
        // Whichever connection answers, it sees what was written.
        for total in join_all((0..20).map(|_| store.mailboxes(account))).await {
            let total = total.unwrap().into_iter().find(|one| one.id == inbox).unwrap().total_emails;
            assert_eq!(u64::from(total), round + 1);
        }
    }
});
