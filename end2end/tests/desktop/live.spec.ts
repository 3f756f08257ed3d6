import { Mailbox, message } from '../../support/mailbox';
import { expect, hydrated, test } from '../../support/server';

const unread = (title: string) => Number(/^\((\d+)\)/.exec(title.replace(/\s/g, ''))?.[1] ?? 0);

test('new mail does not move what is under the pointer: it is announced, counted, and shown when asked for', async ({ dr, server }) => {
  await hydrated(dr);
  const box = await Mailbox.of(server);
  const before = unread(await dr.title());
  const row = dr.getByTestId('row').nth(2);
  await row.hover();
  const id = await row.getAttribute('data-id');
  await box.deliver(message({ Subject: 'Arrivé sous le pointeur' }, 'Bonjour'));
  const pill = dr.getByRole('button', { name: '1 nouveau message' });
  await expect(pill).toBeVisible();
  await expect(row).toHaveAttribute('data-id', id!);
  await expect.poll(async () => unread(await dr.title())).toBe(before + 1);
  await pill.click();
  await expect(dr.getByTestId('row').first()).toContainText('Arrivé sous le pointeur');
  await expect(pill).toBeHidden();
});

test('one act asks for the list once: what its own event tells is on screen already', async ({ dr }) => {
  await dr.clock.install();
  await dr.reload();
  await hydrated(dr);
  const lists: string[] = [];
  dr.on('request', (one) => {
    if (one.url().endsWith('/jmap') && one.postData()?.includes('"Email/query"')) lists.push(one.postData()!);
  });
  await dr.evaluate(() => {
    const page = window as unknown as { events: number };
    page.events = 0;
    new BroadcastChannel('pli-events').onmessage = () => (page.events += 1);
  });
  await dr.keyboard.press('j');
  const asked = dr.waitForResponse((one) => !!one.request().postData()?.includes('"Email/query"'));
  await dr.keyboard.press('s');
  await (await asked).finished();
  await expect.poll(() => dr.evaluate(() => (window as unknown as { events: number }).events)).toBeGreaterThan(0);
  await dr.clock.runFor(2_000);
  await dr.evaluate(() => fetch('/healthz').then((it) => it.text()));
  expect(lists).toHaveLength(1);
});
