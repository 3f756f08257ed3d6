//! Approving a sign-in on an enrolled browser: the browser that gave the password shows two digits, its owner types them
//! on the other one. Nothing of it is in memory: any process can take up the next step.

use store::{
    Challenge, Purpose, Random,
    approvals::{Answer, Answered, ApprovalState, NewApproval, Request, Taken},
    approvers::Approver,
};

use super::{
    Caller, means,
    means::SignedBy,
    sessions::{self, short_agent, token_hash},
    sign_in::SignInError,
};
use crate::{
    service::tell::{self, Told},
    state::State,
};

/// A request waits for so long.
const VALID_MS: i64 = 2 * 60_000;

/// Two digits, each pair from 10 to 99 as likely as the others.
fn number(random: &dyn Random) -> String {
    loop {
        let mut byte = [0];
        random.fill(&mut byte);
        // 180 is the last multiple of 90.
        if byte[0] < 180 {
            return format!("{}", 10 + byte[0] % 90);
        }
    }
}

/// A request to make for a browser.
pub fn request(state: &State, agent: &str) -> NewApproval {
    NewApproval { number: number(&*state.random), agent: short_agent(agent), valid_ms: VALID_MS }
}

/// Takes the approval of the browser with this token, if it was given.
///
/// # Errors
/// `NotYet`, `ApprovalRefused`, `ApprovalLapsed`, `Expired`, or the store's.
pub async fn take(state: &State, token: &str, purpose: Purpose) -> Result<Challenge, SignInError> {
    match state.store.approval_take(token_hash(token), purpose).await? {
        Taken::Right(challenge) => Ok(challenge),
        Taken::NotYet => Err(SignInError::NotYet),
        Taken::Refused => Err(SignInError::ApprovalRefused),
        Taken::Lapsed => Err(SignInError::ApprovalLapsed),
        Taken::Expired => Err(SignInError::Expired),
    }
}

/// The word of a state, for the script of the page that waits.
pub fn word(state: Option<ApprovalState>) -> &'static str {
    match state {
        Some(ApprovalState::Waiting) => "waiting",
        Some(ApprovalState::Approved) => "approved",
        Some(ApprovalState::Refused) => "refused",
        Some(ApprovalState::Lapsed) | None => "expired",
    }
}

/// Enrols the browser of the caller: the token for its cookie. `Limit` of the store when there are too many. The person
/// is told.
///
/// # Errors
/// The store's.
pub async fn enrol(state: &State, caller: &Caller, name: &str) -> Result<String, store::Error> {
    let token = sessions::new_token(&*state.random);
    state.store.approver_add(caller.actor(), caller.person, token_hash(&token), name).await?;
    tell::person(state, caller.person, Told::ApproverAdded).await?;
    Ok(token)
}

/// Removes a browser; false when the person has none of that id. The person is told.
///
/// # Errors
/// The store's.
pub async fn remove(state: &State, caller: &Caller, approver: i64) -> Result<bool, store::Error> {
    let gone = state.store.approver_remove(caller.actor(), caller.person, approver).await?;
    if gone {
        tell::person(state, caller.person, Told::ApproverRemoved).await?;
    }
    Ok(gone)
}

/// The enrolled browser of a cookie.
///
/// # Errors
/// The store's.
pub async fn approver(state: &State, token: Option<&str>) -> Result<Option<Approver>, store::Error> {
    match token.filter(|_| means::is_on(state, SignedBy::Approval)) {
        Some(token) => state.store.approver(&token_hash(token)).await,
        None => Ok(None),
    }
}

/// What waits for the owner of an enrolled browser.
///
/// # Errors
/// The store's.
pub async fn waiting(state: &State, approver: &Approver) -> Result<Vec<Request>, store::Error> {
    state.store.approvals_waiting(approver.person).await
}

/// Answers a request. A refusal is told to the person: somebody may have their password.
///
/// # Errors
/// The store's.
pub async fn answer(state: &State, approver: &Approver, request: i64, answer: Answer) -> Result<Answered, store::Error> {
    let answered = state.store.approval_answer(approver.id, approver.person, request, answer).await?;
    if matches!(answered, Answered::Refused | Answered::UsedUp) {
        tell::person(state, approver.person, Told::ApprovalRefused).await?;
    }
    Ok(answered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_two_digits() {
        for _ in 0..200 {
            let number = number(&store::SystemRandom);
            assert!(number.len() == 2 && ("10"..="99").contains(&number.as_str()), "{number}");
        }
    }
}
