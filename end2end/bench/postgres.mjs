// A PostgreSQL of the bench's own: kept between runs, on a Unix socket only, with fsync as in production.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const PACKAGED = '/usr/lib/postgresql';

export class Postgres {
  /** Starts it on `data`, made when it is not there. */
  constructor(data) {
    const bin = join(PACKAGED, readdirSync(PACKAGED).sort((a, b) => a - b).at(-1), 'bin');
    this.run = (program, args) => execFileSync(...asPostgres(join(bin, program), args), { stdio: ['ignore', 'ignore', 'inherit'] });
    this.socket = mkdtempSync('/tmp/pli-bench-');
    const fresh = !existsSync(data);
    if (fresh) mkdirSync(data);
    if (process.getuid() === 0) execFileSync('chown', ['-R', 'postgres', this.socket, data]);
    if (fresh) this.run('initdb', ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-instructions']);
    const [program, args] = asPostgres(join(bin, 'postgres'), ['-D', data, '-k', this.socket, '-c', 'listen_addresses=']);
    this.child = spawn(program, args, { stdio: 'ignore' });
    for (let at = 0; ; at++) {
      try {
        this.run('pg_isready', ['-q', '-h', this.socket]);
        break;
      } catch (error) {
        if (at === 100) throw error;
        execFileSync('sleep', ['0.1']);
      }
    }
    if (fresh) this.run('createdb', ['-h', this.socket, '-U', 'postgres', 'pli']);
    this.url = `postgres://postgres@localhost/pli?host=${this.socket}`;
  }

  stop() {
    this.child.kill('SIGINT');
    this.child.on('exit', () => rmSync(this.socket, { recursive: true, force: true }));
  }
}

/** PostgreSQL refuses to run as root. */
function asPostgres(program, args) {
  return process.getuid() === 0 ? ['runuser', ['-u', 'postgres', '--', program, ...args]] : [program, args];
}
