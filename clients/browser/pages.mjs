// Reads the pages that `lockstep run --html` wrote.
//
// usage: pages.mjs FOLDER SCREENSHOTS

import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { Steps, expect, load, withBrowser } from './browser.mjs';

const [folder, shots] = process.argv.slice(2);
const axe = readFileSync(load.resolve('axe-core/axe.min.js'), 'utf8');
const pages = readdirSync(folder).filter(f => f.endsWith('.html')).sort();

// serious are the findings of axe-core that keep somebody from reading the page.
async function serious(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  return violations
    .filter(v => v.impact === 'serious' || v.impact === 'critical')
    .map(v => `${v.id}: ${v.help}: ${v.nodes.length} times, first ${v.nodes[0].html.slice(0, 200)} ${v.nodes[0].failureSummary}`);
}

// wider is by how many pixels the page is wider than the window.
function wider(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

await withBrowser(async browser => {
  for (const scheme of ['light', 'dark']) {
    const context = await browser.newContext({ colorScheme: scheme, viewport: { width: 1200, height: 1000 } });
    const page = await context.newPage();
    const steps = new Steps(page, shots);
    const asked = [];
    page.on('request', r => r.url().startsWith('file:') || r.url().startsWith('data:') || asked.push(r.url()));
    const wrong = [];
    page.on('pageerror', e => wrong.push(e.message));
    for (const file of pages) {
      await steps.step(`page ${file} ${scheme}`, async () => {
        await page.goto(pathToFileURL(path.join(folder, file)).href);
        const found = await serious(page);
        expect(found.length === 0, found.join('\n'));
        expect(asked.length === 0, `asked the network for ${asked}`);
        expect(wrong.length === 0, `scripts: ${wrong}`);
        const wide = await wider(page);
        expect(wide <= 0, `the page is ${wide} pixels wider than the window`);
      });
      if (scheme === 'light') {
        await steps.step(`page ${file} narrow`, async () => {
          await page.setViewportSize({ width: 390, height: 800 });
          const wide = await wider(page);
          expect(wide <= 0, `the page is ${wide} pixels wider than a phone`);
        });
        await page.setViewportSize({ width: 1200, height: 1000 });
        await steps.step(`page ${file} printed`, async () => {
          const paper = await page.pdf({ path: path.join(shots, file.replace(/html$/, 'pdf')), format: 'A4' });
          expect(paper.length > 10_000, `${paper.length} bytes of PDF`);
          const size = statSync(path.join(folder, file)).size;
          expect(size <= 1 << 20, `the page has ${size} bytes`);
        });
      }
    }
    steps.end();
    await context.close();
  }
});
