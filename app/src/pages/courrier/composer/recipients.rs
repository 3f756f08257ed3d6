//! Recipients: typed, completed from one's correspondents, checked at once.

use leptos::{
    ev::{FocusEvent, KeyboardEvent, MouseEvent},
    prelude::*,
    task::spawn_local,
};
use wire::{
    check,
    id::PatientId,
    ins,
    mail::{Address, Correspondent, Recipient},
};

use crate::{
    browser::{clock, focus},
    components::{Avatar, Icon},
    format::name,
    i18n::{self, Lang},
};

use super::writing::Writing;

/// Milliseconds after the last key before correspondents are asked for.
const PAUSE_MS: u64 = 120;

/// A recipient, with what would become of mail to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Chip {
    pub address: Address,
    /// `checking`, or a state of `wire::mail::Recipient`.
    pub state: String,
    /// The code of what is wrong with it.
    pub fault: Option<String>,
    /// A patient whose parents will read it.
    pub minor: bool,
    /// A patient of whom information or consent is still to be noted.
    pub untold: Option<PatientId>,
}

impl Chip {
    /// A recipient not yet checked, unless its form is wrong already.
    pub fn new(address: Address) -> Self {
        let fault = check::address(&address.email).err().map(|fault| fault.code().to_owned());
        let state = if fault.is_some() { "invalid" } else { "checking" };
        Self { address, state: state.into(), fault, minor: false, untold: None }
    }

    /// Whether mail to it is known to be refused.
    pub fn is_refused(&self) -> bool {
        matches!(self.state.as_str(), "invalid" | "unknown" | "outside")
    }

    /// Whether it is the address of a patient.
    pub fn is_patient(&self) -> bool {
        self.address.email.split_once('@').is_some_and(|(local, _)| ins::is_like(local))
    }

    /// Takes what the server said of its address.
    fn learn(&mut self, answers: &[Recipient]) {
        let Some(answer) = answers.iter().find(|it| it.email.eq_ignore_ascii_case(&self.address.email)) else { return };
        self.state.clone_from(&answer.state);
        self.fault.clone_from(&answer.fault);
        self.minor = answer.minor;
        self.untold = answer.untold;
        if let Some(name) = answer.card.as_ref().and_then(|card| card.name.clone()) {
            self.address.name.get_or_insert(name);
        }
    }

    fn words(&self, lang: Lang) -> String {
        if let Some(fault) = &self.fault {
            return i18n::error(lang, fault, &[]);
        }
        match self.state.as_str() {
            "ok" => i18n::recipient::ok(lang),
            "unknown" => i18n::recipient::unknown(lang),
            "outside" => i18n::recipient::outside(lang),
            "invalid" => i18n::recipient::invalid(lang),
            _ => i18n::recipient::checking(lang),
        }
        .to_owned()
    }
}

/// The chips of a field; what is known of their addresses already is on them.
pub fn chips(addresses: &[Address], known: &[Recipient]) -> Vec<Chip> {
    let mut chips: Vec<Chip> = addresses.iter().cloned().map(Chip::new).collect();
    chips.iter_mut().for_each(|chip| chip.learn(known));
    chips
}

/// Reads `Dr X <x@y.fr>` or `x@y.fr`.
fn typed_address(text: &str) -> Address {
    let email = check::bare_address(text).to_owned();
    let name = text.split_once('<').map(|(name, _)| name.trim().trim_matches('"').to_owned());
    Address { name: name.filter(|name| !name.is_empty()), email }
}

impl Writing {
    /// What is typed in a field becomes recipients.
    pub fn take_typed(self, field: usize) {
        let text = self.typing[field].get_untracked();
        let typed: Vec<Address> = check::split_recipients(&text).into_iter().map(typed_address).collect();
        self.typing[field].set(String::new());
        if !typed.is_empty() {
            self.add(field, typed);
        }
    }

    /// Adds recipients to a field, each once.
    pub fn add(self, field: usize, addresses: Vec<Address>) {
        self.recipients[field].update(|chips| {
            for address in addresses {
                if !chips.iter().any(|chip| chip.address.email.eq_ignore_ascii_case(&address.email)) {
                    chips.push(Chip::new(address));
                }
            }
        });
        self.changed();
        self.check(false);
    }

    /// Asks what would become of mail to each recipient; `again` also asks for those that were checked.
    pub fn check(self, again: bool) {
        let wanted = |chip: &Chip| chip.state == "checking" || (again && chip.fault.is_none());
        let mut addresses: Vec<String> = Vec::new();
        for field in self.recipients {
            field.with_untracked(|chips| {
                addresses.extend(chips.iter().filter(|it| wanted(it)).map(|it| it.address.email.clone()))
            });
        }
        if addresses.is_empty() {
            return;
        }
        spawn_local(async move {
            let account = self.mail.account.get_untracked();
            // Not knowing stops nobody: the server checks again when it is sent.
            let Ok(answers) = self.mail.api().automatic().check_recipients(account, &addresses).await else { return };
            for field in self.recipients {
                field.try_update(|chips| chips.iter_mut().for_each(|chip| chip.learn(&answers)));
            }
        });
    }

    fn remove(self, field: usize, email: &str) {
        self.recipients[field].update(|chips| chips.retain(|chip| chip.address.email != email));
        self.changed();
    }
}

/// What is offered while one types.
#[derive(Clone, Copy)]
struct Offer {
    list: RwSignal<Vec<Correspondent>>,
    chosen: RwSignal<usize>,
    timer: StoredValue<Option<TimeoutHandle>>,
}

impl Offer {
    fn close(&self) {
        self.list.set(Vec::new());
        self.chosen.set(0);
        self.timer.update_value(|timer| {
            if let Some(timer) = timer.take() {
                timer.clear();
            }
        });
    }

    fn ask(self, writing: Writing, text: String) {
        if text.trim().is_empty() {
            return self.close();
        }
        let ask = move || {
            spawn_local(async move {
                let account = writing.mail.account.get_untracked();
                let found = writing.mail.api().correspondents(account, text.trim()).await.unwrap_or_default();
                if self.timer.try_get_value().is_some() {
                    self.chosen.set(0);
                    self.list.set(found);
                }
            });
        };
        self.timer.update_value(|timer| {
            if let Some(timer) = timer.take() {
                timer.clear();
            }
            *timer = clock::after(PAUSE_MS, ask);
        });
    }

    fn take(self, writing: Writing, field: usize, at: usize) {
        let found = self.list.with_untracked(|list| list.get(at).cloned());
        self.close();
        writing.typing[field].set(String::new());
        if let Some(Correspondent { name, email, .. }) = found {
            writing.add(field, vec![Address { name, email }]);
        }
    }
}

/// One of To, Cc, Bcc: plain text before the page is alive, chips after.
#[component]
pub fn RecipientField(field: usize) -> impl IntoView {
    let writing: Writing = expect_context();
    let lang = writing.mail.lang;
    let (label, name) =
        [(i18n::compose::to(lang), "to"), (i18n::compose::cc(lang), "cc"), (i18n::compose::bcc(lang), "bcc")][field];
    let alive = RwSignal::new(false);
    Effect::new(move |_| alive.set(true));
    let id = ["composer-", name].concat();
    let plain = {
        let all: Vec<String> = writing.recipients[field].with_untracked(|chips| {
            chips.iter().map(|chip| name::whole(chip.address.name.as_deref(), &chip.address.email)).collect()
        });
        all.join(", ")
    };
    let owner = id.clone();
    let folded = Memo::new(move |_| writing.is_folded(field));
    // Cc and Bcc come when they are asked for; without script they are there (style/components/composer.css).
    let others = (field == 0).then(|| {
        let words = [i18n::compose::add_cc(lang), i18n::compose::add_bcc(lang)];
        let button = |at: usize| {
            let unfold = move |_| {
                writing.unfolded[at].set(true);
                focus::focus_soon(["#composer-cc", "#composer-bcc"][at]);
            };
            view! {
                <button class="link recipient-more" type="button" hidden=move || !writing.is_folded(at + 1) on:click=unfold>{words[at]}</button>
            }
        };
        [button(0), button(1)]
    });
    view! {
        <div class="recipient-field" data-folded=move || folded.get().then_some("")>
            <label for=owner>{label}</label>
            {move || match alive.get() {
                false => view! {
                    <input id=id.clone() name=name value=plain.clone() title=i18n::compose::to_hint(lang) autocomplete="off" spellcheck="false"/>
                }
                .into_any(),
                true => view! { <Chips field=field id=id.clone()/> }.into_any(),
            }}
            {others}
        </div>
        <Faults field=field/>
    }
}

#[component]
fn Chips(field: usize, id: String) -> impl IntoView {
    let writing: Writing = expect_context();
    let (lang, typing) = (writing.mail.lang, writing.typing[field]);
    let offer = Offer { list: RwSignal::new(Vec::new()), chosen: RwSignal::new(0), timer: StoredValue::new(None) };
    let list_id = [&id, "-offer"].concat();
    let (controls, options) = (list_id.clone(), list_id.clone());
    let active = move || offer.list.with(|list| !list.is_empty()).then(|| format!("{list_id}-{}", offer.chosen.get()));
    let chip = move |chip: Chip| {
        let shown = name::shown(chip.address.name.as_deref(), &chip.address.email).to_owned();
        let (email, words) =
            (chip.address.email.clone(), [&ins::shown(&chip.address.email), " : ", chip.words(lang).as_str()].concat());
        let kind = chip.is_patient().then_some("patient");
        let icon = chip.is_refused().then(|| view! { <Icon name="warning"/> });
        view! {
            <span class="chip" data-state=chip.state data-kind=kind title=words>
                {icon}
                <span>{shown.clone()}</span>
                <button type="button" aria-label=i18n::compose::remove_recipient(lang, &shown) on:click=move |_| writing.remove(field, &email)>
                    <Icon name="close"/>
                </button>
            </span>
        }
    };
    let input = move |text: String| {
        typing.set(text.clone());
        // A separator ends a recipient; a paste holds several.
        if text.ends_with([',', ';', '\n']) || text.matches('@').count() > 1 {
            offer.close();
            writing.take_typed(field);
        } else {
            offer.ask(writing, text);
        }
    };
    let left = move |_: FocusEvent| {
        // A press on an offer comes first.
        clock::after(150, move || {
            if typing.try_get_untracked().is_some() {
                offer.close();
                writing.take_typed(field);
            }
        });
    };
    view! {
        <div class="chips">
            <For each=move || writing.recipients[field].get() key=|chip| (chip.address.email.clone(), chip.state.clone()) children=chip/>
            <input
                id=id
                role="combobox"
                autocomplete="off"
                spellcheck="false"
                aria-autocomplete="list"
                aria-expanded=move || offer.list.with(|list| !list.is_empty()).to_string()
                aria-controls=controls
                aria-activedescendant=active
                prop:value=move || typing.get()
                on:input:target=move |event| input(event.target().value())
                on:keydown=move |event| key(writing, offer, field, &event)
                on:blur=left
            />
        </div>
        <Offers offer=offer field=field id=options/>
    }
}

fn key(writing: Writing, offer: Offer, field: usize, event: &KeyboardEvent) {
    let (count, typing) = (offer.list.with_untracked(Vec::len), writing.typing[field]);
    let move_to = |at: usize| {
        event.prevent_default();
        offer.chosen.set(at);
    };
    let chosen = offer.chosen.get_untracked();
    match event.key().as_str() {
        "ArrowDown" if count > 0 => move_to((chosen + 1) % count),
        "ArrowUp" if count > 0 => move_to((chosen + count - 1) % count),
        "Escape" if count > 0 => {
            event.prevent_default();
            offer.close();
        }
        "Enter" if event.ctrl_key() || event.meta_key() => {}
        "Enter" | "Tab" if count > 0 => {
            event.prevent_default();
            offer.take(writing, field, chosen);
        }
        "Enter" => {
            event.prevent_default();
            writing.take_typed(field);
        }
        "Backspace" if typing.with_untracked(String::is_empty) => {
            let last = writing.recipients[field].with_untracked(|chips| chips.last().map(|chip| chip.address.email.clone()));
            if let Some(last) = last {
                writing.remove(field, &last);
            }
        }
        _ => {}
    }
}

#[component]
fn Offers(offer: Offer, field: usize, id: String) -> impl IntoView {
    let writing: Writing = expect_context();
    let lang = writing.mail.lang;
    let owner = id.clone();
    let option = move |(at, it): (usize, Correspondent)| {
        let shown = name::shown(it.name.as_deref(), &it.email).to_owned();
        let kind = it.card.as_ref().map_or_else(|| "unknown".to_owned(), |card| card.kind.clone());
        let quality = it.card.and_then(|card| card.profession.or(card.place));
        // Before the field loses the focus.
        let take = move |event: MouseEvent| {
            event.prevent_default();
            offer.take(writing, field, at);
        };
        view! {
            <div role="option" id=format!("{owner}-{at}") aria-selected=move || (offer.chosen.get() == at).to_string() on:mousedown=take>
                <Avatar name=shown.clone() address=it.email.clone() kind=kind/>
                <span>
                    <span>{shown}</span>
                    <small>{ins::shown(&it.email)}{quality.map(|quality| [" · ", &quality].concat())}</small>
                </span>
            </div>
        }
    };
    view! {
        <div class="suggestions" role="listbox" id=id aria-label=i18n::compose::suggestions(lang) hidden=move || offer.list.with(Vec::is_empty)>
            {move || offer.list.get().into_iter().enumerate().map(option.clone()).collect_view()}
        </div>
        <span class="hidden-text" aria-live="polite">
            {move || offer.list.with(|list| (!list.is_empty()).then(|| i18n::compose::suggestion_count(lang, list.len() as u64)))}
        </span>
    }
}

/// What is wrong with the recipients of a field, in words.
#[component]
fn Faults(field: usize) -> impl IntoView {
    let writing: Writing = expect_context();
    let lang = writing.mail.lang;
    let faults = move || {
        writing.recipients[field].with(|chips| {
            let refused = chips.iter().filter(|chip| chip.is_refused());
            refused.map(|chip| view! { <p class="field-error"><Icon name="warning"/><span><strong>{ins::shown(&chip.address.email)}</strong>" "{chip.words(lang)}</span></p> }).collect_view()
        })
    };
    let none = move || !writing.recipients[field].with(|chips| chips.iter().any(Chip::is_refused));
    view! { <div class="recipient-faults" role="alert" hidden=none>{faults}</div> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_read() {
        let address = typed_address("\"Dr Martin\" <m@a.fr>");
        assert_eq!((address.name.as_deref(), address.email.as_str()), (Some("Dr Martin"), "m@a.fr"));
        assert_eq!(typed_address("m@a.fr").name, None);
        assert!(Chip::new(typed_address("m@a")).is_refused());
    }
}
