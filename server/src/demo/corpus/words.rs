//! The vocabulary: names, drugs, illnesses, everyday words. Lists are looked
//! up by the name a template uses for them.

mod care;
mod everyday;
mod medicine;
mod names;

use care::*;
pub(super) use everyday::COMMON;
use everyday::{ENDINGS, ROOTS};
use medicine::*;
pub(super) use names::{FAMILY, MEN, WOMEN};

/// The list of a slot, empty for an unknown name.
pub(super) fn list(name: &str) -> &'static [&'static str] {
    match name {
        "drug" => DRUGS,
        "antibio" => ANTIBIOTICS,
        "antecedent" => ANTECEDENTS,
        "motif" => MOTIFS,
        "site" => SITES,
        "articulation" => &["genou", "coude", "poignet", "pouce", "pied", "tendon d’Achille"],
        "cote" => &["droit", "gauche"],
        "cotee" => &["droite", "gauche"],
        "plaie" => WOUNDS,
        "pansement" => DRESSINGS,
        "vaccin" => VACCINES,
        "famille" => RELATIVES,
        "rue" => STREETS,
        "bourg" => TOWNS,
        "hopital" => HOSPITALS,
        "service" => SERVICES,
        "appareil" => DEVICES,
        "examen" => EXAMS,
        "germe" => GERMS,
        "dent" => TEETH,
        "plat" => FINDINGS,
        "colleague" => FAMILY,
        _ => &[],
    }
}

/// How many distinct words [`zipf`] can give.
pub(super) fn vocabulary() -> usize {
    COMMON.len() + FAMILY.len() + WOMEN.len() + MEN.len() + ROOTS.len() * ENDINGS.len()
}

/// Appends the word of a rank: everyday words first, then names, then words
/// composed as medicine composes them.
pub(super) fn push_ranked(out: &mut String, rank: usize) {
    let mut rest = rank % vocabulary();
    for plain in [COMMON, FAMILY, WOMEN, MEN] {
        if let Some(word) = plain.get(rest) {
            out.push_str(word);
            return;
        }
        rest -= plain.len();
    }
    // Scattered, so that neighbours in rank share neither beginning nor end.
    let mixed = rest * 1_009 % (ROOTS.len() * ENDINGS.len());
    out.push_str(ROOTS[mixed / ENDINGS.len()]);
    out.push_str(ENDINGS[mixed % ENDINGS.len()]);
}
