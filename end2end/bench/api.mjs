// The API as a client sees it, on one kept connection.
import { cpu, p95 } from './process.mjs';

const ROWS = ['id', 'threadId', 'mailboxIds', 'keywords', 'from', 'to', 'subject', 'receivedAt', 'receivedLocal', 'size',
  'hasAttachment', 'attachmentKind', 'preview', 'conversation', 'card'];
const MESSAGE = ['id', 'blobId', 'threadId', 'mailboxIds', 'keywords', 'messageId', 'references', 'from', 'sender', 'to',
  'cc', 'bcc', 'replyTo', 'subject', 'receivedAt', 'receivedLocal', 'size', 'preview', 'attachments', 'remoteRemoved',
  'damaged', 'card', 'pending'];
const USING = ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail', 'urn:ietf:params:jmap:submission', 'urn:pli:mail'];

export class Api {
  constructor(url, token) {
    this.url = url;
    this.headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  }

  async connect() {
    const session = await fetch(`${this.url}/jmap/session`, { headers: this.headers }).then((answer) => answer.json());
    this.account = session.primaryAccounts['urn:ietf:params:jmap:mail'];
    const [mailboxes] = await this.call(['Mailbox/get', {}]);
    this.mailbox = Object.fromEntries(mailboxes.list.filter((one) => one.role).map((one) => [one.role, one.id]));
    const [identities] = await this.call(['Identity/get', {}]);
    this.identity = identities.list[0];
    return this;
  }

  /** One batch; `accountId` is added to each call. */
  async call(...calls) {
    const methodCalls = calls.map(([name, args], at) => [name, { accountId: this.account, ...args }, String(at)]);
    const answer = await fetch(`${this.url}/jmap`, {
      method: 'POST', headers: this.headers, body: JSON.stringify({ using: USING, methodCalls }),
    });
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
    const { methodResponses } = await answer.json();
    const failed = methodResponses.find(([name]) => name === 'error');
    if (failed) throw new Error(JSON.stringify(failed));
    return methodResponses.map(([, value]) => value);
  }

  list(cursor = null, filter = { inMailbox: this.mailbox.inbox }) {
    return this.call(
      ['Email/query', { filter, sort: [{ property: 'receivedAt', isAscending: false }], collapseThreads: true, cursor, limit: 50 }],
      ['Email/get', { '#ids': { resultOf: '0', name: 'Email/query', path: '/ids' }, properties: ROWS }],
      ['Mailbox/get', {}],
    );
  }

  search(text) {
    return this.call(
      ['Email/query', { filter: { text }, sort: [{ property: 'receivedAt', isAscending: false }], cursor: null, limit: 50, calculateTotal: true }],
      ['Email/get', { '#ids': { resultOf: '0', name: 'Email/query', path: '/ids' }, properties: ROWS }],
      ['SearchSnippet/get', { filter: { text }, '#emailIds': { resultOf: '0', name: 'Email/query', path: '/ids' } }],
    );
  }

  open(thread) {
    return this.call(
      ['Thread/get', { ids: [thread] }],
      ['Email/get', { '#ids': { resultOf: '0', name: 'Thread/get', path: '/list/*/emailIds' }, properties: MESSAGE }],
    );
  }

  archive(id) {
    return this.call(['Email/set', { update: { [id]: { mailboxIds: { [this.mailbox.archive]: true } } } }]);
  }

  async draft(text, to) {
    const create = { d: { mailboxIds: { [this.mailbox.drafts]: true }, keywords: { $draft: true, $seen: true },
      from: [{ email: this.identity.email, name: this.identity.name }], to: [{ email: to }], subject: 'Mesure',
      bodyStructure: { type: 'text/plain', partId: 't' }, bodyValues: { t: { value: text } } } };
    const [answer] = await this.call(['Email/set', { create }]);
    return answer.created.d.id;
  }

  send(email, to) {
    return this.call(['EmailSubmission/set', {
      create: { s: { emailId: email, identityId: this.identity.id, envelope: { mailFrom: { email: this.identity.email, parameters: null }, rcptTo: [{ email: to, parameters: null }] } } },
      onSuccessUpdateEmail: { '#s': { mailboxIds: { [this.mailbox.sent]: true }, 'keywords/$draft': null } },
    }]);
  }
}

/** p95 in ms and CPU in ms per call of `act(index)`, after a few calls to warm up. */
export async function measure(pid, count, act) {
  for (let at = 0; at < 5; at++) await act(at);
  const times = [];
  const before = cpu(pid);
  for (let at = 5; at < count + 5; at++) {
    const start = performance.now();
    await act(at);
    times.push(performance.now() - start);
  }
  return { p95: p95(times), cpu: (cpu(pid) - before) / count };
}
