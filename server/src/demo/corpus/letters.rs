//! The kinds of letters: who writes them to whom, how they begin, what is
//! attached, how the exchange goes on. The wording is in the submodules.

mod admin;
mod city;
mod hospital;
mod results;
mod specialists;

use super::documents::Nature;
use super::fill::Who;
use super::people::Role;

/// A kind of letter.
pub(super) struct Kind {
    pub from: &'static [Role],
    pub to: &'static [Role],
    /// How often, relative to the others.
    pub weight: u32,
    pub who: Who,
    pub subject: &'static str,
    /// A short message used when the letter itself is attached; may be empty.
    pub cover: &'static str,
    pub body: &'static str,
    /// What is answered, in turn, by the one and by the other.
    pub turns: &'static [&'static str],
    pub files: &'static [File],
    /// Where the recipient files it once read; may be empty.
    pub folder: &'static str,
}

/// A document that goes with a letter.
pub(super) struct File {
    pub nature: Nature,
    /// Out of a hundred letters of the kind.
    pub odds: u32,
    pub name: &'static str,
    pub title: &'static str,
    /// Empty for the letter itself.
    pub source: &'static str,
}

/// The folders of the demonstration.
pub(super) const RESULTS: &str = "Résultats";
pub(super) const CALL_BACK: &str = "À rappeler";
pub(super) const HOMES: &str = "Courriers EHPAD";

/// Kinds that are never empty, for who has none of his own.
pub(super) const ANY: &[Kind] = city::KINDS;

/// Every kind.
pub(super) fn kinds() -> impl Iterator<Item = &'static Kind> {
    [specialists::KINDS, results::KINDS, city::KINDS, hospital::KINDS, admin::KINDS].into_iter().flatten()
}

/// Short answers that suit any exchange, to go on with.
pub(super) const ANSWERS: &[&str] = &[
    "{bonjour}\n\n[Bien reçu, merci.|Merci pour ce retour rapide.|C’est noté, merci.] [Je vous tiens au courant.|Je revois {Pn} {bientot}.|Je transmets à {famille}.]\n\n{salut}",
    "[Oui, tout à fait d’accord.|D’accord avec votre proposition.|Parfait.] [Je m’en charge.|Je fais le nécessaire dès demain.|Je préviens l’infirmier.]\n\n{salut}",
    "{bonjour}\n\nPetite relance au sujet de {Pn} : [avez-vous pu voir ma question ?|le résultat est-il arrivé ?|{famille} m’a rappelé ce matin.]\n\n{salut}",
    "Pardon pour le délai, je [rentre de congés|sors d’une semaine de garde|n’avais pas vu passer votre message]. [Pour {Pn}, rien de neuf de mon côté.|J’ai appelé {Pn}, tout va bien.|Je vous réponds en détail ce soir.]\n\n{salut}",
    "[Vu avec {Pn} au téléphone.|{Pn} est passé{e} au cabinet ce matin.] [Les symptômes ont régressé.|Pas d’amélioration franche à ce stade.|La tolérance est bonne.] [On garde la même conduite.|Je propose de réévaluer dans {#8-15} jours.|Je modifie l’ordonnance en ce sens.]\n\n{salut}",
    "Merci. [Pouvez-vous me rappeler au {tel} entre {#12-13} h et {#14-15} h ?|Je suis joignable au {tel}.|Le plus simple est de m’appeler au {tel}.]\n\n{salut}",
    "OK pour moi 👍\n\n{salut}",
    "{bonjour}\n\nJe mets en copie [le secrétariat|l’infirmier du secteur|la pharmacie] pour la suite. [Prochain point {bientot}.|Merci de répondre à tous.]\n\n{salut}",
    "Bien reçu.",
    "Merci beaucoup pour votre disponibilité. [Bon week-end.|Bonne soirée.|À très bientôt.]",
];

const DOCTORS: &[Role] = &[Role::Gp, Role::Paediatrician, Role::Geriatrician, Role::Cardio, Role::Dermato];
const FAMILY_DOCTORS: &[Role] = &[Role::Gp, Role::Paediatrician, Role::Geriatrician];
