//! What a submitted form holds.

use wasm_bindgen::JsCast;
use web_sys::{Event, FormData, HtmlFormElement, SubmitEvent};

/// A form about to be sent: where to, its fields and the button that was pressed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Submitted {
    pub action: String,
    pub fields: Vec<(String, String)>,
}

impl Submitted {
    /// Reads a submit event; none when it is not one.
    pub fn read(event: &Event) -> Option<Self> {
        let event: &SubmitEvent = event.dyn_ref()?;
        let form: HtmlFormElement = event.target()?.dyn_into().ok()?;
        let data = FormData::new_with_form(&form).ok()?;
        let mut fields = Vec::new();
        // FormData is iterable: [name, value]; files are not strings and stay out.
        for entry in js_sys::try_iter(&data).ok()??.flatten() {
            let pair: js_sys::Array = entry.dyn_into().ok()?;
            if let (Some(name), Some(value)) = (pair.get(0).as_string(), pair.get(1).as_string()) {
                fields.push((name, value));
            }
        }
        if let Some(button) = event.submitter() {
            let name = button.get_attribute("name").unwrap_or_default();
            if !name.is_empty() {
                fields.push((name, button.get_attribute("value").unwrap_or_default()));
            }
        }
        Some(Self { action: form.get_attribute("action").unwrap_or_default(), fields })
    }

    /// The last value of a field.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().rfind(|field| field.0 == name).map(|field| field.1.as_str())
    }

    /// Every value of a field.
    pub fn all<'a>(&'a self, name: &'static str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |field| field.0 == name).map(|field| field.1.as_str())
    }
}
