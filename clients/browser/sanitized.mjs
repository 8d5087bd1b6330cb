// Reads the page that `lockstep export --sanitize` made of hostile.ipynb, whose every script would set window.hacked.
//
// usage: sanitized.mjs PAGE SCREENSHOTS

import { pathToFileURL } from 'node:url';

import { Steps, expect, withBrowser } from './browser.mjs';

const [file, shots] = process.argv.slice(2);
const address = pathToFileURL(file).href;

await withBrowser(async browser => {
  for (const scheme of ['light', 'dark']) {
    const context = await browser.newContext({ colorScheme: scheme, viewport: { width: 1000, height: 1000 } });
    const page = await context.newPage();
    const steps = new Steps(page, shots);
    const asked = [];
    page.on('request', r => r.url().startsWith('file:') || r.url().startsWith('data:') || asked.push(r.url()));
    const refused = [];
    page.on('console', m => /Content Security Policy/.test(m.text()) && refused.push(m.text()));
    await steps.step(`sanitized page ${scheme}`, async () => {
      await page.goto(address);
      const hacked = await page.evaluate(() => window.hacked);
      expect(hacked === undefined, `a script of the notebook ran: ${hacked}`);
      expect(page.url() === address, `the page has gone to ${page.url()}`);
      expect(asked.length === 0, `asked for ${asked}`);
      // What is refused must be the notebook's, and its scripts and styles are left out before.
      const ours = refused.filter(m => !/img-src/.test(m));
      expect(ours.length === 0, ours.join('\n'));
    });
    await steps.step(`theme of the sanitized page ${scheme}`, async () => {
      const before = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const button = page.getByRole('button', { name: /Theme/ });
      // Through all of its states: another one than the browser's is among them.
      const seen = new Set([before]);
      for (let i = 0; i < 3; i++) {
        await button.click();
        seen.add(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
      }
      expect(seen.size > 1, `the page's own script does not run: its background is always ${before}`);
    });
    await steps.step(`all of the sanitized page ${scheme}`, async () => {
      const text = await page.evaluate(() => document.body.innerText);
      for (const want of ['A hostile notebook', 'inside', 'bold', 'a drawing', 'Left out of this page']) {
        expect(text.includes(want), `the page does not say ${want}`);
      }
    });
    steps.end();
    await context.close();
  }
});
