//! Who works in a BAL: what each has in hand, and the hand-over of all of it, for an absence.

use leptos::prelude::*;
use wire::{
    id::PersonId,
    portal::Action,
    team::{Member, WorkCount, WorkState},
};

use crate::{
    api::{
        list::{Assignee, ListKey, Source, TeamFilter},
        team::Sight,
    },
    components::{Button, EmptyState, Icon},
    i18n::{self, Lang, team as words},
    state::{Mail, use_mail},
};

use super::{
    forms::{DO, Hidden},
    team::{member_words, state_words},
};

/// The screen of the team.
#[component]
pub fn TeamPage() -> impl IntoView {
    let mail = use_mail();
    let lang = mail.lang;
    let shared = Memo::new(move |_| mail.team.sight.with(Sight::is_shared));
    view! {
        <div class="team-page folders-page">
            <a class="icon-button back" href=move || mail.list_url() aria-label=i18n::nav::back(lang) title=i18n::nav::back(lang)><Icon name="back"/></a>
            <h1>{words::title(lang)}</h1>
            <Show when=move || shared.get() fallback=move || view! { <EmptyState icon="person" title=words::alone(lang) what=words::alone_what(lang)/> }>
                <p class="lead">{words::lead(lang)}</p>
                <ul class="team-members">{move || members(mail)}</ul>
                <HandOver/>
            </Show>
        </div>
    }
}

/// How many conversations somebody has in a state, or in all but done.
fn in_hand(counts: &[WorkCount], person: PersonId, state: Option<WorkState>) -> u64 {
    let fits = |count: &&WorkCount| {
        let open = count.state != Some(WorkState::Done);
        count.assignee_id == Some(person) && state.map_or(open, |state| count.state == Some(state))
    };
    counts.iter().filter(fits).map(|count| u64::from(count.total)).sum()
}

fn members(mail: Mail) -> Vec<AnyView> {
    let inbox = mail.role("inbox");
    mail.team.sight.with(|sight| {
        let line = |member: &Member| {
            let url = inbox.map(|inbox| {
                let team = TeamFilter { assignee: Some(Assignee::Person(member.id)), state: None };
                ListKey::of(mail.account.get_untracked(), Source::Mailbox(inbox)).of_team(team).url()
            });
            member_line(mail.lang, member, &sight.counts, url)
        };
        sight.members.iter().map(line).collect()
    })
}

fn member_line(lang: Lang, member: &Member, counts: &[WorkCount], url: Option<String>) -> AnyView {
    let open = in_hand(counts, member.id, None);
    let states = WorkState::ALL
        .into_iter()
        .filter_map(|state| {
            let total = in_hand(counts, member.id, Some(state));
            let text = [state_words(lang, state), " ", &i18n::number(lang, total)].concat();
            (total > 0).then(|| view! { <span class="label" data-work=state.code()>{text}</span> })
        })
        .collect_view();
    view! {
        <li>
            <a href=url><strong>{member_words(lang, member)}</strong></a>
            <span>{words::in_hand(lang, open)}</span>
            <span class="row-labels">{states}</span>
        </li>
    }
    .into_any()
}

/// From whom to whom.
#[component]
fn HandOver() -> impl IntoView {
    let mail = use_mail();
    let lang = mail.lang;
    if !mail.may(Action::Sort) {
        return ().into_any();
    }
    let options = move |all: bool| {
        mail.team.sight.with(|sight| {
            let fits = |member: &&Member| all || member.active;
            let option =
                |member: &Member| view! { <option value=member.id.to_string()>{member_words(lang, member)}</option> };
            sight.members.iter().filter(fits).map(option).collect_view()
        })
    };
    view! {
        <section class="hand-over">
            <h2>{words::hand_over(lang)}</h2>
            <p>{words::hand_over_what(lang)}</p>
            <form method="post" action=DO>
                <Hidden account=mail.account back=Signal::derive(move || format!("/courrier/{}/equipe", mail.account.get()))/>
                <label>
                    <span>{words::hand_over_from(lang)}</span>
                    <select name="from" required>{move || options(true)}</select>
                </label>
                <label>
                    <span>{words::hand_over_to(lang)}</span>
                    <select name="to" required>
                        <option value="">{words::hand_over_choose(lang)}</option>
                        {move || options(false)}
                        <option value="-">{words::nobody(lang)}</option>
                    </select>
                </label>
                <Button variant="primary" name="op" value="work-hand-over">{words::hand_over(lang)}</Button>
            </form>
        </section>
    }
    .into_any()
}
