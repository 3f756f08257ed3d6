//! The mail screen: one page that follows its address. The first sight is asked for once, on the server; what comes
//! after is in `state`.

mod composer;
mod delivery;
mod dialogs;
mod exchange;
mod folders;
mod forms;
mod keys;
pub mod later;
mod list;
mod message;
mod palette;
mod reading;
mod row;
mod sidebar;
mod team;
mod team_page;

use leptos::{
    prelude::*,
    server::codee::{Decoder, Encoder},
    task::spawn_local,
};
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};
use serde::{Serialize, de::DeserializeOwned};
use wire::Problem;

use crate::{
    api::Api,
    app::{Place, Start},
    browser::{self, clock, frame},
    components::{ErrorState, SkeletonRows, SkipLink, Splitter, Toasts},
    format, i18n,
    state::{
        Mail,
        opening::{Opening, open},
        use_mail,
    },
};

/// How the opening stands in the page: JSON, read as all other JSON is.
struct Plain;

impl<T: Serialize> Encoder<T> for Plain {
    type Error = serde_json::Error;
    type Encoded = String;

    fn encode(value: &T) -> Result<String, Self::Error> {
        serde_json::to_string(value)
    }
}

impl<T: DeserializeOwned> Decoder<T> for Plain {
    type Error = serde_json::Error;
    type Encoded = str;

    fn decode(text: &str) -> Result<T, Self::Error> {
        wire::read(text)
    }
}

/// Everything under `/courrier`.
#[component]
pub fn Courrier() -> impl IntoView {
    provide_meta_context();
    let (location, lang, api) = (use_location(), i18n::lang(), Api::from_context());
    let place = Memo::new(move |_| location.pathname.with(|path| location.query.with(|query| Place::read(path, query))));
    let said = location.query.read_untracked().get_str("dit").and_then(|code| i18n::said(lang, code, 1));
    let go = use_navigate();
    let navigate = Callback::new(move |to: String| go(&to, NavigateOptions { scroll: false, ..NavigateOptions::default() }));
    let asked = (api.clone(), place.get_untracked());
    // Once: what follows is asked for by `state`, which keeps what is on screen meanwhile.
    let opening: Resource<_, Plain> =
        Resource::new_with_options(|| (), move |()| open(asked.0.clone(), asked.1.clone(), lang), true);
    view! {
        <Suspense>
            {move || {
                let (api, said) = (api.clone(), said.clone());
                Suspend::new(async move {
                    match opening.await {
                        Ok(opening) => view! { <Screen opening=opening api=api place=place navigate=navigate said=said/> }.into_any(),
                        Err(problem) => view! { <Closed problem=problem/> }.into_any(),
                    }
                })
            }}
        </Suspense>
    }
}

/// Nothing can be shown: the account cannot be opened, or the service is away.
#[component]
fn Closed(problem: Problem) -> impl IntoView {
    let lang = i18n::lang();
    let what = i18n::error(lang, problem.code(), &[]);
    view! {
        <Title text=format::page_title(lang, i18n::failed::page(lang))/>
        <main class="reading" id="contenu" tabindex="-1">
            <ErrorState title=i18n::failed::page(lang) what=what request_id=problem.request_id href="/courrier"/>
        </main>
    }
}

#[component]
fn Screen(
    opening: Opening,
    api: Api,
    place: Memo<Place>,
    navigate: Callback<String>,
    said: Option<String>,
) -> impl IntoView {
    let mail = Mail::new(i18n::lang(), api, place, navigate, opening);
    provide_context(mail);
    if let Some(said) = said {
        mail.toasts.say(said);
    }
    follow(mail, place);
    keys::listen(mail);
    browser::print::listen(move || mail.printed());
    let toasts = mail.toasts;
    let alive = RwSignal::new(false);
    Effect::new(move |_| {
        spawn_local(async move {
            later::bring().await;
            alive.set(true);
        });
    });
    view! {
        <SkipLink/>
        <Title text=move || title(mail)/>
        <div
            class="mail"
            data-view=move || place.with(Place::view)
            on:submit=move |event| forms::submitted(mail, &event)
        >
            <sidebar::Sidebar/>
            <Panes alive=alive.into()/>
            <sidebar::BottomBar/>
        </div>
        {move || alive.get().then(later::dialogs)}
        <Toasts
            items=toasts.items
            on_action=Callback::new(move |id| mail.undo(Some(id)))
            on_close=Callback::new(move |id| toasts.close(id))
        />
    }
}

/// What the main pane shows.
#[derive(Clone, Copy, PartialEq)]
enum Main {
    Nothing,
    Thread,
    Compose(Start),
    Folders,
    Team,
}

#[component]
fn Panes(alive: Signal<bool>) -> impl IntoView {
    let mail = use_mail();
    let lang = mail.lang;
    let has_list = Memo::new(move |_| mail.list.key.with(Option::is_some));
    // Another conversation is the same pane: only its content changes.
    let main = Memo::new(move |_| {
        mail.place.with(|place| match place {
            Place::Thread(..) => Main::Thread,
            Place::Compose(_, start) => Main::Compose(*start),
            Place::Folders(_) => Main::Folders,
            Place::Team(_) => Main::Team,
            Place::List(_) | Place::Unknown => Main::Nothing,
        })
    });
    // A page that the server drew with an open message has the parts from the start.
    let here = Memo::new(move |_| alive.get() || later::is_here());
    view! {
        <main class="panes" id="contenu" tabindex="-1">
            <Show when=move || has_list.get()>
                <list::ListPane/>
                <Splitter
                    variable="--list-width"
                    label=i18n::nav::resize_list(lang)
                    width=remembered_width()
                    min=180
                    max=480
                    on_change=Callback::new(|width: i32| browser::storage::write(LIST_WIDTH, &width.to_string()))
                />
            </Show>
            <section class="reading" data-testid="reading-pane" aria-label=i18n::message::title(lang)>
                {move || match main.get() {
                    Main::Nothing => view! { <reading::Nothing/> }.into_any(),
                    _ if !here.get() => view! { <SkeletonRows count=4/> }.into_any(),
                    Main::Thread => later::reading(),
                    Main::Compose(start) => later::composer(start),
                    Main::Folders => later::folders(),
                    Main::Team => later::team(),
                }}
            </section>
        </main>
    }
}

const LIST_WIDTH: &str = "pli:list-width";

/// The width of the list as it was left in this tab: known only once the page is alive.
fn remembered_width() -> Signal<i32> {
    let width = RwSignal::new(260);
    Effect::new(move |_| {
        if let Some(kept) = browser::storage::read(LIST_WIDTH).and_then(|text| text.parse().ok()) {
            width.set(kept);
        }
    });
    width.into()
}

/// Follows the address in the browser, listens to the server and watches the session.
fn follow(mail: Mail, place: Memo<Place>) {
    Effect::new(move |first: Option<()>| {
        let now = place.get();
        if first.is_some() {
            untrack(|| mail.go(&now));
            return;
        }
        let (idle, absolute) = mail.me.with_untracked(|me| (me.idle_seconds, me.absolute_seconds));
        mail.session.watch(mail.api(), idle, absolute);
        mail.begin_team();
        mail.listen();
        frame::attach_all();
        browser::drop_parameter("dit");
        browser::mark_alive();
        clock::after(0, move || mail.opened_thread());
    });
}

fn title(mail: Mail) -> String {
    let lang = mail.lang;
    match mail.place.get() {
        Place::Compose(..) => format::page_title(lang, i18n::compose::title(lang)),
        Place::Folders(_) => format::page_title(lang, i18n::folder::title(lang)),
        Place::Team(_) => format::page_title(lang, i18n::team::title(lang)),
        _ => {
            let unread = mail.mailbox().map_or(0, |mailbox| u64::from(mailbox.unread_threads));
            format::folder_title(lang, unread, &mail.list_name())
        }
    }
}
