import { approvals } from '../support/devices';
import { good } from '../support/opening';
import { expect, test } from '../support/server';

// A wrong number and a refusal are answered as such.
test.use({ expected: /status of (403|422) / });

approvals(true);

test('the approval page in English', { tag: '@once' }, async ({ browser, server }, info) => {
  const context = await browser.newContext({ ...info.project.use, locale: 'en-GB' });
  const page = await context.newPage();
  await page.goto(`${server.url}/compte/approbation`);
  await expect(page.getByRole('heading', { name: 'Approve a sign-in' })).toBeVisible();
  await good(page);
  await context.close();
});
