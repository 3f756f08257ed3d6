// What the kernel says of a process: CPU time and memory.
import { readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';

const tick = 1000 / Number(execFileSync('getconf', ['CLK_TCK']));

/** CPU milliseconds used so far, user and system. */
export function cpu(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * tick;
}

/** Proportional set size in MiB. */
export function pss(pid) {
  const line = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
  return Number(line[1]) / 1024;
}

/** Runs `act` while the memory is watched; gives the peak in MiB. */
export async function peak(pid, act) {
  let most = pss(pid);
  const timer = setInterval(() => (most = Math.max(most, pss(pid))), 20);
  try {
    await act();
  } finally {
    clearInterval(timer);
  }
  return Math.max(most, pss(pid));
}

export const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
export const p95 = (list) => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * 0.95))];
