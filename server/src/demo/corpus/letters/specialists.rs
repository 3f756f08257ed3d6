//! Letters between physicians.

use super::{CALL_BACK, DOCTORS, FAMILY_DOCTORS, File, Kind};

use super::super::documents::Nature;
use super::super::fill::Who;
use super::super::people::Role::*;

const LETTER: File = File {
    nature: Nature::Pdf,
    odds: 35,
    name: "[Courrier|CR consultation|Lettre] {Pc} {date}.pdf",
    title: "Compte rendu de consultation – {Pc}",
    source: "",
};

pub(super) const KINDS: &[Kind] = &[
    Kind {
        from: &[Cardio],
        to: FAMILY_DOCTORS,
        weight: 9,
        who: Who::Adult,
        subject: "[{Pc}|Consultation de cardiologie – {Pc}|{P}, né{e} le {ddn}|Votre {patient} {Pn}]",
        cover: "{bonjour}\n\nVeuillez trouver ci-joint [le compte rendu de consultation|mon courrier|la lettre de consultation et le tracé] concernant {P}, né{e} le {ddn}, vu{e} {hier}.\n\n{salut}",
        body: "{bonjour}\n\nJ’ai vu [ce jour|en consultation {hier}] {P}, né{e} le {ddn}, adressé{e} pour {motif}, {age}, dont les antécédents comportent {antecedent} et {antecedent2}.\n\n# Examen\n\nPA {#11-17}/{#6-10}, pouls {#54-98}/min, poids {#48-112} kg. [Auscultation cardiaque sans souffle|Souffle systolique {#1-3}/6 au foyer aortique], [pas de signe de décompensation|discrets œdèmes des chevilles prenant le godet]. Auscultation pulmonaire [claire|avec quelques crépitants des bases].\n\n# ECG\n\n[Rythme sinusal|Fibrillation atriale à réponse ventriculaire contrôlée], fréquence {#55-102}/min, PR {#140-220} ms, QRS [fins|élargis à {#120-150} ms, aspect de bloc de branche {cote}], [repolarisation sans anomalie|troubles non spécifiques de la repolarisation en latéral].\n\n# Échocardiographie\n\n| Mesure | Valeur | Normale |\n| FEVG | {#35-68} % | > 52 % |\n| VTDVG | {#72-160} mL | < 150 |\n| Oreillette gauche | {#22-52} mL/m² | < 34 |\n| PAPs | {#22-58} mmHg | < 35 |\n\n# Conclusion\n\n[Bilan cardiologique rassurant.|Cardiopathie stable à ce jour.|Insuffisance cardiaque à fraction d’éjection préservée débutante.|Probable origine extracardiaque des symptômes.] Je propose [de poursuivre {drug}|d’introduire {drug}|d’arrêter {drug} au profit de {drug2}], [un contrôle de la kaliémie et de la créatinine à {#8-21} jours|un Holter tensionnel|{examen}], et je {la} reverrai dans {#3-12} mois.\n\n{salut}",
        turns: &[
            "{bonjour}\n\nMerci pour ce compte rendu. {Pn} supporte mal {drug} ([vertiges|toux|œdèmes|crampes]). Accepteriez-vous de passer à {drug3} ?\n\n{salut}",
            "{bonjour}\n\nOui, sans difficulté. Commencez à demi-dose, contrôle tensionnel à {#8-15} jours. Si la PA dépasse 15/9 malgré tout, je {la} revois.\n\n{salut}",
            "{bonjour}\n\nTension ce matin : {#12-14}/{#7-8}, bonne tolérance. Je poursuis ainsi. Kaliémie à {#3,8-5,1}.\n\n{salut}",
        ],
        files: &[LETTER, File { nature: Nature::Ecg, odds: 40, name: "ECG_{NOM}_{date}.png", title: "", source: "" }],
        folder: "",
    },
    Kind {
        from: FAMILY_DOCTORS,
        to: &[Cardio, Dermato, Geriatrician, Specialist, Surgeon],
        weight: 10,
        who: Who::Adult,
        subject: "[Demande d’avis – {Pc}|{Pc} : {motif}|Avis spécialisé pour {Pn}|Merci de recevoir {P}]",
        cover: "",
        body: "{bonjour}\n\nMerci de recevoir {P}, né{e} le {ddn}, {age}, pour [avis concernant {motif}|{motif} évoluant depuis {#2-18} mois].\n\n[Dans ses antécédents : {antecedent}, {antecedent2}.|{Il} a pour antécédent notable {antecedent}.] [Pas d’allergie connue.|Allergie à la pénicilline.|Intolérance aux AINS.]\n\nTraitement en cours :\n\n- {drug} le matin\n- {drug2}\n- {drug3} [au coucher|si besoin]\n\nÀ l’examen, [pas de signe de gravité|état général conservé|amaigrissement de {#2-8} kg en {#2-5} mois] ; PA {#11-16}/{#6-9}. [J’ai demandé {examen}, résultat attendu|Bilan biologique joint|Le bilan est sans particularité]. [Pensez-vous que {examen2} soit utile ?|Votre avis sur la conduite à tenir me sera précieux.|Un rendez-vous sous {#2-8} semaines serait souhaitable.]\n\n{salut}",
        turns: &[
            "{bonjour}\n\nMerci de votre confiance. Je peux {la} recevoir le {rdv}. [Qu’{il} apporte ses examens précédents.|Merci de faire réaliser un bilan (NFS, CRP, créatinine) avant.] D’ici là, [je ne modifierais rien|vous pouvez débuter {drug4}].\n\n{salut}",
            "{bonjour}\n\nParfait, {Pn} est prévenu{e}. Le bilan sera fait {bientot} au laboratoire Rochechouart.\n\n{salut}",
            "{bonjour}\n\nVu ce jour. [Tableau rassurant|Je programme {examen2}|Je confirme l’indication]. Courrier à suivre.\n\n{salut}",
            "{bonjour}\n\nMerci beaucoup, j’attends votre courrier.\n\n{salut}",
        ],
        files: &[
            File {
                nature: Nature::Pdf,
                odds: 30,
                name: "Volet de synthèse médicale {Pc}.pdf",
                title: "Volet de synthèse médicale – {Pc}",
                source: "# Antécédents\n\n- {antecedent}\n- {antecedent2}\n- {antecedent3}\n\n# Traitements au long cours\n\n- {drug}\n- {drug2}\n- {drug3}\n\n# Points de vigilance\n\n[Allergie à la pénicilline|Aucune allergie connue]. Vaccins : {vaccin} (rappel en {#2019-2025}), {vaccin2}.\n\nPersonne à prévenir : {famille}, {tel}.",
            },
            File { nature: Nature::Card, odds: 4, name: "carte.vcf", title: "", source: "" },
        ],
        folder: CALL_BACK,
    },
    Kind {
        from: &[Dermato],
        to: FAMILY_DOCTORS,
        weight: 6,
        who: Who::Adult,
        subject: "[Consultation dermatologique {Pc}|{Pc} – lésion du {site}|Résultat anatomopathologique {Pn}]",
        cover: "{bonjour}\n\nCi-joint le compte rendu pour {P}. [L’exérèse est complète.|Merci de surveiller la cicatrice.]\n\n{salut}",
        body: "{bonjour}\n\nJ’ai examiné {P}, {age}, pour [une lésion pigmentée|un prurit|une dermatose érythémato-squameuse|une lésion croûteuse] du {site} {cote}.\n\nAu dermoscope, [réseau régulier, pas de critère de malignité|asymétrie et trois couleurs : exérèse décidée|aspect de kératose séborrhéique|aspect de carcinome basocellulaire].\n\n[Exérèse fuseau ce jour sous anesthésie locale, {#3-7} points à retirer à J{#10-15}.|Biopsie au punch de 4 mm, résultat sous {#8-15} jours.|Traitement local : dermocorticoïde de classe {#2-3}, une application par jour pendant {#7-21} jours.|Photographies de référence faites, contrôle dans {#3-12} mois.]\n\nConseils de photoprotection donnés. [Examen complet du tégument sans autre anomalie.|Une dizaine de kératoses actiniques du cuir chevelu traitées par azote.]\n\n{salut}",
        turns: &[
            "{bonjour}\n\nMerci. Les fils ont été retirés par l’infirmier, cicatrice [propre|un peu inflammatoire]. Photo ci-jointe si besoin.\n\n{salut}",
            "{bonjour}\n\nBel aspect. Anatomopathologie : [nævus composé, exérèse complète|carcinome basocellulaire nodulaire, marges saines de {#2-5} mm|kératose actinique].\n\n{salut}",
        ],
        files: &[LETTER, File { nature: Nature::Phone, odds: 30, name: "IMG_{#1000-9999}.jpg", title: "", source: "" }],
        folder: "",
    },
    Kind {
        from: &[Specialist],
        to: DOCTORS,
        weight: 10,
        who: Who::Adult,
        subject: "[{Pc} – compte rendu de consultation|CR {Pc} {ddn}|Consultation du {date} – {Pn}|Au sujet de {P}]",
        cover: "{bonjour}\n\nJe vous prie de trouver en pièce jointe le compte rendu de la consultation du {date}.\n\n{salut}",
        body: "{bonjour}\n\nMerci de m’avoir adressé {P}, né{e} le {ddn}, que j’ai vu{e} [ce jour|{hier}] pour {motif}.\n\nRappel des antécédents : {antecedent} ; {antecedent2}. [Tabac sevré depuis {#2-20} ans.|Tabagisme actif estimé à {#5-45} paquets-années.|Pas d’intoxication.]\n\n[L’interrogatoire retrouve un début il y a {#2-18} mois, d’aggravation lente.|La symptomatologie est fluctuante, sans facteur déclenchant net.|Les symptômes ont régressé spontanément depuis la prise de rendez-vous.] L’examen est [normal|sans particularité hormis une sensibilité localisée|marqué par une asymétrie modérée].\n\n[{examen} réalisé le {avant} montre : {plat}.|Je demande en complément {examen}.|Le bilan apporté est satisfaisant.]\n\n# Au total\n\n[Pas d’argument pour une pathologie évolutive.|Tableau compatible avec {antecedent3}.|Diagnostic à confirmer.] Je propose :\n\n- {drug} pendant {#4-12} semaines\n- [arrêt progressif de {drug2}|maintien de {drug2}]\n- [réévaluation dans {#2-6} mois|pas de suivi systématique, je reste disponible]\n\n{salut}",
        turns: &[
            "{bonjour}\n\nJe vous remercie. Une question : {Pn} prend aussi {drug3}, voyez-vous une interaction ?\n\n{salut}",
            "{bonjour}\n\nPas d’interaction majeure, mais je surveillerais [le QT|la fonction rénale|la natrémie] à {#2-6} semaines.\n\n{salut}",
        ],
        files: &[
            LETTER,
            File {
                nature: Nature::Docx,
                odds: 10,
                name: "CR_{NOM}_{dossier}.docx",
                title: "Compte rendu – {Pc}",
                source: "",
            },
        ],
        folder: "",
    },
    Kind {
        from: &[Surgeon],
        to: FAMILY_DOCTORS,
        weight: 5,
        who: Who::Adult,
        subject: "[Compte rendu opératoire {Pc}|CRO – {Pc}|Chirurgie du {date} : {Pn}]",
        cover: "{bonjour}\n\nCi-joint le compte rendu opératoire et les consignes postopératoires.\n\n{salut}",
        body: "{bonjour}\n\n{P}, né{e} le {ddn}, a été opéré{e} le {avant} [d’une prothèse totale de genou {cote}|d’une prothèse totale de hanche {cotee}|d’une cholécystectomie cœlioscopique|d’une hernie inguinale {cotee}|d’un canal carpien {cote}|d’une arthroscopie du genou {cote}].\n\nSuites simples, [sortie en ambulatoire|sortie à J{#1-5}]. Hémoglobine de contrôle : {#9,8-13,9} g/dL.\n\n# Consignes\n\n- Pansement {pansement} tous les {#2-3} jours par infirmier, ablation des [fils|agrafes] à J{#12-21}\n- Antalgiques : paracétamol 1 g × 4 et {drug} si besoin\n- [HBPM {#10-35} jours|pas de thromboprophylaxie]\n- [Kinésithérapie : {#10-25} séances|Reprise du travail à {#2-8} semaines]\n\nConsultation de contrôle le {rdv}.\n\n{salut}",
        turns: &[
            "{bonjour}\n\nJe vois {Pn} ce jour : [cicatrice inflammatoire avec écoulement|hématome du flanc|fièvre à 38,{#1-9}|douleur du mollet {cote}]. Pouvez-vous {la} recevoir rapidement ?\n\n{salut}",
            "{bonjour}\n\nAdressez-{la}-moi demain matin à la clinique, à jeun par prudence. Mon portable professionnel : 06 39 98 {#10-99} {#10-99}.\n\n{salut}",
            "{bonjour}\n\nVu{e} ce matin : [simple collection évacuée|pas d’argument pour une infection profonde|écho-doppler normal]. Retour à domicile, antibiothérapie : {antibio} pendant {#5-8} jours.\n\n{salut}",
            "{bonjour}\n\nMerci infiniment pour votre réactivité.\n\n{salut}",
        ],
        files: &[LETTER],
        folder: "",
    },
    Kind {
        from: &[Gp, OtherGp],
        to: &[Gp, OtherGp],
        weight: 3,
        who: Who::Adult,
        subject: "[Transmission de dossier – {Pc}|Reprise du suivi de {Pn}|Votre ancien{e} {patient} {Pc}]",
        cover: "",
        body: "{bonjour}\n\n[{P}, né{e} le {ddn}, a déménagé à {bourg} et souhaite que vous deveniez son médecin traitant.|{P} me demande de reprendre son suivi.] [Vous trouverez ci-joint la synthèse du dossier.|Pourriez-vous me transmettre les éléments utiles du dossier ?]\n\nEn résumé : {antecedent}, {antecedent2} ; traitement par {drug}, {drug2}. Dernier vaccin : {vaccin}, en {#2019-2025}.\n\n{salut}",
        turns: &["{bonjour}\n\nMerci, j’ai bien intégré la synthèse. {Pn} a pris rendez-vous le {rdv}.\n\n{salut}"],
        files: &[
            File {
                nature: Nature::Pdf,
                odds: 60,
                name: "Synthèse {Pc}.pdf",
                title: "Synthèse du dossier – {Pc}",
                source: "",
            },
            File { nature: Nature::Zip, odds: 25, name: "dossier_{dossier}.zip", title: "Dossier {Pc}", source: "" },
        ],
        folder: "",
    },
    Kind {
        from: &[Paediatrician],
        to: &[Gp, Specialist, Dermato, Dentist],
        weight: 5,
        who: Who::Child,
        subject: "[{Pc}, {age}|Suivi pédiatrique – {Pc}|{prenom} {NOM} : {vaccin}]",
        cover: "",
        body: "{bonjour}\n\nJ’ai revu {prenom} {NOM}, né{e} le {ddn} ({age}), pour [la consultation du calendrier|une otite moyenne aiguë {cotee}|un asthme du nourrisson|un retard de langage|une énurésie nocturne|un eczéma des plis].\n\nPoids {#6-42} kg, taille {#62-150} cm, courbes [régulières|à +1 DS]. Développement psychomoteur [normal|à suivre]. [Tympans normaux.|Tympan {cote} congestif et bombé.|Quelques sibilants en fin d’expiration.]\n\n[Vaccin {vaccin} fait ce jour, lot {#1000-9999}K.|Vaccins à jour.] [Traitement : {antibio} adapté au poids.|Pas de traitement.] {enfant} sera revu{e} [dans {#1-6} mois|au prochain calendrier vaccinal|si besoin].\n\n{salut}",
        turns: &[
            "{bonjour}\n\nMerci. La maman m’a appelée hier, la fièvre est tombée. Le carnet est à jour chez moi aussi.\n\n{salut}",
        ],
        files: &[File { nature: Nature::Curve, odds: 30, name: "courbe de croissance {prenom}.png", title: "", source: "" }],
        folder: "",
    },
];
