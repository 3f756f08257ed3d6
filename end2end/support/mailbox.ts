import { execFileSync } from 'node:child_process';
import { MARTIN, expect, type Server } from './server';
import { binary, root } from './template';

type Arguments = Record<string, unknown>;
type Delivered = { id: string; threadId: string; url: string };

/** A mailbox as programs use it (JMAP, RFC 8620 and 8621): what a test puts in and checks behind the screen. */
export class Mailbox {
  private constructor(
    private readonly server: Server,
    private readonly token: string,
    readonly account: string,
    readonly folders: Record<string, string>,
  ) {}

  static async of(server: Server, login = MARTIN): Promise<Mailbox> {
    const token = execFileSync(binary, ['demo', 'token', login, '--data', server.data], { cwd: root }).toString().trim();
    const session = await fetch(`${server.url}/jmap/session`, { headers: { authorization: `Bearer ${token}` } }).then((it) => it.json());
    const account = session.primaryAccounts['urn:ietf:params:jmap:mail'];
    const box = new Mailbox(server, token, account, {});
    const { list } = await box.call('Mailbox/get', { ids: null });
    for (const { id, role, name } of list) box.folders[role ?? name] = id;
    return box;
  }

  async call(method: string, args: Arguments) {
    const using = ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail'];
    const answer = await this.post('/jmap', JSON.stringify({ using, methodCalls: [[method, { accountId: this.account, ...args }, '0']] }), 'application/json');
    const [name, result] = answer.methodResponses[0];
    expect(name, JSON.stringify(result)).toBe(method);
    return result;
  }

  /** Puts a message in a folder, as it is; it arrives now and is unread. */
  async deliver(raw: string | Buffer, folder = this.folders.inbox): Promise<Delivered> {
    const { blobId } = await this.post(`/jmap/upload/${this.account}`, raw, 'message/rfc822');
    const emails = { a: { blobId, mailboxIds: { [folder]: true } } };
    const { created } = await this.call('Email/import', { emails });
    const { id, threadId } = created.a;
    return { id, threadId, url: `${this.server.url}/courrier/${this.account}/${folder}/${threadId}` };
  }

  async email(id: string, properties: string[]) {
    const { list } = await this.call('Email/get', { ids: [id], properties });
    return list[0];
  }

  private async post(path: string, body: string | Buffer, type: string) {
    const headers = { authorization: `Bearer ${this.token}`, 'content-type': type };
    const answer = await fetch(this.server.url + path, { method: 'POST', headers, body: new Uint8Array(Buffer.from(body)) });
    expect(answer.ok, `${path}: ${answer.status}`).toBe(true);
    return answer.json();
  }
}

/** A message with these header fields and this content, lines ended as on the wire. */
export function message(fields: Record<string, string>, content: string): string {
  const all = { From: 'Dr Paul Essai <paul.essai@ailleurs.example>', To: MARTIN, Date: new Date().toUTCString(), 'MIME-Version': '1.0', ...fields };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\n`);
  return `${head.join('')}\n${content}`.replace(/\r?\n/g, '\r\n');
}

/** A message with a PDF named "résultat n°1.pdf" that holds these octets. */
export function messageWith(file: Buffer, subject: string): string {
  const parts = [
    '--limite\nContent-Type: text/plain; charset=utf-8\n\nCi-joint.\n--limite',
    'Content-Type: application/pdf\nContent-Transfer-Encoding: base64',
    `Content-Disposition: attachment; filename*=utf-8''r%C3%A9sultat%20n%C2%B01.pdf\n`,
    `${file.toString('base64').replace(/(.{76})/g, '$1\n')}\n--limite--\n`,
  ];
  return message({ Subject: subject, 'Content-Type': 'multipart/mixed; boundary=limite' }, parts.join('\n'));
}
