import { Mailbox, message } from '../support/mailbox';
import { expect, test } from '../support/server';

// Everything that could run or leave, in one message.
const HTML = `<html><head><base href="http://evil.invalid/"><meta http-equiv="refresh" content="0;url=http://evil.invalid/r">
<link rel="stylesheet" href="http://evil.invalid/s.css"><link rel="dns-prefetch" href="//evil.invalid"><style>@import url(http://evil.invalid/i.css); body{background:url(http://evil.invalid/b.png)}</style></head>
<body onload="parent.document.title='pwned'" background="http://evil.invalid/bg.png">
<script>parent.document.title='pwned'; fetch('http://evil.invalid/f')</script>
<img src="http://evil.invalid/pixel.gif" onerror="parent.document.title='pwned'"><img src=x onerror=alert(1)>
<svg onload="parent.document.title='pwned'"><script>1</script></svg><math><mtext></mtext></math>
<iframe src="http://evil.invalid/frame"></iframe><object data="http://evil.invalid/o"></object><embed src="http://evil.invalid/e">
<form action="http://evil.invalid/form"><input name=a autofocus onfocus="parent.document.title='pwned'"><button>Valider</button></form>
<a href="javascript:parent.document.title='pwned'">lien</a><video src="http://evil.invalid/v" poster="http://evil.invalid/p"></video>
<div style="position:fixed;inset:0;background:url(http://evil.invalid/css.png);z-index:9999">Couvre tout</div>
<p>Texte lisible du message hostile.</p></body></html>`;

test('a hostile message runs nothing, asks for nothing, and changes nothing around it', { tag: '@once' }, async ({ dr, server }) => {
  const raw = message({ From: 'inconnu@ailleurs.example', Subject: 'Message hostile', 'Content-Type': 'text/html; charset=utf-8' }, `${HTML}\n`);
  const { url } = await (await Mailbox.of(server)).deliver(raw);

  const elsewhere: string[] = [];
  dr.on('request', (one) => {
    if (!one.url().startsWith(server.url) && !one.url().startsWith('data:')) elsewhere.push(one.url());
  });
  dr.on('dialog', (dialog) => elsewhere.push(`dialog ${dialog.message()}`));
  await dr.goto(url);
  const title = await dr.title();
  const frame = dr.getByTestId('reading-pane').locator('iframe.body-frame').last();
  const body = frame.contentFrame().locator('body');
  await expect(body).toContainText('Texte lisible du message hostile.');
  await expect(body.locator('script, svg, iframe, object, embed, form, input, video, link, base')).toHaveCount(0);
  await expect(frame).toHaveAttribute('sandbox', 'allow-same-origin allow-popups allow-popups-to-escape-sandbox');
  await dr.waitForTimeout(500);
  expect(await dr.title()).toBe(title);
  expect(elsewhere).toEqual([]);
  await expect(dr.getByTestId('reading-pane').getByRole('heading', { level: 1 })).toHaveText(/Message hostile/);
});
