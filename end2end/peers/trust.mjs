// What the demonstration's authority makes, and the settings by which Pli finds it and the two other operators.
//   node trust.mjs DIR PORT-OF-PLI PORT-OF-AUTRE PORT-OF-MES
// prints the settings as JSON.
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { DOMAINS, PARTIES } from "./authority.mjs";

const here = dirname(fileURLToPath(import.meta.url));

/** Pli's settings: its certificate, whom it trusts, where it listens, where the others do. */
export function settings(dir, ports) {
  const routes = DOMAINS.filter(([, party]) => party !== "pli").map(([domain, party]) => `${domain}=127.0.0.1:${ports[party]}`);
  return {
    PLI_RELAY__CERTIFICATE_FILE: join(dir, "pli.pem"),
    PLI_RELAY__KEY_FILE: join(dir, "pli.key"),
    PLI_RELAY__HOSTNAME: PARTIES.pli.host,
    PLI_RELAY__LISTEN: `127.0.0.1:${ports.pli}`,
    PLI_RELAY__ROUTES: routes.join(","),
    PLI_TRUST__LIST: join(dir, "liste.xml"),
    PLI_TRUST__SIGNER: "CN=alb.mssante.example",
    PLI_TRUST__ROOTS_FILE: join(dir, "racine.pem"),
    PLI_TRUST__INTERMEDIATES_FILE: join(dir, "organisations.pem"),
    PLI_TRUST__CRLS: [join(dir, "racine.crl"), join(dir, "organisations.crl")].join(","),
    PLI_MSS__PATIENT_DOMAIN: "patient.mssante.example",
    PLI_MSS__TEST_IDENTITIES: "1",
  };
}

/** Starts another operator and the gateway of Mon espace santé, each with its page. */
export function operators(dir, ports, stdio) {
  const start = (party, ...more) => {
    const to = ["--smtp", ports[party], "--web", ports[`${party}Page`], "--to", `127.0.0.1:${ports.pli}`];
    return spawn(process.execPath, [join(here, "operator.mjs"), "--dir", dir, "--party", party, ...to.map(String), ...more], { stdio });
  };
  return [start("autre"), start("mes", "--patient")];
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [dir, pli, autre, mes] = process.argv.slice(2);
  console.log(JSON.stringify(settings(dir, { pli, autre, mes })));
}
