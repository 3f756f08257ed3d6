//! Every statement is understood by both engines, and counts its parameters as they do.

use std::collections::BTreeSet;

use store::testing::{Engine, TestStore};

#[tokio::test(flavor = "multi_thread")]
async fn every_statement_is_prepared_on_both_engines() {
    let mut faults = Vec::new();
    for engine in Engine::BOTH {
        let store = TestStore::new(engine).await;
        for (module, statements) in store::registry::ALL {
            for statement in *statements {
                let mut tx = store.read().await.unwrap();
                match tx.prepare(statement).await {
                    Ok(params) if params == statement.params => {}
                    other => faults.push(format!("{engine:?} {module}::{}: {other:?}", statement.name)),
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn declaring(folder: &std::path::Path, prefix: &str, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{prefix}{}", path.file_stem().unwrap().to_string_lossy());
        if path.is_dir() {
            declaring(&path, &format!("{name}::"), found);
        } else if std::fs::read_to_string(&path).unwrap().lines().any(|line| line.starts_with("statements! {")) {
            found.insert(name);
        }
    }
}

#[test]
fn every_module_with_statements_is_registered() {
    let mut declared = BTreeSet::new();
    declaring(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "", &mut declared);
    let registered: BTreeSet<String> = store::registry::ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(declared, registered);
}

#[test]
fn migrations_differ_only_in_types() {
    for name in [
        "0001_mail",
        "0002_people",
        "0003_portal",
        "0004_professionals",
        "0005_means",
        "0006_passkeys",
        "0007_outgoing",
        "0008_received",
        "0009_staff",
        "0011_team",
        "0013_patients",
    ] {
        let read = |engine: &str| {
            let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(engine);
            std::fs::read_to_string(folder.join(format!("{name}.sql"))).unwrap()
        };
        let words = |text: String| text.replace("BYTEA", "BLOB").replace(" WITHOUT ROWID", "");
        assert_eq!(words(read("sqlite")), words(read("postgres")));
        assert!(
            !read("sqlite").contains(" UNIQUE,") && !read("sqlite").contains("PRIMARY KEY,"),
            "unnamed constraint in {name}"
        );
    }
}

store::for_each_engine!(a_constraint_has_its_name, |store| async move {
    crate::account(&store, "a@b.example").await;
    let again = store::accounts::NewAccount {
        address: "A@b.example ".into(),
        name: "x".into(),
        holder: None,
        profile: Default::default(),
        inbox_only: true,
    };
    let error = store.account_create(crate::WHO, again).await.unwrap_err();
    assert!(error.is_conflict("account_address_unique"), "{error:?}");
});
