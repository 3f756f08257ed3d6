// Pro Santé Connect, simulated: a process of its own with the certified `oidc-provider`, the provider's own discovery path,
// its claims, two-minute tokens. One chooses who one is on its page. `POST /control` provokes what goes wrong.
//
//   node end2end/peers/psc.mjs PORT [CLIENT_ORIGIN…]
import { createServer } from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import Provider from 'oidc-provider';
import { people } from './people.mjs';

const [port, ...origins] = process.argv.slice(2);
if (!port) throw new Error('node psc.mjs PORT [CLIENT_ORIGIN…]');
const at = `http://127.0.0.1:${port}`;
const realm = '/auth/realms/esante-wallet';
const issuer = at + realm;
const clients = origins.length > 0 ? origins : ['http://127.0.0.1:3000'];

/** What goes wrong: nothing, or one of the words that `POST /control` takes. */
let fault = 'none';
let provider = await make();

/** The provider with keys of its own; made again, the earlier keys are worth nothing. */
async function make() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: `k${Date.now()}` };
  const made = new Provider(issuer, {
    jwks: { keys: [key] },
    clients: [
      {
        client_id: 'pli',
        client_secret: 'simulated-secret',
        redirect_uris: clients.map((origin) => `${origin}/connexion/psc/retour`),
        post_logout_redirect_uris: clients.map((origin) => `${origin}/connexion/psc/sortie`),
        response_types: ['code'],
        grant_types: ['authorization_code'],
      },
    ],
    // No consent and no scopes beyond these: one is who one is.
    scopes: ['openid', 'scope_all'],
    acrValues: ['eidas1'],
    claims: { openid: ['sub'], scope_all: claimNames(), acr: null, auth_time: null },
    pkce: { required: () => true },
    clockTolerance: 0,
    ttl: { AccessToken: () => (fault === 'expired-token' ? 1 : 120), IdToken: 120, AuthorizationCode: 60, Session: 4 * 3600, Grant: 4 * 3600, Interaction: 600 },
    cookies: { keys: ['simulated'] },
    routes: {
      authorization: '/protocol/openid-connect/auth',
      token: '/protocol/openid-connect/token',
      userinfo: '/protocol/openid-connect/userinfo',
      jwks: '/protocol/openid-connect/certs',
      end_session: '/protocol/openid-connect/logout',
    },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: true, logoutSource, postLogoutSuccessSource },
    },
    interactions: { url: (_, interaction) => `${realm}/choose/${interaction.uid}` },
    async findAccount(_, id) {
      const one = people.find((person) => person.sub === id);
      return one && { accountId: id, claims: async () => one };
    },
    async loadExistingGrant(ctx) {
      const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
      grant.addOIDCScope('openid scope_all');
      await grant.save();
      return grant;
    },
    renderError: async (ctx, out) => page(ctx, 'Erreur', `<p role="alert">${out.error}</p>`),
  });
  made.proxy = false;
  return made;
}

function claimNames() {
  return [...new Set(people.flatMap((person) => Object.keys(person)))].filter((name) => name !== 'sub');
}

async function logoutSource(ctx, form) {
  // The person already asked for it, at the service.
  ctx.body = html('Déconnexion', `${form}<button autofocus type="submit" form="op.logoutForm" name="logout" value="yes">Fermer aussi ma session Pro Santé Connect</button>`);
}

async function postLogoutSuccessSource(ctx) {
  ctx.body = html('Déconnexion', '<p>Session fermée.</p>');
}

function html(title, body) {
  return `<!doctype html><html lang="fr"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title} · Pro Santé Connect (simulé)</title></head><body><main><h1>${title}</h1>${body}</main></body></html>`;
}

function page(target, title, body) {
  if ('type' in target) [target.type, target.body] = ['html', html(title, body)];
  else target.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(html(title, body));
}

/** Who is it? One button for each invented person. */
async function choose(request, answer) {
  const { uid } = await provider.interactionDetails(request, answer);
  const buttons = people.map(
    (person) => `<li><button name="sub" value="${person.sub}">${person.given_name} ${person.family_name}, ${person.about}</button></li>`,
  );
  const refuse = '<p><button name="sub" value="">Refuser</button></p>';
  page(answer, 'Qui êtes-vous ?', `<form method="post" action="${realm}/choose/${uid}"><ul>${buttons.join('')}</ul>${refuse}</form>`);
}

async function chosen(request, answer) {
  const sub = new URLSearchParams(await body(request)).get('sub');
  const result = sub
    ? { login: { accountId: sub, acr: 'eidas1', remember: true } }
    : { error: 'access_denied', error_description: 'refused' };
  await provider.interactionFinished(request, answer, result, { mergeWithLastSubmission: false });
}

async function body(request) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

/** Changes a JWT's claims and signs it again with the provider's key or another. */
async function twisted(token, change) {
  const { SignJWT, decodeJwt, decodeProtectedHeader, generateKeyPair } = await import('jose');
  const { privateKey } = await generateKeyPair('RS256');
  const claims = { ...decodeJwt(token), ...change };
  return new SignJWT(claims).setProtectedHeader(decodeProtectedHeader(token)).sign(privateKey);
}

/** The token endpoint's answer passes through here, to be spoilt where a fault asks for it. */
function spoil(answer) {
  const end = answer.end.bind(answer);
  answer.end = (content, ...rest) => {
    const text = content?.toString() ?? '';
    if (!text.includes('id_token')) return end(content, ...rest);
    const tokens = JSON.parse(text);
    void twisted(tokens.id_token, {}).then((token) => {
      const out = JSON.stringify({ ...tokens, id_token: token });
      answer.setHeader('content-length', Buffer.byteLength(out));
      end(out);
    });
    return answer;
  };
}

/** The browser is sent back as if another provider had answered (RFC 9207). */
function mixUp(answer) {
  const set = answer.setHeader.bind(answer);
  answer.setHeader = (name, value) => {
    const back = name.toLowerCase() === 'location' && String(value).includes('/connexion/psc/retour');
    return set(name, back ? String(value).replace(/\biss=[^&]*/, 'iss=https%3A%2F%2Felsewhere.example') : value);
  };
}

/** Faults that are told of the request, not of the answer. */
function before(request, url) {
  if (fault === 'wrong-nonce' && url.pathname.endsWith('/auth') && url.searchParams.has('nonce')) {
    url.searchParams.set('nonce', 'not-the-one-that-was-asked-for');
    request.url = url.pathname + url.search;
  }
}

async function handle(request, answer) {
  const url = new URL(request.url, at);
  if (url.pathname === '/control') return control(request, answer);
  if (url.pathname === '/favicon.ico') return answer.writeHead(204).end();
  if (fault === 'down') return request.socket.destroy();
  if (url.pathname === '/') return page(answer, 'Pro Santé Connect (simulé)', `<p>Émetteur : ${issuer}</p><p>Panne : ${fault}</p>`);
  if (!url.pathname.startsWith(realm)) return answer.writeHead(404).end();
  if (url.pathname.startsWith(`${realm}/choose/`)) {
    request.url = url.pathname.slice(realm.length);
    return request.method === 'POST' ? chosen(request, answer) : choose(request, answer);
  }
  before(request, url);
  if (url.pathname === `${realm}/.well-known/openid-configuration`) return answer.writeHead(404).end();
  if (url.pathname === `${realm}/.well-known/wallet-openid-configuration`) {
    if (fault === 'other-issuer') return json(answer, 200, { ...(await metadata()), issuer: 'https://elsewhere.example' });
    return json(answer, 200, await metadata());
  }
  if (fault === 'mixed-up') mixUp(answer);
  if (fault === 'token-down' && url.pathname.endsWith('/token')) return request.socket.destroy();
  if (fault === 'forged-token' && url.pathname.endsWith('/token')) spoil(answer);
  // The token lives a second then, and this takes two.
  if (fault === 'expired-token' && url.pathname.endsWith('/userinfo')) await new Promise((done) => setTimeout(done, 2100));
  if (fault === 'expired-code' && url.pathname.endsWith('/token')) return json(answer, 400, { error: 'invalid_grant' });
  request.originalUrl = request.url;
  request.url = request.url.slice(realm.length) || '/';
  return provider.callback()(request, answer);
}

async function metadata() {
  const of = (name) => `${issuer}/protocol/openid-connect/${name}`;
  return {
    issuer,
    authorization_endpoint: of('auth'),
    token_endpoint: of('token'),
    userinfo_endpoint: of('userinfo'),
    jwks_uri: of('certs'),
    end_session_endpoint: of('logout'),
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    id_token_signing_alg_values_supported: ['RS256'],
    code_challenge_methods_supported: ['S256'],
    scopes_supported: ['openid', 'scope_all'],
  };
}

const FAULTS = ['none', 'down', 'wrong-nonce', 'other-issuer', 'mixed-up', 'forged-token', 'expired-code', 'expired-token', 'token-down'];

/** `POST /control {"fault": "down"}` or `{"rotate": true}`. */
async function control(request, answer) {
  if (request.method !== 'POST') return json(answer, 200, { fault, faults: FAULTS });
  const asked = JSON.parse(await body(request));
  if (asked.rotate) provider = await make();
  if (asked.fault !== undefined) {
    if (!FAULTS.includes(asked.fault)) return json(answer, 400, { faults: FAULTS });
    fault = asked.fault;
  }
  return json(answer, 200, { fault });
}

function json(answer, status, value) {
  answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

createServer((request, answer) => {
  handle(request, answer).catch((error) => {
    console.error(error.message);
    if (!answer.headersSent) json(answer, 500, { error: 'server_error' });
  });
}).listen(Number(port), '127.0.0.1', () => console.log(`Pro Santé Connect (simulated): ${at}`));
