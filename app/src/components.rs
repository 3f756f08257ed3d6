//! What screens are drawn with. Nothing here knows of mail: components take plain values, `Signal<T>` or `Callback<T>`,
//! never a resource or a store. They write no `style` attribute (the policy forbids it); their looks are in
//! `style/components/<name>.css`, their state in attributes.
//!
//! | need | take |
//! | --- | --- |
//! | an icon of `public/sprite.svg` | `<Icon name="archive"/>` (decoration: always beside a text or in a labelled button) |
//! | a button with words | `<Button variant="primary" icon="send">"Envoyer"</Button>` (`primary`, `plain`, `quiet`, `danger`) |
//! | a button with an icon only | `<IconButton icon="archive" label=… key="e"/>`: label, tooltip and `aria-keyshortcuts` |
//! | a link that looks like a button | `<ButtonLink href=… variant=…>` |
//! | a labelled input | `<Field id name label hint error …/>` |
//! | a tick box, a choice | `<Checkbox …/>`, `<Choice …/>` (select) |
//! | filters, tabs | `<Segments label items/>` (links: they work without WebAssembly) |
//! | a question, a panel | `<Dialog open title on_close>…</Dialog>` (native, modal) |
//! | a list of actions | `<Menu label icon>…</Menu>` (`<details>`: opens without WebAssembly) |
//! | panes that can be resized | `<Splitter variable="--list-width" …/>` |
//! | who | `<Avatar name address kind/>`, `<Badge kind text/>` |
//! | waiting, nothing, failure | `<SkeletonRows/>`, `<EmptyState/>`, `<ErrorState/>`: never one for another |
//! | a remark on the page | `<Notice tone icon>…</Notice>` |
//! | the operator's announcement on top of every page | `<SiteBanner banner/>` |
//! | confirmations with undo | `<Toasts items on_close/>`, once, at the end of `App` |
//! | progress of a transfer | `<Progress value label/>` |
//! | the first link of a page | `<SkipLink/>` |
//!
//! All of them work before hydration, as far as a form, a link or `<details>` can.

mod avatar;
mod button;
mod dialog;
mod field;
mod icon;
mod menu;
mod notice;
mod segments;
mod splitter;
mod states;
mod toast;

pub use avatar::{Avatar, Badge};
pub use button::{Button, ButtonLink, IconButton};
pub use dialog::Dialog;
pub use field::{Checkbox, Choice, Field, TextArea, textarea_inside};
pub use icon::Icon;
pub use menu::Menu;
pub use notice::{Notice, Progress, SiteBanner, SkipLink};
pub use segments::{Segment, Segments};
pub use splitter::Splitter;
pub use states::{EmptyState, ErrorState, SkeletonRows};
pub use toast::{Toast, Toasts};
