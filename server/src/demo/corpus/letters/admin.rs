//! The operator, the authorities, the network of the district.

use super::{File, Kind};

use super::super::documents::Nature;
use super::super::fill::Who;
use super::super::people::Role::{self, *};

const EVERYONE: &[Role] = &[
    Gp,
    Cardio,
    Radio,
    Nurse,
    Pharmacist,
    Midwife,
    Physio,
    Dentist,
    Biologist,
    Dermato,
    Geriatrician,
    Paediatrician,
    Secretary,
];

/// Minutes of three pages.
const MINUTES: &str = "Réunion du {avant}, {#3-140} {rue}.\n\nPrésents : {colleague+}, {colleague+}, {colleague+}, {colleague+}, {colleague+}, {colleague+}. Excusés : {colleague+}, {colleague+}.\n\n\
    # 1. Accès aux soins non programmés\n\nLe nombre d’appels régulés a atteint {#120-480} sur le trimestre, dont {#40-75} % ont trouvé une réponse le jour même. Les motifs les plus fréquents restent {motif+}, {motif+} et {motif+}. Une permanence est tenue du lundi au vendredi ; deux créneaux par demi-journée sont réservés dans chaque cabinet volontaire.\n\n\
    - {colleague+} : difficultés le vendredi après-midi, proposition de mutualiser\n- {colleague+} : le numéro unique n’est pas assez connu des patients\n- {colleague+} : demande un retour systématique au médecin traitant\n\n\
    # 2. Lien ville-hôpital\n\nLes lettres de liaison de {hopital} arrivent désormais sous {#1-4} jours. Il reste à obtenir la liste des traitements arrêtés et le motif de chaque arrêt. Un groupe de travail associant {service+} et {service+} se réunira le {rdv}.\n\n\
    # 3. Parcours des personnes âgées\n\nLe repérage des fragilités concerne {#60-300} patients. {colleague+} présente deux situations complexes associant {antecedent+} et {antecedent+}. La conciliation médicamenteuse a permis l’arrêt de {drug+} et de {drug+} chez plusieurs patients. Les pharmaciens proposent un bilan partagé de médication à partir de cinq lignes d’ordonnance.\n\n\
    | Action | Responsable | Échéance |\n| Affiche numéro unique | {colleague+} | {bientot} |\n| Fiche de liaison | {colleague+} | {bientot} |\n| Bilan des chutes | {colleague+} | {bientot} |\n| Formation plaies | {colleague+} | {bientot} |\n\n\
    # 4. Prévention\n\nCampagnes en cours : {vaccin+}, {vaccin+}, {vaccin+}. Les infirmiers et les pharmaciens ont réalisé {#30-70} % des injections. Le dépistage du cancer colorectal progresse de {#2-9} points. Une journée consacrée à {antecedent+} est envisagée à {bourg}, avec un stand de mesure de la tension et un atelier d’activité physique adaptée animé par les masseurs-kinésithérapeutes.\n\n\
    # 5. Messagerie sécurisée\n\nLes adresses de tous les membres sont publiées. Il est rappelé que la messagerie n’est pas un outil d’urgence, que les objets ne doivent pas comporter plus que nécessaire et que chacun relève sa boîte au moins une fois par jour ouvré. Les secrétariats demandent à recevoir les convocations en copie.\n\n\
    # 6. Questions diverses\n\n- prêt de {appareil}\n- remplacement d’été : {#2-6} cabinets concernés\n- prochaine réunion le {rdv}\n- budget : {#4-38} 000 € engagés, {#2-9} 000 € restants\n\n# 7. Retours d’expérience\n\n- {motif+} : orientation en {service+}\n- {motif+} : avis donné à distance\n- {motif+} : {examen+} obtenu en {#2-9} jours\n- {motif+} : retour à domicile avec {appareil+}\n- {motif+} : coordination avec {colleague+}\n- {motif+} : sans suite\n\n# 8. Annexe : présences de l’année\n\n| Membre | Réunions | Commissions |\n| {colleague+} | {#1-9} | {#0-5} |\n| {colleague+} | {#1-9} | {#0-5} |\n| {colleague+} | {#1-9} | {#0-5} |\n| {colleague+} | {#1-9} | {#0-5} |\n| {colleague+} | {#1-9} | {#0-5} |\n| {colleague+} | {#1-9} | {#0-5} |\n\nCompte rendu rédigé par {colleague+}, relu par {colleague+}.";

pub(super) const KINDS: &[Kind] = &[
    Kind {
        from: &[Operator],
        to: EVERYONE,
        weight: 2,
        who: Who::Adult,
        subject: "[1=Maintenance planifiée {bientot}|Votre boîte aux lettres : rappel de sécurité|Nouveautés de Pli|Publier votre adresse|Évolution des conditions d’utilisation]",
        cover: "",
        body: "Bonjour,\n\n[1=Une intervention aura lieu {bientot} entre {#22-23} h et {#1-4} h. Le service pourra être coupé quelques minutes ; aucun message ne sera perdu.|Nous vous rappelons que Pli ne vous demandera jamais votre mot de passe ni votre code par message ou par téléphone.|La recherche comprend maintenant les débuts de mots et ignore les accents. Les messages peuvent être annulés pendant dix secondes.|Votre boîte aux lettres est ouverte. Pensez à indiquer votre adresse à vos correspondants.|Les conditions d’utilisation évoluent. Le texte est à lire dans votre espace, rubrique Documents.]\n\nPour toute question : {tel}, du lundi au vendredi de 8 h à 19 h.\n\nL’équipe de Pli\n\nCe message vous est adressé automatiquement. La messagerie n’est pas un outil d’urgence : en cas d’urgence, appelez le 15.",
        turns: &[],
        files: &[],
        folder: "",
    },
    Kind {
        from: &[Authority],
        to: EVERYONE,
        weight: 4,
        who: Who::Adult,
        subject: "[1=Message d’alerte rapide : {germe}|Rappel de lot : {drug}|Veille sanitaire, semaine {#1-52}|Tension d’approvisionnement : {drug}|Campagne de vaccination {vaccin}]",
        cover: "",
        body: "Mesdames et Messieurs,\n\n[1=Une circulation inhabituelle de {germe} a été signalée dans {#2-6} établissements de la région.|Le lot {#1000-9999}B de {drug} fait l’objet d’un rappel par mesure de précaution.|Les indicateurs de la semaine montrent une hausse de {#4-38} % des consultations pour syndrome grippal.|Des tensions d’approvisionnement sont attendues sur {drug} jusqu’au mois prochain.|La campagne de vaccination {vaccin} débute {bientot}.]\n\n# Conduite à tenir\n\n- informer les patients concernés\n- déclarer tout cas sans délai au {tel}\n- [1=isoler les patients symptomatiques|isoler les lots et les retourner au fournisseur|rappeler les gestes barrières|privilégier {drug2} chez les patients stables|vacciner en priorité les personnes de plus de 65 ans]\n\nCe message ne concerne pas de patient identifié. Merci de le diffuser à vos équipes.\n\nCellule de veille",
        turns: &[],
        files: &[File {
            nature: Nature::Pdf,
            odds: 50,
            name: "Note d’information n° {#100-999}.pdf",
            title: "Note d’information",
            source: "",
        }],
        folder: "",
    },
    Kind {
        from: &[Network],
        to: EVERYONE,
        weight: 4,
        who: Who::Adult,
        subject: "[1=Réunion de la CPTS le {rdv}|Compte rendu de la réunion du {avant}|Soirée de formation – {motif}|Soins non programmés : appel à volontaires]",
        cover: "",
        body: "Bonjour à toutes et à tous,\n\n[1=La prochaine réunion de la CPTS aura lieu le {rdv}, {#3-140} {rue}.|Voici le compte rendu de la réunion du {avant}, merci de signaler vos remarques avant le {bientot}.|Nous organisons une soirée de formation sur le thème « {motif} : que faire en ville ? » le {rdv}.|Il manque {#2-6} volontaires pour les soins non programmés du mois prochain.]\n\nAu programme :\n\n- accès aux soins non programmés dans le neuvième\n- protocole de coopération : [diabète de type 2|lombalgie aiguë|cystite simple|angine]\n- dépistage et prévention : {vaccin}\n- organisation avec {hopital}\n\nInscription par retour de message ou au {tel}. [Un buffet est prévu.|La réunion pourra être suivie à distance.]\n\nLa coordination",
        turns: &[
            "Bonjour,\n\n[Je serai présent{e}.|Impossible pour moi ce soir-là, désolé.|Pouvez-vous m’envoyer le lien ?]\n\n{salut}",
            "Bonjour,\n\nC’est noté, à bientôt.\n\nLa coordination",
        ],
        files: &[
            File { nature: Nature::Calendar, odds: 35, name: "réunion.ics", title: "Réunion de la CPTS", source: "" },
            File {
                nature: Nature::Pdf,
                odds: 35,
                name: "Compte rendu réunion CPTS.pdf",
                title: "Compte rendu de réunion",
                source: MINUTES,
            },
            File {
                nature: Nature::Csv,
                odds: 15,
                name: "planning gardes.csv",
                title: "",
                source: "| Jour | Matin | Après-midi |\n| Lundi | Dr {colleague} | Dr {colleague2} |\n| Mardi | Dr {colleague3} | Dr {colleague4} |\n| Mercredi | Dr {colleague5} | – |\n| Jeudi | Dr {colleague6} | Dr {colleague} |\n| Vendredi | – | Dr {colleague3} |",
            },
        ],
        folder: "",
    },
    Kind {
        from: &[Insurance],
        to: &[Gp, Cardio, Dermato, Physio, Nurse, Geriatrician],
        weight: 3,
        who: Who::Adult,
        subject: "[1=Protocole de soins ALD – {Pc}|Demande d’éléments médicaux : {Pc}|Avis du médecin-conseil – {initiales}]",
        cover: "",
        body: "Docteur,\n\n[1=La demande d’exonération concernant {P}, né{e} le {ddn}, a reçu un avis favorable pour {antecedent}, jusqu’en {#2027-2031}.|Nous étudions la situation de {P}, en arrêt depuis {#2-14} mois. Merci de nous transmettre les éléments cliniques utiles.|Un avis d’inaptitude est envisagé pour {P} ; un échange téléphonique vous est proposé le {rdv}.]\n\nRéférence à rappeler : {dossier}.\n\nNous vous prions d’agréer, Docteur, l’expression de nos salutations distinguées.\n\nService médical",
        turns: &[
            "{bonjour}\n\nVoici les éléments : {antecedent}, traitement par {drug}, évolution [favorable|stationnaire]. Reprise envisageable [à temps partiel|dans {#1-4} mois].\n\n{salut}",
        ],
        files: &[File {
            nature: Nature::Pdf,
            odds: 60,
            name: "Protocole_{dossier}.pdf",
            title: "Protocole de soins",
            source: "",
        }],
        folder: "",
    },
    Kind {
        from: &[Radio, Cardio, Biologist, Dermato, Dentist, Paediatrician, Midwife, Physio],
        to: &[Gp, Secretary, Nurse, Pharmacist, Cardio, Dermato],
        weight: 4,
        who: Who::Adult,
        subject: "[1=Fermeture du cabinet|Remplacement pendant mes congés|Nouveau numéro du cabinet|Un nouveau confrère dans l’équipe]",
        cover: "",
        body: "{bonjour}\n\n[1=Le cabinet sera fermé à partir de {bientot} pendant {#1-3} semaines. Pour les urgences, merci de contacter le Dr {colleague} au {tel}.|Le Dr {colleague} me remplacera à compter de {bientot}.|Notre numéro change : {tel}. L’adresse de messagerie reste la même.|Le Dr {colleague} rejoint notre équipe ; nouveaux créneaux le mardi et le vendredi.]\n\n[Merci de diffuser à votre secrétariat.|N’hésitez pas à faire suivre.|Les patients sont prévenus.]\n\n{salut}",
        turns: &["{bonjour}\n\nMerci de l’information, bonnes vacances !\n\n{salut}"],
        files: &[],
        folder: "",
    },
];
