//! Hospitals, homes for the elderly, care at home.

use super::{File, HOMES, Kind};

use super::super::documents::Nature;
use super::super::fill::Who;
use super::super::people::Role::*;

const DISCHARGE: File = File {
    nature: Nature::Pdf,
    odds: 45,
    name: "[CRH|Lettre de liaison|CR hospitalisation] {Pc}.pdf",
    title: "Compte rendu d’hospitalisation – {Pc}",
    source: "",
};

pub(super) const KINDS: &[Kind] = &[
    Kind {
        from: &[Hospital, Geriatrician],
        to: &[Gp, Cardio],
        weight: 8,
        who: Who::Elder,
        subject: "[Lettre de liaison – {Pc}|CRH {Pc} {ddn}|Sortie d’hospitalisation : {Pc}|Compte rendu d’hospitalisation de {P}]",
        cover: "{bonjour}\n\nVeuillez trouver la lettre de liaison de {P}, sorti{e} ce jour de [notre service|{service}].\n\n{salut}",
        body: "{bonjour}\n\n{P}, né{e} le {ddn}, a été hospitalisé{e} du {avant} au {date} en {service} ({hopital}) pour [une décompensation cardiaque|une chute avec station au sol prolongée|une pneumopathie {cotee}|un syndrome confusionnel|une pyélonéphrite|une altération de l’état général].\n\n# Antécédents\n\n- {antecedent}\n- {antecedent2}\n- {antecedent3}\n\n# Mode de vie\n\n[Vit seul{e} au {#1-5}e étage sans ascenseur|Vit avec {famille}|Institutionnalisé{e}], GIR {#2-6}, [aide à domicile {#2-10} h par semaine|pas d’aide en place]. MMS {#12-29}/30.\n\n# Évolution dans le service\n\nL’examen d’entrée retrouvait une PA à {#9-18}/{#5-10}, une saturation à {#86-98} % en air ambiant, une température à {#36,4-39,6}. [Traitement diurétique intraveineux avec perte de {#3-9} kg.|Antibiothérapie par {antibio} pendant {#5-10} jours.|Réhydratation et correction d’une hyponatrémie.|Réduction de la polymédication avec arrêt de {drug4}.] [Évolution favorable.|Évolution lente mais satisfaisante.] [Le bilan nutritionnel montre une albumine à {#24-38} g/L.|Escarre du {site} stade {#1-3} prise en charge.]\n\n# Traitement de sortie\n\n| Médicament | Posologie | Statut |\n| {drug} | 1 – 0 – 0 | poursuivi |\n| {drug2} | 1 – 0 – 1 | [introduit|modifié] |\n| {drug3} | 0 – 0 – 1 | poursuivi |\n| {drug4} | – | arrêté |\n\n# À faire en ville\n\n- NFS, créatinine, ionogramme dans {#5-15} jours\n- Pesée deux fois par semaine, alerte si + 2 kg\n- [Consultation de contrôle le {rdv}|Réévaluation de {drug2} à un mois]\n\nPoids de sortie : {#42-96} kg. Identité INS qualifiée.\n\n{salut}",
        turns: &[
            "{bonjour}\n\nMerci pour cette lettre très complète. {famille} me signale que l’ordonnance de sortie ne comporte pas {drug3}. Est-ce volontaire ?\n\n{salut}",
            "{bonjour}\n\nC’est un oubli, avec nos excuses : {drug3} est bien à poursuivre. Ordonnance rectificative adressée à la pharmacie.\n\n{salut}",
            "{bonjour}\n\nParfait. Biologie de contrôle : créatinine {#72-150}, K+ {#3,6-5,2}. Poids stable à domicile.\n\n{salut}",
            "{bonjour}\n\nTrès bien. Consultation de suivi maintenue le {rdv}.\n\n{salut}",
        ],
        files: &[
            DISCHARGE,
            File {
                nature: Nature::Pdf,
                odds: 30,
                name: "Ordonnance de sortie.pdf",
                title: "Ordonnance de sortie – {Pc}",
                source: "- {drug}, un comprimé le matin\n- {drug2}, un comprimé matin et soir\n- {drug3}, au coucher\n\nQSP un mois.",
            },
        ],
        folder: "",
    },
    Kind {
        from: &[Emergency],
        to: &[Gp, Paediatrician],
        weight: 5,
        who: Who::Adult,
        subject: "[Passage aux urgences – {Pc}|Urgences : {Pc} {date}|Compte rendu de passage {Pc}]",
        cover: "",
        body: "Madame, Monsieur, cher confrère,\n\n{P}, né{e} le {ddn}, s’est présenté{e} aux urgences le {date} à {#0-23} h {#10-59} pour [une douleur thoracique|un traumatisme de la cheville {cotee}|une plaie de la main {cotee}|un malaise|des douleurs abdominales|une crise d’asthme].\n\nTri : {#2-4}. Constantes : PA {#9-18}/{#5-10}, FC {#58-124}, SpO2 {#91-100} %, T {#36,2-39,4} °C, EVA {#0-9}/10.\n\n[Troponine négative à H0 et H3, ECG sans trouble.|Radiographie sans fracture.|Suture par {#3-9} points de nylon 4/0, à retirer à J{#7-12}.|Scanner abdominal sans urgence chirurgicale.|Trois aérosols de salbutamol, bonne évolution.]\n\nConclusion : [retour à domicile avec surveillance|sortie contre avis médical|retour à domicile, ordonnance de {drug}].\n\nConsignes remises au patient. Revoir son médecin traitant sous {#2-8} jours.\n\nService des urgences, centre hospitalier de Bellerive",
        turns: &[],
        files: &[File {
            nature: Nature::Pdf,
            odds: 60,
            name: "RPU_{dossier}.pdf",
            title: "Compte rendu de passage aux urgences",
            source: "",
        }],
        folder: "",
    },
    Kind {
        from: &[Home],
        to: &[Gp, Geriatrician, Physio, Dentist],
        weight: 9,
        who: Who::Elder,
        subject: "[Les Glycines – {Pc} ch. {#101-318}|Résident{e} {Pc} : {#2-4} points à voir|EHPAD : chute de {Pn}|Renouvellement d’ordonnance {Pc}|Transmission IDE – {Pn}]",
        cover: "",
        body: "Bonjour Docteur,\n\n[Pour information|Merci de nous dire quoi faire] : {P} (chambre {#101-318}) [a chuté cette nuit sans perte de connaissance ; pas de traumatisme crânien visible|refuse ses repas depuis {#2-4} jours, poids {#38-74} kg (– {#1-5} kg en un mois)|présente une rougeur du {site}|est très agité{e} le soir, opposant{e} aux soins|tousse et a {#37,8-39,2} de température|se plaint de douleurs à la mobilisation].\n\nConstantes à {#7-20} h : PA {#10-17}/{#5-9}, pouls {#58-110}, SpO2 {#89-98} %, glycémie {#0,80-2,60} g/L.\n\nTraitement actuel : {drug}, {drug2}, {drug3}. [La famille ({famille}) est prévenue.|La famille demande à vous parler, {tel}.]\n\n[Pouvez-vous passer {bientot} ?|Faut-il un bilan ?|Pouvons-nous donner du paracétamol ?]\n\n{salut}\nL’équipe infirmière",
        turns: &[
            "Bonjour,\n\n[Surveillance neurologique toutes les 4 heures pendant 24 heures, appelez-moi si vomissements ou somnolence.|Bilan demain : NFS, CRP, iono, créatinine, albumine.|Je passe {bientot} en fin de matinée.] Suspendre {drug2} en attendant.\n\n{salut}",
            "Bonjour Docteur,\n\nC’est noté et appliqué. Ce matin {Pn} est [mieux, a pris son petit déjeuner|stable|encore somnolent{e}]. Bilan prélevé.\n\n{salut}",
            "Bonjour,\n\nBilan reçu : CRP {#4-88}, créatinine {#70-160}. [Je prescris {antibio} 7 jours.|Pas de traitement à ajouter.|Reprise de {drug2} à demi-dose.] Ordonnance jointe.\n\n{salut}",
            "Bonjour Docteur,\n\nMerci. [Apyrétique depuis hier.|Appétit revenu.|La fille vous remercie.]\n\nL’équipe infirmière",
        ],
        files: &[File {
            nature: Nature::Pdf,
            odds: 20,
            name: "Fiche de liaison {Pc}.pdf",
            title: "Fiche de liaison infirmière",
            source: "",
        }],
        folder: HOMES,
    },
    Kind {
        from: &[Home],
        to: &[Gp, Physio, Pharmacist, Geriatrician],
        weight: 2,
        who: Who::Elder,
        subject: "[Réunion de coordination gériatrique – {bientot}|Ordre du jour : commission de coordination|Planning des visites de la semaine]",
        cover: "",
        body: "Bonjour à tous,\n\nLa prochaine [commission de coordination gériatrique|réunion pluridisciplinaire] se tiendra le {rdv} en salle des Lilas.\n\nOrdre du jour :\n\n- bilan des chutes du trimestre ({#4-19})\n- révision des prescriptions de psychotropes\n- campagne de vaccination {vaccin}\n- résidents à évoquer : {colleague}, {colleague2}, {colleague3}\n- questions diverses\n\nMerci de confirmer votre présence.\n\nDr Coordonnateur",
        turns: &[
            "Bonjour,\n\n[Présent{e}, avec plaisir.|Je ne pourrai pas venir, veuillez m’excuser.|Je viendrai à partir de {#12-14} h.]\n\n{salut}",
        ],
        files: &[
            File {
                nature: Nature::Calendar,
                odds: 60,
                name: "invitation.ics",
                title: "Commission de coordination gériatrique",
                source: "",
            },
            File {
                nature: Nature::Docx,
                odds: 30,
                name: "Compte rendu précédente réunion.docx",
                title: "Compte rendu de réunion",
                source: "",
            },
        ],
        folder: HOMES,
    },
    Kind {
        from: &[Care],
        to: &[Gp, Nurse, Pharmacist, Geriatrician],
        weight: 5,
        who: Who::Elder,
        subject: "[HAD – admission de {Pc}|Prise en charge à domicile {Pc}|{Pc} : {appareil}|Compte rendu d’observance {Pc}]",
        cover: "",
        body: "Bonjour,\n\n[Nous avons bien reçu la demande de prise en charge|Nous poursuivons la prise en charge] de {P}, né{e} le {ddn}, {#3-120} {rue}. [Matériel livré : {appareil}.|Passage infirmier {#1-3} fois par jour.|Observance moyenne sur 28 nuits : {#2-8} h {#10-59}, IAH résiduel {#0,8-12,4}.]\n\n[Il manque la prescription de {appareil2}.|Merci de nous adresser la prescription de renouvellement avant le {bientot}.|Le protocole antalgique est joint pour signature.] [La plaie du {site} évolue bien.|L’entourage est épuisé, un répit est à discuter.]\n\nNotre ligne : {tel}.\n\n{salut}",
        turns: &[
            "Bonjour,\n\nPrescription ci-jointe. [Merci de passer à un passage par jour.|Vous pouvez retirer le matériel à la fin du mois.]\n\n{salut}",
            "Bonjour,\n\nBien reçu, c’est fait. Merci.",
        ],
        files: &[
            File {
                nature: Nature::Pdf,
                odds: 45,
                name: "Prescription {appareil}.pdf",
                title: "Demande d’accord préalable",
                source: "",
            },
            File { nature: Nature::Curve, odds: 20, name: "observance_{dossier}.png", title: "", source: "" },
        ],
        folder: "",
    },
    Kind {
        from: &[Geriatrician, Hospital],
        to: &[Gp, Pharmacist],
        weight: 2,
        who: Who::Elder,
        subject: "XDM/1.0/DDM+Lettre de liaison {NOM} {prenom} {ddn}",
        cover: "",
        body: "Un document de santé est joint à ce message : lettre de liaison à la sortie de l’établissement.\n\nPatient : {P}, né{e} le {ddn}, matricule INS de test {ins}.\n\n{salut}",
        turns: &[],
        files: &[File {
            nature: Nature::Xdm("34105-7"),
            odds: 100,
            name: "IHE_XDM.ZIP",
            title: "Lettre de liaison à la sortie d’un établissement",
            source: "# Motif\n\n{motif}\n\n# Traitement de sortie\n\n- {drug}\n- {drug2}\n- {drug3}\n\n# Suite à donner\n\nBiologie dans {#5-15} jours, consultation le {rdv}.",
        }],
        folder: "",
    },
];
