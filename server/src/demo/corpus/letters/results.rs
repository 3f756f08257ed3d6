//! Laboratory and imaging.

use super::{DOCTORS, File, Kind, RESULTS};

use super::super::documents::Nature;
use super::super::fill::Who;
use super::super::people::Role::*;

const REPORT: File = File {
    nature: Nature::Pdf,
    odds: 55,
    name: "[Resultats|CR_BIO|Analyses]_{NOM}_{dossier}.pdf",
    title: "Compte rendu d’analyses – dossier {dossier}",
    source: "",
};
const IMAGING: File = File {
    nature: Nature::Pdf,
    odds: 60,
    name: "CR imagerie {Pc} {date}.pdf",
    title: "Compte rendu d’imagerie – {Pc}",
    source: "",
};

pub(super) const KINDS: &[Kind] = &[
    Kind {
        from: &[Biologist],
        to: DOCTORS,
        weight: 14,
        who: Who::Adult,
        subject: "[Résultats d’analyses – {Pc}|Compte rendu de biologie {Pc} dossier {dossier}|Bilan du {date} – {initiales}|Résultats : {Pc}]",
        cover: "Bonjour,\n\nVous trouverez ci-joint les résultats du prélèvement du {date} pour {P}, né{e} le {ddn}.\n\nLaboratoire Rochechouart",
        body: "Bonjour,\n\nRésultats du prélèvement du {date}, dossier {dossier}, {P}, né{e} le {ddn}.\n\n# Hématologie\n\n| Analyse | Résultat | Valeurs usuelles | Antérieur |\n| Hémoglobine | {#8,9-15,8} g/dL | 12,0 – 16,0 | {#9,5-15,2} |\n| VGM | {#78-101} fL | 80 – 100 | {#80-99} |\n| Leucocytes | {#3,2-14,8} G/L | 4,0 – 10,0 | {#4,1-11,0} |\n| Plaquettes | {#98-450} G/L | 150 – 400 | {#150-390} |\n\n# Biochimie\n\n| Analyse | Résultat | Valeurs usuelles | Antérieur |\n| Créatinine | {#52-168} µmol/L | 50 – 98 | {#55-150} |\n| DFG estimé (CKD-EPI) | {#28-104} mL/min | > 60 | {#30-100} |\n| Potassium | {#3,2-5,6} mmol/L | 3,5 – 5,1 | {#3,6-5,0} |\n| Sodium | {#129-145} mmol/L | 136 – 145 | {#134-144} |\n| Glycémie à jeun | {#0,78-2,10} g/L | 0,70 – 1,10 | {#0,80-1,60} |\n| CRP | {#1-96} mg/L | < 5 | {#1-20} |\n\n[# Lipides\n\n- Cholestérol total : {#1,45-2,90} g/L\n- LDL : {#0,62-1,98} g/L\n- HDL : {#0,32-0,78} g/L\n- Triglycérides : {#0,60-3,10} g/L|# Thyroïde\n\n- TSH : {#0,10-8,90} mUI/L (0,40 – 4,00)|# Diabète\n\n- HbA1c : {#5,4-9,8} %|# Coagulation\n\n- INR : {#1,1-4,6} (cible 2 – 3)|# Fer\n\n- Ferritine : {#6-480} µg/L\n- Coefficient de saturation : {#6-42} %]\n\n[Résultats validés par {moi}.|Commentaire : à confronter à la clinique. Validé par {moi}.]",
        turns: &[
            "Bonjour,\n\nPouvez-vous ajouter [la ferritine|une électrophorèse des protéines|la vitamine D|le NT-proBNP|les folates] sur le même prélèvement ?\n\n{salut}",
            "Bonjour Docteur,\n\nC’est possible, le tube est conservé. Résultat [ce soir|demain avant midi].\n\n{salut}",
            "Bonjour,\n\nMerci beaucoup.\n\n{salut}",
        ],
        files: &[
            REPORT,
            File { nature: Nature::Csv, odds: 12, name: "resultats_{dossier}.csv", title: "", source: "" },
            File { nature: Nature::Curve, odds: 8, name: "Évolution créatinine {NOM}.png", title: "", source: "" },
        ],
        folder: RESULTS,
    },
    Kind {
        from: &[Biologist],
        to: DOCTORS,
        weight: 3,
        who: Who::Elder,
        subject: "[URGENT – résultat critique {Pc}|⚠️ Résultat à communiquer sans délai – {Pc}|Appel du laboratoire : {Pc}]",
        cover: "",
        body: "Bonjour,\n\nRésultat nécessitant une prise en charge rapide pour {P}, né{e} le {ddn} :\n\n| Analyse | Résultat | Valeurs usuelles |\n| [1=Potassium|Troponine T hs|INR|Hémoglobine|Sodium] | [1=6,{#1-7} mmol/L|{#52-340} ng/L|{#6-9},{#0-9}|6,{#2-9} g/dL|{#117-124} mmol/L] | – |\n\nVotre cabinet n’a pas répondu à {#2-4} appels ; nous avons pu joindre {famille} au {tel}. [Contrôle conseillé ce jour.|Hémolyse exclue.|Résultat contrôlé deux fois.]\n\nMerci de nous confirmer la bonne réception.\n\n{moi}",
        turns: &[
            "Bonjour,\n\nBien reçu à l’instant, j’appelle {Pn} et [je l’adresse aux urgences|je modifie le traitement|je passe à domicile].\n\nMerci pour votre vigilance.",
            "Merci Docteur, c’est tracé dans le dossier {dossier}.",
        ],
        files: &[REPORT],
        folder: RESULTS,
    },
    Kind {
        from: &[Biologist],
        to: DOCTORS,
        weight: 5,
        who: Who::Adult,
        subject: "[ECBU {Pc}|Examen cytobactériologique – {Pc}|Bactériologie : {Pc} ({dossier})]",
        cover: "",
        body: "Bonjour,\n\nECBU du {date}, {P}, né{e} le {ddn}.\n\n- Leucocytes : {#1-9}0 000 /mL\n- Hématies : {#1-40} 000 /mL\n- Culture : {germe}, 10^{#4-7} UFC/mL\n\n# Antibiogramme\n\n| Antibiotique | Résultat |\n| Amoxicilline | [S|R|R] |\n| Amoxicilline-acide clavulanique | [S|S|R] |\n| Céfixime | [S|S|R] |\n| Cotrimoxazole | [S|R] |\n| Fosfomycine | S |\n| Nitrofurantoïne | S |\n| Ofloxacine | [S|R] |\n| Pivmécillinam | S |\n\n[Souche sauvage.|Souche productrice de BLSE : précautions contact en établissement.|Bactériurie à confronter à la clinique.]\n\n{moi}",
        turns: &["Bonjour,\n\nMerci. {Pn} est sous {antibio} depuis {hier}, évolution favorable.\n\n{salut}"],
        files: &[REPORT],
        folder: RESULTS,
    },
    Kind {
        from: &[Biologist],
        to: DOCTORS,
        weight: 2,
        who: Who::Adult,
        subject: "XDM/1.0/DDM+Compte rendu de biologie {NOM} {prenom} {ddn}",
        cover: "",
        body: "Un document de santé vous est transmis pour {P}, né{e} le {ddn}.\n\nMatricule INS (identité de test) : {ins}\n\nCe message a été produit par le logiciel du laboratoire.",
        turns: &[],
        files: &[
            File {
                nature: Nature::Xdm("11502-2"),
                odds: 100,
                name: "IHE_XDM.ZIP",
                title: "Compte rendu d’examens biologiques",
                source: "# Biochimie\n\n| Analyse | Résultat | Valeurs usuelles |\n| Créatinine | {#52-168} µmol/L | 50 – 98 |\n| Potassium | {#3,2-5,6} mmol/L | 3,5 – 5,1 |\n| HbA1c | {#5,4-9,8} % | < 6,0 |\n\nConclusion : [résultats stables|à contrôler dans {#1-3} mois].",
            },
            File {
                nature: Nature::Pdf,
                odds: 100,
                name: "{date}_CR-BIO_{NOM}_{prenom}.pdf",
                title: "Compte rendu d’examens biologiques – {Pc}",
                source: "Document identique au document structuré joint.\n\n| Analyse | Résultat | Valeurs usuelles |\n| Créatinine | {#52-168} µmol/L | 50 – 98 |\n| HbA1c | {#5,4-9,8} % | < 6,0 |",
            },
        ],
        folder: RESULTS,
    },
    Kind {
        from: &[Radio],
        to: &[Gp, Cardio, Geriatrician, Paediatrician, Physio, Midwife, Dentist],
        weight: 10,
        who: Who::Adult,
        subject: "[Compte rendu d’imagerie – {Pc}|{Pc} : résultat d’examen|CR scanner/IRM {initiales} {date}|Imagerie du {date} – {Pc}]",
        cover: "{bonjour}\n\nVous trouverez ci-joint le compte rendu et quelques images clés de l’examen de {P}.\n\n{salut}",
        body: "{bonjour}\n\n{P}, né{e} le {ddn}. Examen du {date}.\n\n# Indication\n\nBilan pour {motif} chez un{e} {patient} de {age}.\n\n# Technique\n\n[Acquisition volumique sans puis avec injection de {#60-110} mL de produit de contraste iodé, PDL {#180-720} mGy.cm.|Séquences sagittales T1, T2 et STIR, axiales T2.|Exploration échographique par sonde de {#5-15} MHz.|Clichés de face et de profil.]\n\n# Résultats\n\n[Mise en évidence d’une|On note :] {plat}. {plat2}. [Pas d’épanchement.|Pas d’adénopathie de taille significative.|Structures vasculaires perméables.] [Comparaison avec l’examen du {avant} : aspect stable.|Pas d’examen antérieur disponible pour comparaison.]\n\n# Conclusion\n\n{plat}. [Pas d’autre anomalie.|Contrôle conseillé à {#3-12} mois.|Un avis spécialisé paraît souhaitable.|À compléter par {examen}.]\n\n{salut}",
        turns: &[
            "{bonjour}\n\nMerci. Auriez-vous l’occasion de comparer avec l’examen fait à {hopital} en {#2019-2024} ? {Pn} vous déposera le CD.\n\n{salut}",
            "{bonjour}\n\nComparaison faite : [lésion stable depuis 18 mois|discrète augmentation de {#2-5} mm|aspect superposable]. Additif au compte rendu envoyé.\n\n{salut}",
        ],
        files: &[
            IMAGING,
            File { nature: Nature::Film, odds: 35, name: "image_cle_{#1-4}.png", title: "", source: "" },
            File { nature: Nature::Film, odds: 15, name: "image_cle_{#5-8}.png", title: "", source: "" },
            File {
                nature: Nature::Zip,
                odds: 6,
                name: "examen_{dossier}.zip",
                title: "Compte rendu d’imagerie – {Pc}",
                source: "",
            },
        ],
        folder: RESULTS,
    },
    Kind {
        from: &[Gp, Cardio, Paediatrician, Geriatrician, Physio, Midwife, Dentist],
        to: &[Radio],
        weight: 4,
        who: Who::Adult,
        subject: "[Demande d’examen : {Pc}|Bon pour imagerie – {Pc}|{examen} pour {Pn} ?]",
        cover: "",
        body: "{bonjour}\n\nPourriez-vous réaliser {examen} chez {P}, né{e} le {ddn}, pour {motif} ? [Créatinine {#58-130} µmol/L, pas d’allergie à l’iode.|{Il} porte un pacemaker compatible IRM.|Pas de contre-indication connue.] [Délai souhaité : {#1-6} semaines.|Le plus tôt possible, merci.]\n\n{salut}",
        turns: &[
            "{bonjour}\n\nRendez-vous proposé le {rdv}. [À jeun 4 heures avant.|Venir avec les anciens examens.] Le secrétariat appelle {Pn}.\n\n{salut}",
            "{bonjour}\n\n{Pn} ne peut pas à cette date, avez-vous une autre place la semaine suivante ?\n\n{salut}",
            "{bonjour}\n\nOui : {bientot} à {#8-11} h {#10-50}. Confirmé par téléphone.\n\n{salut}",
        ],
        files: &[File {
            nature: Nature::Pdf,
            odds: 50,
            name: "Ordonnance {Pc}.pdf",
            title: "Demande d’examen",
            source: "{P}, né{e} le {ddn}\n\nFaire pratiquer {examen}.\n\nIndication : {motif}.",
        }],
        folder: "",
    },
];
