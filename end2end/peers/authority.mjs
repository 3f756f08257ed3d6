// A demonstration authority like IGC-Santé, and a white list signed by its own
// signer (domain.md §1.2, §1.3). Writes PEM, DER and XML files into a folder:
//   node authority.mjs DIR [domain=NAME …]
// where each NAME is the stem of a certificate (pli, autre, mes). A second run
// keeps keys and certificates, and makes new revocation lists and a new list.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { webcrypto } from "node:crypto";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { SignedXml } from "xml-crypto";

x509.cryptoProvider.set(webcrypto);
const EC = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const RSA = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", publicExponent: new Uint8Array([1, 0, 1]), modulusLength: 2048 };
const DAY = 86_400_000;

/** Who there is: the stem of the files, the subject as the list writes it, the hosts. */
export const PARTIES = {
  pli: { subject: "CN=mx.pli.mssante.example,OU=347976684200725,O=OPERATEUR PLI,C=FR", host: "mx.pli.mssante.example" },
  autre: { subject: "CN=mx.autre.mssante.example,OU=347976684200726,O=OPERATEUR AUTRE,C=FR", host: "mx.autre.mssante.example" },
  mes: { subject: "CN=smtps1.patient.mssante.example,OU=318075110500026,O=CNAM DEMONSTRATION,C=FR", host: "smtps1.patient.mssante.example" },
};
const SIGNER = "CN=alb.mssante.example,OU=347976684200724,O=SIGNATAIRE DEMONSTRATION,C=FR";

const on = (party, names) => names.split(" ").map((name) => [`${name}.mssante.example`, party]);

/** The domains of the demonstration: where its people have a BAL, where those are with whom they write. One is no
 * `.mssante.example`. */
export const DOMAINS = [
  ...on("pli", "pli medecin infirmier pharmacien chirurgien-dentiste sage-femme masseur-kinesitherapeute pro"),
  ...on("pli", "ch-bellerive imagerie-lafayette biologie-rochechouart"),
  ...on("autre", "autre clinique-des-tilleuls hopital-sainte-aurore ehpad-les-glycines residence-du-parc had-seine-est"),
  ...on("autre", "ssiad-montmartre oxy-domicile cpts-neuvieme veille-regionale am-exemple"),
  ["mssante.apicrypt.example", "autre"],
  ...on("mes", "patient"),
];

// RFC 4514 writes the last attribute of the certificate first.
const inCertificate = (subject) => subject.split(",").reverse().join(",");
const pem = (label, der) =>
  `-----BEGIN ${label}-----\n${Buffer.from(der).toString("base64").replace(/.{1,64}/g, "$&\n")}-----END ${label}-----\n`;

async function keys(dir, stem, algorithm) {
  const file = join(dir, `${stem}.key`);
  if (existsSync(file)) {
    const der = Buffer.from(readFileSync(file, "utf8").replace(/-----[^-]+-----|\s/g, ""), "base64");
    return { privateKey: await webcrypto.subtle.importKey("pkcs8", der, algorithm, true, ["sign"]) };
  }
  const pair = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  writeFileSync(file, pem("PRIVATE KEY", await webcrypto.subtle.exportKey("pkcs8", pair.privateKey)), { mode: 0o600 });
  return pair;
}

async function certificate(dir, stem, subject, issuer, algorithm, extensions) {
  const pair = await keys(dir, stem, algorithm);
  const file = join(dir, `${stem}.pem`);
  if (existsSync(file)) return { ...pair, certificate: new x509.X509Certificate(readFileSync(file, "utf8").split(/(?<=-----END CERTIFICATE-----\n)/)[0]) };
  const made = await x509.X509CertificateGenerator.create({
    serialNumber: Buffer.from(webcrypto.getRandomValues(new Uint8Array(8))).toString("hex").replace(/^./, "4"),
    subject: inCertificate(subject),
    issuer: issuer ? issuer.certificate.subject : inCertificate(subject),
    notBefore: new Date(Date.now() - DAY),
    notAfter: new Date(Date.now() + 730 * DAY),
    signingAlgorithm: issuer ? EC : algorithm,
    publicKey: pair.publicKey,
    signingKey: (issuer ?? pair).privateKey,
    extensions,
  });
  // The chain goes with the leaf.
  writeFileSync(file, made.toString("pem") + "\n" + (issuer?.chained ? issuer.certificate.toString("pem") + "\n" : ""));
  return { ...pair, certificate: made };
}

/** Both extensions are compulsory (RFC 5280 §5.2); the number grows with each list. */
async function listExtensions(issuer) {
  // An INTEGER in DER: the seconds since 1970 below a leading 1, so that it is positive and of one length.
  const number = Buffer.from([2, 5, 1, 0, 0, 0, 0]);
  number.writeUInt32BE(Math.floor(Date.now() / 1000), 3);
  return [await x509.AuthorityKeyIdentifierExtension.create(issuer.certificate.publicKey), new x509.Extension("2.5.29.20", false, number)];
}

async function revocationList(dir, stem, issuer) {
  const crl = await x509.X509CrlGenerator.create({
    issuer: issuer.certificate.subject,
    thisUpdate: new Date(Date.now() - 60_000),
    nextUpdate: new Date(Date.now() + 30 * DAY),
    entries: [],
    extensions: await listExtensions(issuer),
    signingAlgorithm: EC,
    signingKey: issuer.privateKey,
  });
  writeFileSync(join(dir, `${stem}.crl`), Buffer.from(crl.rawData));
}

const escape = (text) => text.replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`);

/** The list, signed with the enveloped signature that domain.md §1.2 describes. */
export function signedList(domains, key, certificatePem) {
  const now = new Date(Date.now() - 1000).toISOString().replace(/\.\d+Z$/, "Z");
  const entries = domains.map(
    ([domain, party]) =>
      `    <Domaine>\n      <Nom>${escape(domain)}</Nom>\n      <Description>Domaine de démonstration</Description>\n` +
      `      <DNCertificatOperateur>${escape(PARTIES[party].subject)}</DNCertificatOperateur>\n` +
      `      <ResponsableContact>contact@${escape(domain)}</ResponsableContact>\n      <SupportContact>support@${escape(domain)}</SupportContact>\n` +
      `      <DateMAJ>${now}</DateMAJ>\n    </Domaine>\n`,
  );
  const xml =
    `<?xml version="1.0" encoding="UTF-8"?>\n<ListeBlancheMSSante xmlns="https://listeblanche.mssante.fr/schema">\n` +
    `  <DateDeGeneration>${now}</DateDeGeneration>\n  <ListeDomaines>\n${entries.join("")}  </ListeDomaines>\n</ListeBlancheMSSante>`;
  const exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#";
  const signer = new SignedXml({
    privateKey: key,
    publicCert: certificatePem,
    canonicalizationAlgorithm: exclusive,
    signatureAlgorithm: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
  });
  signer.addReference({
    xpath: "/*",
    uri: "",
    isEmptyUri: true,
    transforms: ["http://www.w3.org/2000/09/xmldsig#enveloped-signature", exclusive],
    digestAlgorithm: "http://www.w3.org/2001/04/xmlenc#sha256",
  });
  signer.computeSignature(xml);
  return signer.getSignedXml();
}

/** Makes or renews everything in `dir`. */
export async function authority(dir, domains = DOMAINS) {
  mkdirSync(dir, { recursive: true });
  const ca = [
    new x509.BasicConstraintsExtension(true, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
  ];
  const root = await certificate(dir, "racine", "CN=AC DEMONSTRATION ELEMENTAIRE,O=DEMONSTRATION,C=FR", null, EC, ca);
  const subject = "CN=AC DEMONSTRATION ELEMENTAIRE ORGANISATIONS,O=DEMONSTRATION,C=FR";
  const organisations = { ...(await certificate(dir, "organisations", subject, root, EC, ca)), chained: true };
  const uses = (...oids) => new x509.ExtendedKeyUsageExtension(oids);
  for (const [stem, party] of Object.entries(PARTIES)) {
    await certificate(dir, stem, party.subject, organisations, EC, [
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      uses(x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth),
      new x509.SubjectAlternativeNameExtension([{ type: "dns", value: party.host }]),
    ]);
  }
  const signer = await certificate(dir, "signataire", SIGNER, organisations, RSA, [uses(x509.ExtendedKeyUsage.emailProtection)]);
  await revocationList(dir, "racine", root);
  await revocationList(dir, "organisations", organisations);
  const key = readFileSync(join(dir, "signataire.key"), "utf8");
  writeFileSync(join(dir, "liste.xml"), signedList(domains, key, signer.certificate.toString("pem")));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [dir, ...pairs] = process.argv.slice(2);
  if (!dir) {
    console.error("usage: node authority.mjs DIR [domain=NAME …]");
    process.exit(2);
  }
  await authority(dir, pairs.length ? pairs.map((p) => p.split("=")) : DOMAINS);
  console.log(`${dir}: racine, organisations, ${Object.keys(PARTIES).join(", ")}, signataire, liste.xml`);
}
