// Another operator of the demonstration: receives and sends by SMTP over mutual
// TLS, and shows a page where one reads what arrived and answers.
//   node operator.mjs --dir CERTS --party autre --smtp 2526 --web 3026 --to 127.0.0.1:2525 [--patient]
// With --patient it plays the gateway of Mon espace santé (domain.md §3): it shows
// the sender's display name only, answers in the patient's name, and heeds the end
// of an exchange (subject `[FIN]` or `X-MSS-MES: FIN`). On its page one says what a
// patient's account does: open, unknown, opposed, closed, full; at once, by the reply
// to RCPT, or later, by a notice "Message non distribué".
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import nodemailer from "nodemailer";
import PostalMime from "postal-mime";
import { SMTPServer } from "smtp-server";
import { DOMAINS, PARTIES } from "./authority.mjs";

const { values: options } = parseArgs({
  options: {
    dir: { type: "string" },
    party: { type: "string", default: "autre" },
    smtp: { type: "string", default: "2526" },
    web: { type: "string", default: "3026" },
    to: { type: "string", default: "127.0.0.1:2525" },
    host: { type: "string", default: "127.0.0.1" },
    patient: { type: "boolean", default: false },
  },
});
if (!options.dir) {
  console.error("usage: node operator.mjs --dir CERTS [--party NAME] [--smtp PORT] [--web PORT] [--to HOST:PORT] [--patient]");
  process.exit(2);
}
const file = (name) => readFileSync(join(options.dir, name));
const tls = {
  key: file(`${options.party}.key`),
  cert: file(`${options.party}.pem`),
  ca: [file("racine.pem"), file("organisations.pem")],
  minVersion: "TLSv1.2",
};
const party = PARTIES[options.party];
const own = new Set(DOMAINS.filter(([, name]) => name === options.party).map(([domain]) => domain));
const domainOf = (address) => address.slice(address.lastIndexOf("@") + 1).toLowerCase();
/** Everything that arrived, newest last. */
const messages = [];

/** What the account of a patient may be: words of the page, reply to RCPT, words of the notice. */
const ACCOUNTS = {
  ouvert: { words: "Ouvert" },
  inconnu: { words: "Introuvable", code: 550, status: "5.1.1", text: "No such mailbox" },
  oppose: { words: "Opposé à recevoir des messages", code: 550, status: "5.7.1", text: "The user refuses messages" },
  clos: { words: "Compte clos", code: 550, status: "5.2.1", text: "Mailbox closed" },
  plein: { words: "Messagerie pleine", code: 552, status: "5.2.2", text: "Mailbox full" },
  volumineux: { words: "Trop volumineux (avis seulement)", code: 552, status: "5.3.4", text: "Message too large", later: true },
};
/** By local part, for whom something else than an open account was said. */
const accounts = new Map();

// The certificate that a domain's operator must show: the demonstration's list, by common name.
const commonName = (subject) => subject.match(/CN=([^,]+)/)[1];
const mayBring = (certificate, address) =>
  DOMAINS.some(([domain, name]) => domain === domainOf(address) && commonName(PARTIES[name].subject) === certificate?.subject?.CN);

const smtp = new SMTPServer({
  ...tls,
  name: party.host,
  secure: false,
  requestCert: true,
  rejectUnauthorized: true,
  authOptional: true,
  disabledCommands: ["AUTH"],
  size: 25_000_000,
  onSecure(socket, session, done) {
    session.certificate = socket.getPeerCertificate();
    done();
  },
  onMailFrom(address, session, done) {
    if (!session.secure) return done(refusal(530, "5.7.0 Must issue a STARTTLS command first"));
    if (address.address && !mayBring(session.certificate, address.address)) return done(refusal(550, "5.7.1 Not your domain"));
    done();
  },
  onRcptTo(address, session, done) {
    if (!own.has(domainOf(address.address))) return done(refusal(550, "5.7.1 Not our domain"));
    const local = address.address.split("@")[0].toUpperCase();
    const account = accounts.get(local);
    if (account && !account.later) return done(refusal(account.code, `${account.status} ${account.text}`));
    if (local === "INCONNU") return done(refusal(550, "5.1.1 No such mailbox"));
    if (local === "PLEIN") return done(refusal(552, "5.2.2 Mailbox full"));
    if (local === "PLUS-TARD") return done(refusal(451, "4.2.0 Try again later"));
    done();
  },
  onData(stream, session, done) {
    const chunks = [];
    stream.on("data", (chunk) => chunks.push(chunk));
    stream.on("end", async () => {
      if (stream.sizeExceeded) return done(refusal(552, "5.3.4 Message too large"));
      const raw = Buffer.concat(chunks);
      const parsed = await PostalMime.parse(raw);
      const from = session.envelope.mailFrom.address || "";
      const all = session.envelope.rcptTo.map((r) => r.address);
      const to = all.filter((address) => !accountOf(address)?.later);
      if (to.length) messages.push({ raw, parsed, from, to });
      for (const address of all.filter((one) => !to.includes(one))) {
        if (from) undelivered(from, address, parsed.messageId).catch((error) => console.error(error.message));
      }
      done(null, `2.0.0 Accepted as ${messages.length}`);
    });
  },
});

function accountOf(address) {
  return accounts.get(address.split("@")[0].toUpperCase());
}

/** The notice that comes back later (RFC 3464), from nobody. */
async function undelivered(from, address, messageId) {
  const { status, text, code } = accountOf(address);
  const head = [`From: <MAILER-DAEMON@${address.split("@")[1]}>`, `To: <${from}>`, "Subject: =?UTF-8?Q?Message_non_distribu=C3=A9?=", `Message-ID: <avis-${Date.now()}-${accounts.size}@${party.host}>`];
  const report = [`Reporting-MTA: dns; ${party.host}`, "", `Final-Recipient: rfc822; ${address}`, "Action: failed", `Status: ${status}`, `Diagnostic-Code: smtp; ${code} ${status} ${text}`];
  const lines = [
    ...head, `Date: ${new Date().toUTCString()}`, "MIME-Version: 1.0", "Content-Type: multipart/report; report-type=delivery-status; boundary=avis", "",
    "--avis", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit", "", "Message non distribué.", "",
    "--avis", "Content-Type: message/delivery-status", "", ...report, "",
    "--avis", "Content-Type: text/rfc822-headers", "", `Message-ID: ${messageId}`, "", "--avis--", "",
  ];
  return transport.sendMail({ envelope: { from: "", to: [from] }, raw: lines.join("\r\n") });
}

function refusal(code, text) {
  return Object.assign(new Error(text), { responseCode: code });
}

const [toHost, toPort] = options.to.split(/:(?=\d+$)/);
const transport = nodemailer.createTransport({
  host: toHost,
  port: Number(toPort),
  name: party.host,
  requireTLS: true,
  tls: { ...tls, servername: PARTIES.pli.host },
});

const PATIENT = "279035121518989";
const escape = (text = "") => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
const header = (message, name) => message.parsed.headers.find((h) => h.key === name)?.value;
const isEnd = (message) => message.parsed.subject === "[FIN]" || header(message, "x-mss-mes")?.trim() === "FIN";
/** The patient sees a name, never an address (domain.md §3). */
const sender = (message) => (options.patient ? message.parsed.from?.name : undefined) || message.parsed.from?.address || "(avis)";

const page = (title, body) =>
  `<!doctype html><html lang="fr"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(title)}</title>` +
  `<style>body{font:16px/1.5 system-ui;max-width:50rem;margin:2rem auto;padding:0 1rem}pre{white-space:pre-wrap}input,textarea{width:100%;font:inherit}label{display:block;margin:.5rem 0}</style>` +
  `<h1>${escape(title)}</h1>${body}`;

const form = (values, action) =>
  `<form method="post" action="${action}"><label>De<input name="from" value="${escape(values.from)}"></label>` +
  `<label>À<input name="to" value="${escape(values.to)}"></label><label>Objet<input name="subject" value="${escape(values.subject)}"></label>` +
  `<label>Texte<textarea name="text" rows="6"></textarea></label><button>Envoyer</button></form>`;

function list() {
  const rows = messages.map((m, i) => `<li><a href="/m/${i}">${escape(m.parsed.subject || "(sans objet)")}</a> — ${escape(sender(m))} → ${escape(m.to.join(", "))}</li>`);
  const from = `${options.patient ? PATIENT : "dr.durand"}@${[...own][0]}`;
  return page(`Boîte de ${party.host}`, `<ul>${rows.reverse().join("") || "<li>Aucun message</li>"}</ul><h2>Écrire</h2>${form({ from, to: "", subject: "" }, "/send")}${options.patient ? accountForm() : ""}`);
}

/** What the account of a patient does with mail. */
function accountForm() {
  const choices = Object.entries(ACCOUNTS).map(([code, { words }]) => `<option value="${code}">${escape(words)}</option>`);
  const said = [...accounts].map(([local, one]) => `<li>${escape(local)} : ${escape(one.words)}${one.later ? " (par avis)" : ""}</li>`);
  return (
    `<h2>Compte d’un patient</h2><ul>${said.join("")}</ul><form method="post" action="/compte"><label>Matricule<input name="matricule" value="${PATIENT}"></label>` +
    `<label>État<select name="etat">${choices.join("")}</select></label>` +
    `<label><input type="checkbox" name="avis" style="width:auto"> Accepter, puis envoyer un avis de non-distribution</label><button>Enregistrer l’état</button></form>`
  );
}

/** Takes what was said of an account. */
function account(values) {
  const kind = ACCOUNTS[values.etat] ?? ACCOUNTS.ouvert;
  const local = (values.matricule ?? "").replace(/\s/g, "").toUpperCase();
  if (!kind.code) accounts.delete(local);
  else accounts.set(local, { ...kind, later: kind.later || Boolean(values.avis) });
}

function read(index) {
  const message = messages[index];
  const ended = options.patient && isEnd(message);
  const files = message.parsed.attachments.map((a) => `<li>${escape(a.filename || a.mimeType)} (${a.content.byteLength} octets)</li>`).join("");
  const answer = { from: message.to[0], to: message.parsed.replyTo?.[0]?.address || message.parsed.from?.address || "", subject: `Re: ${message.parsed.subject || ""}` };
  return page(
    message.parsed.subject || "(sans objet)",
    `<p>De ${escape(sender(message))} à ${escape(message.to.join(", "))}</p><pre>${escape(message.parsed.text || "")}</pre><ul>${files}</ul>` +
      (ended ? "<p><strong>Le professionnel a clos cet échange : vous ne pouvez plus répondre.</strong></p>" : `<h2>Répondre</h2>${form(answer, `/m/${index}`)}`) +
      `<details><summary>Source</summary><pre>${escape(message.raw.toString("utf8").slice(0, 20_000))}</pre></details><p><a href="/">Retour</a></p>`,
  );
}

async function send(values, original) {
  const references = original ? { inReplyTo: original.parsed.messageId, references: original.parsed.messageId } : {};
  const mail = { from: values.from, to: values.to, subject: values.subject, text: values.text, ...references };
  return transport.sendMail({ ...mail, envelope: { from: values.from, to: values.to.split(/[,;]\s*/) } });
}

const web = createServer(async (request, response) => {
  const say = (status, body, type = "text/html; charset=utf-8") => response.writeHead(status, { "content-type": type }).end(body);
  const index = request.url.match(/^\/m\/(\d+)$/)?.[1];
  if (request.method === "GET" && request.url === "/") return say(200, list());
  if (request.method === "GET" && request.url === "/api/messages") {
    const shown = messages.map((m) => ({ from: m.from, to: m.to, subject: m.parsed.subject, text: m.parsed.text, headers: m.parsed.headers }));
    return say(200, JSON.stringify(shown), "application/json");
  }
  if (request.method === "GET" && messages[index]) return say(200, read(Number(index)));
  if (request.method === "POST" && (request.url === "/send" || request.url === "/compte" || messages[index])) {
    let body = "";
    for await (const chunk of request) body += chunk;
    const values = Object.fromEntries(new URLSearchParams(body));
    if (request.url === "/compte") {
      if (options.patient) account(values);
      return response.writeHead(303, { location: "/" }).end();
    }
    try {
      const info = await send(values, messages[index]);
      return say(200, page("Envoyé", `<p>${escape(info.response)}</p><p><a href="/">Retour</a></p>`));
    } catch (error) {
      return say(502, page("Refusé", `<p>${escape(error.response || error.message)}</p><p><a href="/">Retour</a></p>`));
    }
  }
  say(404, page("Introuvable", ""));
});

smtp.on("error", (error) => console.error(error.message));
smtp.listen(Number(options.smtp), options.host, () => {
  web.listen(Number(options.web), options.host, () => {
    console.log(`${party.host}: SMTP ${options.host}:${options.smtp}, page http://${options.host}:${options.web}/`);
  });
});
