//! From the provider's user info to an identity: absent values are empty texts there, lists may be missing, one person may
//! have several professions and many places.

use serde_json::Value;
use store::professionals::{Activity, Identity, idnps};

/// Characters of one value, at most.
const VALUE: usize = 200;
/// Activities of one person, at most.
const ACTIVITIES: usize = 60;

/// Reads the user info; none when it names nobody.
pub fn read(info: &Value) -> Option<Identity> {
    let professions = info["SubjectRefPro"]["exercices"].as_array().map_or(&[] as &[Value], Vec::as_slice);
    let given_name = text(info, "given_name").or_else(|| text(professions.first()?, "prenomDexercice"))?;
    let family_name = text(info, "family_name").or_else(|| text(professions.first()?, "nomDexercice"))?;
    let mut activities: Vec<Activity> = professions.iter().flat_map(activities).collect();
    activities.truncate(ACTIVITIES);
    Some(Identity {
        national_id: national_id(info)?,
        given_name,
        family_name,
        civility: text(&info["SubjectRefPro"], "codeCivilite").unwrap_or_default(),
        activities,
    })
}

/// IDNPS, else the RPPS number among the other identifiers, else the name of the account.
fn national_id(info: &Value) -> Option<String> {
    let other = || {
        let list = info["otherIds"].as_array()?;
        let rpps = list.iter().find(|id| id["origine"] == "RPPS")?;
        text(rpps, "identifiant").map(|number| idnps(&number))
    };
    text(info, "SubjectNameID").or_else(other).or_else(|| text(info, "preferred_username"))
}

fn activities(profession: &Value) -> Vec<Activity> {
    let of = |name: &str| text(profession, name).unwrap_or_default();
    let base = Activity {
        profession: of("codeProfession"),
        category: of("codeCategorieProfessionnelle"),
        title: of("codeCiviliteDexercice"),
        given_name: of("prenomDexercice"),
        family_name: of("nomDexercice"),
        speciality: if of("codeTypeSavoirFaire") == "S" { of("codeSavoirFaire") } else { String::new() },
        ..Activity::default()
    };
    match profession["activities"].as_array() {
        Some(places) if !places.is_empty() => places.iter().map(|place| at(&base, place)).collect(),
        _ => vec![base],
    }
}

fn at(base: &Activity, place: &Value) -> Activity {
    let of = |name: &str| text(place, name).unwrap_or_default();
    let first = |names: [&str; 2]| names.into_iter().find_map(|name| text(place, name)).unwrap_or_default();
    // `75009 PARIS` where a town stands at all.
    let town = of("bureauCedex");
    let city = town.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ').to_owned();
    Activity {
        mode: of("codeModeExercice"),
        place: first(["enseigneCommercialeSite", "raisonSocialeSite"]),
        postcode: of("codePostal"),
        city,
        phone: first(["telephone", "telephone2"]),
        ..base.clone()
    }
}

/// A value as text, of a bounded length, without what is not printed; none when empty.
fn text(object: &Value, name: &str) -> Option<String> {
    let value = match &object[name] {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let clean: String = value.trim().chars().filter(|c| !c.is_control()).take(VALUE).collect();
    (!clean.is_empty()).then_some(clean)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn info() -> Value {
        json!({
            "sub": "f:x:899700218896", "SubjectNameID": "899700218896", "given_name": "Claire", "family_name": "MARTIN",
            "otherIds": [{"identifiant": "99700218896", "origine": "RPPS", "qualite": 1}],
            "SubjectRefPro": {"codeCivilite": "MME", "exercices": [
                {"codeProfession": "10", "codeCategorieProfessionnelle": "C", "codeCiviliteDexercice": "DR",
                 "codeTypeSavoirFaire": "S", "codeSavoirFaire": "SM54", "activities": [
                    {"codeModeExercice": "L", "raisonSocialeSite": "CABINET DU DR MARTIN", "enseigneCommercialeSite": "",
                     "codePostal": "75009", "bureauCedex": "75009 PARIS", "telephone": "0102030405"},
                    {"codeModeExercice": "S", "raisonSocialeSite": "CH DU NORD", "codePostal": 59000}]},
                {"codeProfession": "60", "activities": []}]},
        })
    }

    #[test]
    fn several_professions_and_places_are_one_list() {
        let identity = read(&info()).unwrap();
        assert_eq!((identity.national_id.as_str(), identity.civility.as_str()), ("899700218896", "MME"));
        let places: Vec<_> =
            identity.activities.iter().map(|a| (a.profession.as_str(), a.mode.as_str(), a.place.as_str())).collect();
        assert_eq!(places, [("10", "L", "CABINET DU DR MARTIN"), ("10", "S", "CH DU NORD"), ("60", "", "")]);
        let first = &identity.activities[0];
        assert_eq!((first.city.as_str(), first.phone.as_str(), first.speciality.as_str()), ("PARIS", "0102030405", "SM54"));
        assert_eq!(identity.activities[1].postcode, "59000");
    }

    #[test]
    fn somebody_without_profession_is_still_somebody() {
        let secretary = json!({"preferred_username": "EDIT-12", "given_name": "Nadia", "family_name": "BEN\u{7} SALEM"});
        let identity = read(&secretary).unwrap();
        assert_eq!((identity.national_id.as_str(), identity.family_name.as_str()), ("EDIT-12", "BEN SALEM"));
        assert!(identity.activities.is_empty());
        assert!(read(&json!({"SubjectNameID": "1"})).is_none());
    }
}
