//! Form fields: label, hint and error belong to the input (`aria-describedby`), the error is said when it appears.

use leptos::prelude::*;

use super::Icon;

/// One input with its label. The hint and the error are read with it.
#[component]
pub fn Field(
    /// Unique on the page.
    #[prop(into)]
    id: String,
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(default = "text")] kind: &'static str,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional, into)] error: Signal<Option<String>>,
    #[prop(optional, into)] autocomplete: Option<&'static str>,
    #[prop(optional, into)] inputmode: Option<&'static str>,
    #[prop(optional, into)] pattern: Option<&'static str>,
    #[prop(optional, into)] maxlength: Option<&'static str>,
    #[prop(optional)] required: bool,
    #[prop(optional)] autofocus: bool,
    #[prop(optional)] on_input: Option<Callback<String>>,
) -> impl IntoView {
    let (hint_id, error_id) = (id.clone() + "-aide", id.clone() + "-erreur");
    let has_hint = hint.is_some();
    let described = {
        let (hint_id, error_id) = (hint_id.clone(), error_id.clone());
        move || match (has_hint, error.with(Option::is_some)) {
            (true, true) => Some([&error_id, " ", &hint_id].concat()),
            (false, true) => Some(error_id.clone()),
            (true, false) => Some(hint_id.clone()),
            (false, false) => None,
        }
    };
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <input
                id=id
                name=name
                type=kind
                value=value
                autocomplete=autocomplete
                inputmode=inputmode
                pattern=pattern
                maxlength=maxlength
                required=required
                autofocus=autofocus
                spellcheck="false"
                autocapitalize="off"
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                aria-describedby=described
                on:input:target=move |event| {
                    if let Some(callback) = on_input {
                        callback.run(event.target().value());
                    }
                }
            />
            <p class="field-error" id=error_id role="alert" hidden=move || error.with(Option::is_none)>
                <Icon name="warning"/>
                <span>{move || error.get()}</span>
            </p>
            {hint.map(|hint| view! { <p class="field-hint" id=hint_id>{hint}</p> })}
        </div>
    }
}

/// A text as the inside of a `<textarea>`, whose children Leptos does not escape. HTML leaves out a first line end, so
/// there is always one more.
pub fn textarea_inside(text: &str) -> String {
    ["\n", &text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")].concat()
}

/// Several lines of text with their label; what is said of them is read with them.
#[component]
pub fn TextArea(
    /// Unique on the page.
    #[prop(into)]
    id: String,
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(into)] value: String,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional_no_strip)] error: Option<String>,
    #[prop(default = "6")] rows: &'static str,
    maxlength: &'static str,
    #[prop(optional)] required: bool,
) -> impl IntoView {
    let (hint_id, error_id) = ([&id, "-aide"].concat(), [&id, "-erreur"].concat());
    let described: Vec<&str> = [(error.is_some(), error_id.as_str()), (hint.is_some(), hint_id.as_str())]
        .into_iter()
        .filter_map(|(said, id)| said.then_some(id))
        .collect();
    let described = (!described.is_empty()).then(|| described.join(" "));
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <textarea
                id=id
                name=name
                rows=rows
                maxlength=maxlength
                required=required
                aria-invalid=error.is_some().then_some("true")
                aria-describedby=described
                inner_html=textarea_inside(&value)
            ></textarea>
            {error.map(|said| view! { <p class="field-error" id=error_id role="alert"><Icon name="warning"/><span>{said}</span></p> })}
            {hint.map(|hint| view! { <p class="field-hint" id=hint_id>{hint}</p> })}
        </div>
    }
}

/// A tick box with its words.
#[component]
pub fn Checkbox(
    #[prop(into)] id: String,
    #[prop(into)] name: String,
    #[prop(default = "oui".into(), into)] value: String,
    #[prop(into)] label: String,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional)] checked: bool,
    /// Follows a signal after hydration.
    #[prop(optional, into)]
    state: Option<Signal<bool>>,
    #[prop(optional)] on_change: Option<Callback<bool>>,
) -> impl IntoView {
    let hint_id = id.clone() + "-aide";
    let described = hint.is_some().then(|| hint_id.clone());
    view! {
        <div class="checkbox">
            <input
                id=id.clone()
                type="checkbox"
                name=name
                value=value
                checked=checked
                prop:checked=move || state.map_or(checked, |state| state.get())
                aria-describedby=described
                on:change:target=move |event| {
                    if let Some(callback) = on_change {
                        callback.run(event.target().checked());
                    }
                }
            />
            <label for=id>{label}</label>
            {hint.map(|hint| view! { <p class="field-hint" id=hint_id>{hint}</p> })}
        </div>
    }
}

/// One of several: a native list. `options` are (value, words).
#[component]
pub fn Choice(
    #[prop(into)] id: String,
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    options: Vec<(String, String)>,
    #[prop(into)] selected: String,
) -> impl IntoView {
    let options = options
        .into_iter()
        .map(|(value, words)| {
            let chosen = value == selected;
            view! { <option value=value selected=chosen>{words}</option> }
        })
        .collect_view();
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <select id=id name=name>{options}</select>
        </div>
    }
}
