//! The words of notices, in French as professionals read it: what happened, and
//! what to do next. Never the protocol.

use super::reason::Reason;

/// What happened, as a sentence.
pub fn what(reason: Reason) -> &'static str {
    match reason {
        Reason::NoSuchAddress => "Cette adresse n’existe pas chez l’opérateur du destinataire.",
        Reason::Closed => "Cette boîte aux lettres est fermée ou suspendue.",
        Reason::Full => "La boîte aux lettres du destinataire est pleine.",
        Reason::TooLarge => "Le message est trop volumineux pour l’opérateur du destinataire.",
        Reason::OutsideTrust => "Ce domaine ne fait pas partie de l’espace de confiance MSSanté.",
        Reason::NoSuchDomain => "Le domaine de cette adresse n’existe pas ou ne reçoit pas de messages.",
        Reason::Certificate => "L’identité de l’opérateur du destinataire n’a pas pu être vérifiée.",
        Reason::NoTls => "L’opérateur du destinataire ne propose pas de connexion protégée.",
        Reason::Unreachable => "L’opérateur du destinataire ne répond pas.",
        Reason::Busy => "L’opérateur du destinataire demande de réessayer plus tard.",
        Reason::Forbidden => "Le destinataire ou son opérateur n’accepte pas ce message.",
        Reason::Content => "Le contenu du message ou une pièce jointe a été refusé.",
        Reason::Unsupported => "L’opérateur du destinataire ne sait pas recevoir un message sous cette forme.",
        Reason::Loop => "Le message tournait en rond entre serveurs.",
        Reason::OurSide => "Votre service de messagerie n’a pas pu envoyer ce message.",
        Reason::Uncertain => "Le message a été transmis, mais l’opérateur du destinataire ne l’a pas confirmé.",
        Reason::NoRight => "L’autorisation d’envoyer depuis cette boîte a été retirée avant l’envoi.",
        Reason::Gone => "Le message a été supprimé avant son envoi.",
        Reason::Opposed => "Une opposition du patient a été enregistrée avant l’envoi : rien n’est parti.",
        Reason::Cancelled => "L’envoi a été arrêté par l’exploitant de votre messagerie.",
        Reason::Infected => "Une pièce jointe contient un programme malveillant.",
        Reason::Other => "L’opérateur du destinataire a refusé le message.",
    }
}

/// What happened and what to do, where a patient's messaging says so (`domain.md` §3); none: as for everybody.
pub fn of_patient(reason: Reason) -> Option<(&'static str, &'static str)> {
    Some(match reason {
        Reason::NoSuchAddress => (
            "Ce patient n’a pas de messagerie Mon espace santé : son profil n’est pas activé, ou l’INS n’est pas le sien.",
            "Vérifiez son INS. S’il est juste, remettez le document en main propre, par courrier ou par téléphone.",
        ),
        Reason::Closed => ("Ce patient a fermé son compte Mon espace santé.", "Contactez-le par téléphone ou par courrier."),
        Reason::Forbidden => (
            "Mon espace santé a refusé ce message : le patient s’y est opposé, ou n’accepte pas les messages.",
            "Contactez-le par téléphone ou par courrier, et notez son opposition dans sa fiche.",
        ),
        Reason::TooLarge | Reason::Full => (
            "Le message dépasse ce que Mon espace santé reçoit : 25 Mo en tout, ou la messagerie du patient est pleine.",
            "Allégez les pièces jointes ou répartissez-les sur plusieurs messages.",
        ),
        Reason::Content => (
            "Mon espace santé a refusé le contenu du message ou une pièce jointe.",
            "Renvoyez le document en PDF, en image JPEG ou en texte.",
        ),
        _ => return None,
    })
}

/// What the sender can do.
pub fn next_step(reason: Reason) -> &'static str {
    match reason {
        Reason::NoSuchAddress => "Vérifiez l’adresse dans l’annuaire, puis renvoyez le message.",
        Reason::Closed => "Cherchez dans l’annuaire une autre adresse de ce correspondant, ou appelez-le.",
        Reason::Full => "Prévenez le destinataire par téléphone, ou renvoyez le message plus tard.",
        Reason::TooLarge => "Réduisez ou répartissez les pièces jointes sur plusieurs messages.",
        Reason::OutsideTrust => {
            "N’utilisez que des adresses MSSanté : cherchez celle de votre correspondant dans l’annuaire."
        }
        Reason::NoSuchDomain => "Vérifiez ce qui suit l’arobase dans l’adresse.",
        Reason::Certificate | Reason::NoTls => {
            "Rien n’a été transmis. Utilisez un autre moyen et signalez ce refus à votre support."
        }
        Reason::Unreachable | Reason::Busy => "Utilisez un autre moyen si c’est pressé, ou renvoyez le message plus tard.",
        Reason::Forbidden => "Lisez la réponse de l’opérateur ci-dessous ; au besoin, contactez le destinataire autrement.",
        Reason::Content => "Vérifiez les pièces jointes (type de fichier, virus), puis renvoyez le message.",
        Reason::Unsupported => "Renvoyez le texte en pièce jointe PDF, sans caractères spéciaux dans l’adresse.",
        Reason::NoRight => "Demandez au responsable de la boîte de vous rendre cette autorisation.",
        Reason::Gone => "Rédigez-le de nouveau si vous vouliez l’envoyer.",
        Reason::Opposed => "Utilisez l’autre moyen noté dans la fiche du patient.",
        Reason::Infected => "Retirez ce fichier et faites vérifier votre poste avant de renvoyer le message.",
        Reason::Loop | Reason::OurSide | Reason::Cancelled | Reason::Other => {
            "Contactez votre support en lui transmettant cet avis."
        }
        Reason::Uncertain => "Demandez au destinataire s’il l’a reçu avant de le renvoyer.",
    }
}
