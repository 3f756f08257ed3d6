// An mbox of invented letters, each different: French words drawn at random, a base64 attachment on some, 50 kB on average.
const WORDS = `patient douleur consultation traitement bilan scanner thorax tension artérielle glycémie contrôle examen résultat
biologie compte rendu confrère demain semaine mois suivi ordonnance posologie matin soir antécédents allergie chirurgie cardiologie
dermatologie pneumologie infirmière pharmacie laboratoire urgence hospitalisation sortie courrier amélioration stable inchangé`.split(/\s+/);

/** `count` messages from `from` to `to`, as one mbox. */
export function letters(count, from, to) {
  let seed = 20_261_122;
  const random = (below) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed % below;
  };
  const words = (length) => Array.from({ length }, () => `${WORDS[random(WORDS.length)]}${random(40) ? '' : random(10_000)}`).join(' ');
  const out = [];
  for (let at = 0; at < count; at++) {
    const date = new Date(Date.UTC(2024, 0, 1) + at * 3_600_000);
    const attached = at % 4 === 0;
    const text = words(attached ? 400 : 1_500 + random(1_000)).replace(/(.{1,72}) /g, '$1\r\n');
    const bytes = Buffer.from(Array.from({ length: 105_000 }, () => random(256)));
    const parts = attached
      ? `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n${text}\r\n--b\r\nContent-Type: application/octet-stream; name="piece-${at}.bin"\r\nContent-Transfer-Encoding: base64\r\n\r\n${bytes.toString('base64').replace(/.{76}/g, '$&\r\n')}\r\n--b--\r\n`
      : `Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n${text}\r\n`;
    out.push(`From - ${date.toUTCString()}\r\nMessage-ID: <bench-${at}@mesure.example>\r\nDate: ${date.toUTCString()}\r\nFrom: ${from}\r\nTo: ${to}\r\nSubject: =?utf-8?B?${Buffer.from(words(6)).toString('base64')}?=\r\nMIME-Version: 1.0\r\n${parts}\r\n`);
  }
  return out.join('');
}
