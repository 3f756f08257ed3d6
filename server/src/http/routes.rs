//! THE table of routes: method, path, who may, what kind of answer, handler. The router, the OpenAPI document and the
//! authorisation test are made from it; a test refuses routes declared anywhere else.

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    middleware::{self, Next},
    routing::{MethodRouter, delete, get, patch, post},
};
use wire::portal::Action;

use super::account_pages::{
    access, applications, browsers, confirm, contacts, delegations, devices, drafts, export, outside,
    passkeys as own_passkeys, password, security, structures,
};
use super::{
    account_pages, all_boxes, approval, assets, body, directory, download, events, forms, health, jmap, layers, offer,
    openapi, opening, operator_pages, pages, passkeys, patient_pages, portal_pages, print, psc, public, recovery_pages,
    sign_in, structure_offer,
};
use crate::{portal, state::State};

/// Who may use a row. The guard asks before the handler runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everyone.
    Public,
    /// Whoever is signed in, even before the terms of service are accepted.
    BeforeCgu,
    /// Whoever is signed in; what is answered is about them.
    SignedIn,
    /// Whoever is signed in; which BAL is touched stands in the body, and the use case asks for the right.
    InBody,
    /// Who works for the operator, in a session. For everybody else who is signed in there is no such page.
    Staff,
    /// Who administers the structure `{structure}` of the path, in a session. For everybody else there is no such page.
    Administrator,
    /// Who has this right over the BAL `{account}` of the path.
    Account(Action),
}

/// What kind of answer a row gives: it decides the security policy and how refusals look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A page: refusals are pages, and sign-in for who is not.
    Page,
    /// The post of a page's form: the same.
    Form,
    /// JSON: refusals are problem documents.
    Api,
    /// One message in its frame.
    Frame,
    /// Bytes that the browser saves.
    Download,
    /// Events without end.
    Stream,
    /// Files of the site.
    Asset,
}

/// One row.
#[derive(Debug)]
pub struct Route {
    pub method: &'static str,
    pub path: &'static str,
    pub access: Access,
    pub kind: Kind,
    /// Name in logs, counters and the OpenAPI document.
    pub id: &'static str,
    pub summary: &'static str,
    /// Octets of the body at most.
    pub body: usize,
}

impl Route {
    /// May the program of a structure ask for it? The mail API and nothing else: no page ever.
    pub fn is_for_software(&self) -> bool {
        self.path.starts_with("/jmap") || self.path == "/.well-known/jmap"
    }

    /// How long an answer may take to begin.
    pub fn seconds(&self) -> u64 {
        if self.body > SMALL { 600 } else { 60 }
    }
}

/// Bodies of forms and small JSON.
const SMALL: usize = 64 * 1024;
/// Bodies that their handler counts by itself, to refuse them as RFC 8620 says.
const COUNTED: usize = 1024 * 1024 * 1024;
/// The composer's form with its files.
const COMPOSED: usize = wire::limits::MESSAGE_OCTETS as usize + 1024 * 1024;

macro_rules! body {
    () => {
        SMALL
    };
    ($octets:expr) => {
        $octets
    };
}

macro_rules! routes {
    ($($verb:ident $method:literal $path:literal $kind:ident $access:expr, $id:literal, $handler:expr, $summary:literal $(, $octets:expr)?;)*) => {
        /// Every route of the web listener.
        pub const ROUTES: &[Route] = &[$(Route {
            method: $method,
            path: $path,
            access: $access,
            kind: Kind::$kind,
            id: $id,
            summary: $summary,
            body: body!($($octets)?),
        }),*];

        fn handlers() -> Vec<MethodRouter<State>> {
            vec![$($verb($handler)),*]
        }
    };
}

use Access::{Account, Administrator, BeforeCgu, InBody, Public, SignedIn, Staff};

routes! {
    get "GET" "/" Page Public, "home", public::home, "The public home";
    get "GET" "/aide" Page Public, "help", portal_pages::help, "Help and questions";
    get "GET" "/configurations" Page Public, "requirements", portal_pages::requirements, "What is needed to use the service";
    get "GET" "/securite" Page Public, "security-advice", portal_pages::security, "Security advice";
    get "GET" "/mentions-legales" Page Public, "legal", portal_pages::legal, "Legal notice and processors";
    get "GET" "/confidentialite" Page Public, "privacy", portal_pages::privacy, "Privacy notice";
    get "GET" "/patients" Page Public, "patients", portal_pages::patients, "Information for patients, and its template";
    get "GET" "/patients/modele.rtf" Download Public, "patients-template", portal_pages::patients_template, "The template, to fill in";
    get "GET" "/cookies" Page Public, "cookies", portal_pages::cookies, "Every cookie that may be set";
    get "GET" "/accessibilite" Page Public, "accessibility", portal_pages::accessibility, "Accessibility statement";
    get "GET" "/etat" Page Public, "status", portal_pages::status, "How the service is";
    get "GET" "/cgu" Page Public, "cgu", portal_pages::cgu, "Terms of service in force, earlier and coming ones";
    get "GET" "/cgu/{version}" Page Public, "cgu-version", portal_pages::cgu_version, "One version of the terms of service";
    get "GET" "/cgu/{version}/texte" Download Public, "cgu-text", portal_pages::cgu_text, "One version as text, to keep";
    get "GET" "/cgu/accepter" Page BeforeCgu, "cgu-form", portal_pages::cgu_form, "Asks to accept the terms of service";
    post "POST" "/cgu/accepter" Form BeforeCgu, "cgu-accept", portal_pages::cgu_accept, "Accepts the terms of service";
    get "GET" "/contact" Page Public, "contact", portal_pages::contact, "Contacts, opening hours, form";
    post "POST" "/contact" Form Public, "contact-write", portal_pages::contact_write, "Writes to support";
    post "POST" "/langue" Form Public, "language", public::language, "Keeps the language of who is not signed in";
    get "GET" "/connexion" Page Public, "sign-in-form", sign_in::form, "Form of the password";
    post "POST" "/connexion" Form Public, "sign-in-password", sign_in::password, "Checks the password, sends a code";
    get "GET" "/connexion/code" Page Public, "sign-in-code-form", sign_in::code_form, "Form of the code";
    post "POST" "/connexion/code" Form Public, "sign-in-code", sign_in::code, "Checks the code, begins a session";
    post "POST" "/connexion/code/renvoyer" Form Public, "sign-in-resend", sign_in::resend, "Sends a new code";
    get "GET" "/connexion/code/attente" Api Public, "sign-in-approval", sign_in::approval_state, "How the approval stands that this browser waits for";
    post "POST" "/connexion/cle/options" Api Public, "passkey-options", passkeys::options, "What an authenticator is asked at sign-in";
    post "POST" "/connexion/cle" Form Public, "passkey-sign-in", passkeys::sign_in, "Checks a passkey's signature, begins a session";
    get "GET" "/connexion/psc" Page Public, "psc-start", psc::start, "To the identity provider";
    get "GET" "/connexion/psc/retour" Page Public, "psc-return", psc::back, "Back from the identity provider: a session, or the opening of a BAL";
    get "GET" "/connexion/psc/sortie" Page Public, "psc-left", psc::left, "Signed out at the identity provider";
    get "GET" "/inscription" Page Public, "opening", opening::start, "What it takes to open a BAL, or the step one had come to";
    get "GET" "/inscription/fin" Page SignedIn, "opening-ready", opening::ready, "The BAL is ready";
    get "GET" "/inscription/{step}" Page Public, "opening-step", opening::step, "One step of opening a BAL";
    post "POST" "/inscription/{step}" Form Public, "opening-step-set", opening::post, "Passes one step of opening a BAL";
    get "GET" "/annuaire" Page SignedIn, "directory", directory::form, "Form of the directory";
    post "POST" "/annuaire" Form SignedIn, "directory-search", directory::search, "Who answers what was asked of the directory";
    get "GET" "/connexion/oubli" Page Public, "recovery-form", recovery_pages::forgot_form, "Form of a lost access";
    post "POST" "/connexion/oubli" Form Public, "recovery-ask", recovery_pages::forgot, "Sends a link of recovery";
    get "GET" "/connexion/suspendre" Page Public, "suspend-form", recovery_pages::suspend_form, "Form of a suspension";
    post "POST" "/connexion/suspendre" Form Public, "suspend-ask", recovery_pages::suspend, "Sends a link that suspends";
    get "GET" "/connexion/lien/{token}" Page Public, "recovery-link", recovery_pages::link_form, "What a link is for";
    post "POST" "/connexion/lien/{token}" Form Public, "recovery-link-use", recovery_pages::link, "Suspends, or goes on to the second proof";
    get "GET" "/connexion/preuve" Page Public, "recovery-proof-form", recovery_pages::proof_form, "Form of the second proof";
    post "POST" "/connexion/preuve" Form Public, "recovery-proof", recovery_pages::proof, "Checks the second proof";
    post "POST" "/connexion/preuve/renvoyer" Form Public, "recovery-proof-renew", recovery_pages::proof_renew, "Another code or means";
    get "GET" "/connexion/nouveau-mot-de-passe" Page Public, "recovery-password-form", recovery_pages::password_form, "Form of the new password";
    post "POST" "/connexion/nouveau-mot-de-passe" Form Public, "recovery-password", recovery_pages::password, "Keeps the new password, closes all sessions";
    post "POST" "/deconnexion" Form BeforeCgu, "sign-out-form", sign_in::sign_out, "Ends the session, or all of them";

    get "GET" "/compte" Page SignedIn, "account", account_pages::overview, "One's own account";
    get "GET" "/compte/confirmer" Page BeforeCgu, "account-confirm-form", confirm::confirm_form, "Asks again who one is";
    post "POST" "/compte/confirmer" Form BeforeCgu, "account-confirm", confirm::confirm, "Checks the password, asks for the second proof";
    get "GET" "/compte/confirmer/code" Page BeforeCgu, "account-confirm-code-form", confirm::confirm_code_form, "Form of the second proof";
    post "POST" "/compte/confirmer/code" Form BeforeCgu, "account-confirm-code", confirm::confirm_code, "Checks the second proof";
    post "POST" "/compte/confirmer/code/renvoyer" Form BeforeCgu, "account-confirm-renew", confirm::confirm_renew, "Another code or means";
    post "POST" "/compte/confirmer/cle/options" Api BeforeCgu, "account-confirm-key-options", confirm::passkey_options, "What an authenticator is asked to confirm";
    post "POST" "/compte/confirmer/cle" Form BeforeCgu, "account-confirm-key", confirm::passkey, "Checks a passkey's signature";
    get "GET" "/compte/mot-de-passe" Page SignedIn, "account-password-form", password::password_form, "Form of the password";
    post "POST" "/compte/mot-de-passe" Form SignedIn, "account-password", password::password, "Measures or changes the password";
    get "GET" "/compte/contacts" Page SignedIn, "account-contacts-form", contacts::contacts_form, "Ordinary address and mobile";
    post "POST" "/compte/contacts" Form SignedIn, "account-contacts", contacts::contacts, "Verifies a new contact, or removes the mobile";
    get "GET" "/compte/contacts/code" Page SignedIn, "account-contact-code-form", contacts::contact_code_form, "Form of the code of a contact";
    post "POST" "/compte/contacts/code" Form SignedIn, "account-contact-code", contacts::contact_code, "Keeps a verified contact";
    post "POST" "/compte/contacts/code/renvoyer" Form SignedIn, "account-contact-renew", contacts::contact_renew, "Another code to the contact";
    get "GET" "/compte/appareils" Page SignedIn, "account-devices", devices::devices_form, "Enrolled devices";
    post "POST" "/compte/appareils" Form SignedIn, "account-device-add", devices::device_add, "Begins to enrol a device";
    post "POST" "/compte/appareils/confirmer" Form SignedIn, "account-device-confirm", devices::device_confirm, "Enrols a device by its first code";
    post "POST" "/compte/appareils/retirer" Form SignedIn, "account-device-remove", devices::device_remove, "Removes a device";
    post "POST" "/compte/appareils/cle/options" Api SignedIn, "account-passkey-options", own_passkeys::options, "What an authenticator is asked to enrol it";
    post "POST" "/compte/appareils/cle" Form SignedIn, "account-passkey-add", own_passkeys::add, "Enrols a passkey";
    post "POST" "/compte/appareils/cle/retirer" Form SignedIn, "account-passkey-remove", own_passkeys::remove, "Removes a passkey";
    post "POST" "/compte/appareils/navigateur" Form SignedIn, "account-browser-add", browsers::add, "Enrols this browser to approve sign-ins";
    post "POST" "/compte/appareils/navigateur/retirer" Form SignedIn, "account-browser-remove", browsers::remove, "Removes a browser that approves";
    get "GET" "/compte/approbation" Page Public, "approval", approval::page, "What an enrolled browser is asked to approve";
    get "GET" "/compte/approbation/attente" Api Public, "approval-waiting", approval::waiting, "Which requests wait for this browser";
    post "POST" "/compte/approbation" Form Public, "approval-answer", approval::answer, "Approves or refuses a sign-in";
    get "GET" "/compte/applications" Page SignedIn, "account-tokens", applications::applications_form, "Application passwords";
    post "POST" "/compte/applications" Form SignedIn, "account-token-add", applications::application_add, "Makes an application password";
    post "POST" "/compte/applications/retirer" Form SignedIn, "account-token-end", applications::application_end, "Ends an application password";
    get "GET" "/compte/securite" Page SignedIn, "account-security", security::security, "What was done about the access";
    get "GET" "/compte/acces" Page SignedIn, "access-log", access::start, "Which access log one may read";
    get "GET" "/compte/acces/{account}" Page Account(Action::Manage), "access-log-of", access::page, "Who did what in a BAL, and when";
    get "GET" "/compte/acces/{account}/journal.csv" Download Account(Action::Manage), "access-log-export", access::export, "The same as a file";
    get "GET" "/compte/signature" Page SignedIn, "account-signature-form", outside::signature_form, "Signatures";
    post "POST" "/compte/signature" Form InBody, "account-signature", outside::signature, "Keeps a signature";
    get "GET" "/compte/accuses" Page SignedIn, "account-receipts-form", outside::receipts_form, "Receipts of reading";
    post "POST" "/compte/accuses" Form InBody, "account-receipts", outside::receipts, "Keeps what a BAL wishes about receipts";
    get "GET" "/compte/notifications" Page SignedIn, "account-notices-form", outside::notifications_form, "Notices of new mail";
    post "POST" "/compte/notifications" Form SignedIn, "account-notices", outside::notifications, "Keeps what one wants to be told";
    get "GET" "/compte/annuaire" Page SignedIn, "account-directory-form", outside::directory_form, "What the directory shows";
    post "POST" "/compte/annuaire" Form InBody, "account-directory", outside::directory, "Sets what the directory shows";
    get "GET" "/compte/delegations" Page SignedIn, "delegations", delegations::list, "Who may open one's BALs, and those of others one may open";
    post "POST" "/compte/delegations" Form InBody, "delegation-act", delegations::act, "Renews, limits, ends a delegation, or gives it up";
    get "GET" "/compte/delegations/inviter" Page SignedIn, "delegation-invite-form", delegations::invite_form, "Form of an invitation to a BAL";
    post "POST" "/compte/delegations/inviter" Form InBody, "delegation-invite", delegations::invite, "Invites somebody into a BAL";
    get "GET" "/delegation/{token}" Page Public, "delegation-offer", offer::show, "What the link of an invitation shows";
    post "POST" "/delegation/{token}" Form Public, "delegation-answer", offer::answer, "Accepts or refuses an invitation";
    get "GET" "/compte/structure" Page SignedIn, "structures", structures::list, "The structures one is in";
    post "POST" "/compte/structure" Form SignedIn, "structure-take-up", structures::take_up, "Accepts to administer a structure";
    get "GET" "/compte/structure/{structure}" Page Administrator, "structure", structures::home, "A structure, for who administers it";
    post "POST" "/compte/structure/{structure}" Form Administrator, "structure-act", structures::act, "Invites, gives, groups, names, lets go";
    get "GET" "/compte/structure/{structure}/personne/{member}" Page Administrator, "structure-person", structures::person, "What somebody may do in a structure";
    get "GET" "/compte/structure/{structure}/groupe/{group}" Page Administrator, "structure-group", structures::group, "What a group may do in a structure";
    get "GET" "/compte/structure/{structure}/revue" Page Administrator, "structure-review", structures::review::form, "The yearly review of a structure";
    post "POST" "/compte/structure/{structure}/revue" Form Administrator, "structure-review-act", structures::review::act, "Confirms a mailbox or a person, or not";
    get "GET" "/compte/structure/{structure}/revue.csv" Download Administrator, "structure-review-report", structures::review::report, "The review as a file";
    get "GET" "/compte/structure/{structure}/logiciels" Page Administrator, "structure-software", structures::software::form, "The secrets of a structure's programs";
    post "POST" "/compte/structure/{structure}/logiciels" Form Administrator, "structure-software-act", structures::software::act, "Makes, replaces, ends secrets of programs";
    get "GET" "/compte/structure/{structure}/modeles" Page Administrator, "structure-templates", structures::templates::form, "Templates of messages to patients of a structure";
    post "POST" "/compte/structure/{structure}/modeles" Form Administrator, "structure-templates-act", structures::templates::act, "Keeps or deletes a template of a structure";
    get "GET" "/structure/{token}" Page Public, "structure-offer", structure_offer::show, "What the link of an invitation into a structure shows";
    post "POST" "/structure/{token}" Form Public, "structure-answer", structure_offer::answer, "Accepts or refuses an invitation into a structure";
    get "GET" "/compte/brouillons" Page SignedIn, "drafts-to-approve", drafts::list, "Drafts that wait for an approval";
    post "POST" "/compte/brouillons" Form InBody, "draft-decide", drafts::act, "Approves or returns a draft, or takes it back";
    post "POST" "/compte/exporter" Form InBody, "account-export", export::mbox, "A copy of every message of an account";
    get "GET" "/compte/fermer" Page BeforeCgu, "account-closing-form", outside::closing_form, "The end of an account";
    post "POST" "/compte/fermer" Form BeforeCgu, "account-closing", outside::closing, "Asks for the end of an account, or takes it back";
    get "GET" "/compte/sessions" Page SignedIn, "account-sessions", account_pages::sessions, "Where one is signed in";
    post "POST" "/compte/sessions" Form SignedIn, "account-session-end", account_pages::end_session, "Ends one session";
    get "GET" "/compte/preferences" Page SignedIn, "account-preferences", account_pages::preferences, "Form of the preferences";
    post "POST" "/compte/preferences" Form SignedIn, "account-preferences-set", portal::preferences::post, "Keeps preferences";

    get "GET" "/admin/file" Page Staff, "operator-queue", operator_pages::queue, "Mail that waits for other operators";
    post "POST" "/admin/file" Form Staff, "operator-queue-act", operator_pages::act, "Retries, holds, releases or drops what waits";
    get "GET" "/admin/confiance" Page Staff, "operator-trust", operator_pages::trust, "How it stands with trust";
    get "GET" "/admin/structures" Page Staff, "operator-structures", operator_pages::structures::form, "Structures, their mailboxes and who administers them";
    post "POST" "/admin/structures" Form Staff, "operator-structures-act", operator_pages::structures::act, "Makes a structure or a mailbox, names who administers";

    get "GET" "/courrier" Page SignedIn, "mail", pages::home, "To the first inbox";
    get "GET" "/courrier/toutes" Page SignedIn, "mail-all", all_boxes::show, "One inbox over all BALs";
    get "GET" "/courrier/{account}" Page Account(Action::Read), "mail-account", pages::account, "To the inbox of an account";
    get "GET" "/courrier/{account}/patients" Page Account(Action::Read), "patient-list", patient_pages::list, "The patients that a BAL writes with";
    get "GET" "/courrier/{account}/patients/ajouter" Page Account(Action::Send), "patient-add-form", patient_pages::add_form, "Form of a new patient";
    post "POST" "/courrier/{account}/patients/ajouter" Form Account(Action::Send), "patient-add", patient_pages::add, "Adds a patient by INS and traits";
    get "GET" "/courrier/{account}/patients/reglages" Page Account(Action::Manage), "patient-rules-form", patient_pages::rules_form, "What a BAL says to patients";
    post "POST" "/courrier/{account}/patients/reglages" Form Account(Action::Manage), "patient-rules", patient_pages::rules, "Sets what a BAL says to patients";
    get "GET" "/courrier/{account}/patients/modeles" Page Account(Action::Draft), "patient-templates-form", patient_pages::templates::form, "Templates of messages to patients";
    post "POST" "/courrier/{account}/patients/modeles" Form Account(Action::Draft), "patient-templates", patient_pages::templates::act, "Keeps or deletes a template";
    get "GET" "/courrier/{account}/patients/note" Page Account(Action::Read), "patient-note", patient_pages::papers::note, "The information note, to print";
    get "GET" "/courrier/{account}/patients/registre.csv" Download Account(Action::Manage), "patient-register", patient_pages::files::register, "Information, consents and oppositions as a file";
    get "GET" "/courrier/{account}/patients/{patient}" Page Account(Action::Read), "patient", patient_pages::sheet::show, "Everything about a patient in a BAL";
    post "POST" "/courrier/{account}/patients/{patient}" Form Account(Action::Send), "patient-act", patient_pages::sheet::act, "Closes, reopens, notes in the register";
    get "GET" "/courrier/{account}/patients/{patient}/identite" Page Account(Action::Send), "patient-change-form", patient_pages::change_form, "Form of a patient's traits";
    post "POST" "/courrier/{account}/patients/{patient}/identite" Form Account(Action::Send), "patient-change", patient_pages::change, "Changes a patient's traits";
    get "GET" "/courrier/{account}/patients/{patient}/ecrire" Page Account(Action::Send), "patient-write-form", patient_pages::writing::form, "Form of a message to a patient";
    post "POST" "/courrier/{account}/patients/{patient}/ecrire" Form Account(Action::Send), "patient-write", patient_pages::writing::send, "Sends a message to a patient", COMPOSED;
    get "GET" "/courrier/{account}/patients/{patient}/opposition" Page Account(Action::Read), "patient-opposition", patient_pages::papers::opposition, "The letter that answers an opposition, to print";
    get "GET" "/courrier/{account}/patients/{patient}/dossier.csv" Download Account(Action::Manage), "patient-export", patient_pages::files::sheet, "A patient's sheet with the history of accesses";
    get "GET" "/courrier/{account}/patients/{patient}/messages.mbox" Download Account(Action::Manage), "patient-messages", patient_pages::files::messages, "All messages with a patient";
    get "GET" "/courrier/{account}/patients/{patient}/supprimer" Page Account(Action::Manage), "patient-delete-form", patient_pages::sheet::delete_form, "Asks before a patient is deleted";
    post "POST" "/courrier/{account}/patients/{patient}/supprimer" Form Account(Action::Manage), "patient-delete", patient_pages::sheet::delete, "Deletes what may be deleted of a patient";
    get "GET" "/courrier/{account}/imprimer/{thread}" Page Account(Action::Read), "mail-print", print::conversation, "A conversation for paper; that it is printed is traced";
    get "GET" "/courrier/{account}/{*place}" Page Account(Action::Read), "mail-page", pages::mail, "The mail pages";

    post "POST" "/courrier/faire" Form InBody, "mail-act", forms::act, "Does what a form of the mail pages asks", COMPOSED;
    post "POST" "/courrier/chercher" Form InBody, "mail-search", forms::seek, "Saves a search";
    get "GET" "/corps/{account}/{email}" Frame Account(Action::Read), "mail-body", body::body, "One message, for its frame";
    get "GET" "/telecharger/{account}/{email}/{part}" Download Account(Action::Read), "mail-download", download::part, "A message or one of its parts";

    get "GET" "/.well-known/jmap" Api SignedIn, "jmap-discovery", jmap::session, "The JMAP session object (RFC 8620 §2.2)";
    get "GET" "/jmap/session" Api SignedIn, "jmap-session", jmap::session, "The JMAP session object (RFC 8620 §2)";
    post "POST" "/jmap" Api InBody, "jmap", jmap::api, "JMAP requests (RFC 8620 §3)", COUNTED;
    post "POST" "/jmap/upload/{account}" Api Account(Action::Draft), "jmap-upload", jmap::upload, "Uploads a blob (RFC 8620 §6.1)", COUNTED;
    get "GET" "/jmap/download/{account}/{blob}/{name}" Download Account(Action::Read), "jmap-download", download::blob, "Downloads a blob (RFC 8620 §6.2)";
    get "GET" "/jmap/events" Stream SignedIn, "jmap-events", events::events, "Changes as they happen (RFC 8620 §7.3)";

    get "GET" "/api/me" Api SignedIn, "me", portal::me::get, "Who is signed in, with their accounts";
    patch "PATCH" "/api/me/preferences" Api SignedIn, "me-preferences", portal::preferences::patch, "Changes preferences";
    post "POST" "/api/session/stay" Api SignedIn, "session-stay", portal::sessions::stay, "Keeps the session alive";
    get "GET" "/api/sessions" Api SignedIn, "sessions", portal::sessions::get, "Where one is signed in";
    delete "DELETE" "/api/sessions/{session}" Api SignedIn, "session-end", portal::sessions::delete, "Ends one session";
    get "GET" "/api/delegations" Api SignedIn, "delegations-received", portal::delegation::received, "The BALs of others that one may open";
    get "GET" "/api/accounts/{account}/delegations" Api Account(Action::Manage), "delegations-given", portal::delegation::given, "Who may open a BAL";
    delete "DELETE" "/api/accounts/{account}/delegations/{delegation}" Api Account(Action::Manage), "delegation-end", portal::delegation::end, "Ends a delegation at once";
    post "POST" "/api/accounts/{account}/reviews" Api Account(Action::Draft), "draft-hand-in", portal::delegation::hand_in, "Hands a draft in for somebody who may send";
    post "POST" "/api/sign-out" Api BeforeCgu, "sign-out", portal::sessions::sign_out, "Ends the session, or all of them";
    get "GET" "/api/openapi.json" Api Public, "openapi", openapi::get, "This document";

    get "GET" "/assets/{*path}" Asset Public, "asset", assets::serve, "Files of the site";
    get "GET" "/healthz" Api Public, "alive", health::alive, "The process lives";
    get "GET" "/readyz" Api Public, "ready", health::ready, "The service can answer";
}

/// The whole web service.
pub fn router(state: State) -> Router {
    let mut router = Router::new();
    for (route, handler) in ROUTES.iter().zip(handlers()) {
        let guard = middleware::from_fn(layers::guarding(state.clone(), route));
        let handler = handler.route_layer(guard).route_layer(DefaultBodyLimit::max(route.body));
        router = router.route(route.path, handler);
    }
    let (missing, wrong, outside) = (state.clone(), state.clone(), state.clone());
    router
        .fallback(move |request: Request| layers::unmatched(missing.clone(), request))
        .method_not_allowed_fallback(move |request: Request| layers::wrong_method(wrong.clone(), request))
        .layer(middleware::from_fn(move |request: Request, next: Next| layers::outside(outside.clone(), request, next)))
        .with_state(state)
}

/// What the listener of the counters answers.
pub fn metrics_router(state: State) -> Router {
    Router::new().route("/metrics", get(health::metrics)).with_state(state)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn rows_are_distinct_and_named() {
        let rows: HashSet<_> = ROUTES.iter().map(|route| (route.method, route.path)).collect();
        let ids: HashSet<_> = ROUTES.iter().map(|route| route.id).collect();
        assert_eq!((rows.len(), ids.len()), (ROUTES.len(), ROUTES.len()));
    }

    #[test]
    fn a_path_with_a_structure_asks_for_its_administrator() {
        for route in ROUTES {
            let named = route.path.contains("{structure}");
            assert_eq!(named, route.access == Access::Administrator, "{} {}", route.method, route.path);
        }
    }

    #[test]
    fn a_path_with_an_account_asks_for_a_right_over_it() {
        for route in ROUTES {
            let named = route.path.contains("{account}");
            assert_eq!(named, matches!(route.access, Access::Account(_)), "{} {}", route.method, route.path);
        }
    }
}
