//! White lists signed as `domain.md` §1.2 describes, or wrongly on purpose.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{KeyPair, SigningKey};
use sha2::{Digest, Sha256};

use super::authority::{Leaf, TestAuthority};
use crate::trust::c14n::canonicalise;
use crate::trust::{Identity, ListPolicy, Name};

/// The text of a list of `(domain, certificate name)` without its signature.
pub fn list_xml(generated: &str, entries: &[(&str, &str)]) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListeBlancheMSSante xmlns=\"https://listeblanche.mssante.fr/schema\">\n  \
         <DateDeGeneration>{generated}</DateDeGeneration>\n  <ListeDomaines>\n"
    );
    for (domain, name) in entries {
        let name = name.replace('&', "&amp;").replace('<', "&lt;");
        out.push_str(&format!(
            "    <Domaine>\n      <Nom>{domain}</Nom>\n      <Description>Domaine de messagerie &amp; d'essai</Description>\n      \
             <DNCertificatOperateur>{name}</DNCertificatOperateur>\n      <ResponsableContact>a@b.example</ResponsableContact>\n      \
             <SupportContact>b@b.example</SupportContact>\n      <DateMAJ>2026-01-01T00:00:00Z</DateMAJ>\n    </Domaine>\n"
        ));
    }
    out.push_str("  </ListeDomaines>\n</ListeBlancheMSSante>");
    out
}

/// What may be done differently from the real signer.
#[derive(Debug, Clone)]
pub struct SignOptions {
    /// SignatureMethod.
    pub algorithm: String,
    /// Reference URI.
    pub uri: String,
    /// The transforms.
    pub transforms: Vec<String>,
}

impl Default for SignOptions {
    fn default() -> SignOptions {
        SignOptions {
            algorithm: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256".to_owned(),
            uri: String::new(),
            transforms: vec![
                "http://www.w3.org/2000/09/xmldsig#enveloped-signature".to_owned(),
                "http://www.w3.org/2001/10/xml-exc-c14n#".to_owned(),
            ],
        }
    }
}

/// A signer of lists.
pub struct ListSigner {
    key: KeyPair,
    identity: Identity,
}

impl ListSigner {
    /// The name of the signer in tests.
    pub const SUBJECT: &'static str = "CN=alb.mssante.example,OU=347976684200724,O=SIGNATAIRE,C=FR";

    /// A signer with a certificate of `authority`.
    pub fn new(authority: &TestAuthority, leaf: &Leaf) -> ListSigner {
        let leaf = Leaf { rsa: true, usages: vec![rcgen::ExtendedKeyUsagePurpose::EmailProtection], ..leaf.clone() };
        let (identity, key) = authority.issue_with_key(&leaf);
        ListSigner { key, identity }
    }

    /// The policy that pins the signer of tests.
    pub fn policy() -> ListPolicy {
        ListPolicy::new(Name::parse("CN=alb.mssante.example").unwrap())
    }

    /// The signed list.
    pub fn sign(&self, xml: &str) -> String {
        self.sign_with(xml, &SignOptions::default())
    }

    /// The list signed in another way.
    pub fn sign_with(&self, xml: &str, options: &SignOptions) -> String {
        let document = roxmltree::Document::parse(xml).unwrap();
        let digest = STANDARD.encode(Sha256::digest(canonicalise(document.root_element(), None).unwrap()));
        let transforms: String =
            options.transforms.iter().map(|t| format!("<Transform Algorithm=\"{t}\"></Transform>")).collect();
        let info = format!(
            "<SignedInfo><CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></CanonicalizationMethod>\
             <SignatureMethod Algorithm=\"{}\"></SignatureMethod><Reference URI=\"{}\"><Transforms>{transforms}</Transforms>\
             <DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"></DigestMethod>\
             <DigestValue>{digest}</DigestValue></Reference></SignedInfo>",
            options.algorithm, options.uri
        );
        // Alone, the element must carry the namespace that it inherits in the document.
        let message = info.replacen("<SignedInfo>", "<SignedInfo xmlns=\"http://www.w3.org/2000/09/xmldsig#\">", 1);
        let value = wrap(&STANDARD.encode(self.key.sign(message.as_bytes()).unwrap()));
        let certificate = wrap(&STANDARD.encode(&self.identity.chain[0]));
        let signature = format!(
            "<Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\">{info}<SignatureValue>{value}</SignatureValue>\
             <KeyInfo><X509Data><X509SubjectName>CN=not.looked.at</X509SubjectName><X509Certificate>{certificate}</X509Certificate>\
             </X509Data></KeyInfo></Signature>"
        );
        xml.replacen("</ListeBlancheMSSante>", &format!("{signature}</ListeBlancheMSSante>"), 1)
    }
}

/// Lines of 76 characters that end as the real list's do.
fn wrap(base64: &str) -> String {
    base64.as_bytes().chunks(76).map(|c| String::from_utf8_lossy(c).into_owned()).collect::<Vec<_>>().join("&#13;\n")
}
