// What the scripts share: the browser, and a record of what was tried.

import { createRequire } from 'node:module';
import path from 'node:path';

export const load = createRequire(path.join(process.env.NODE_MODULES, 'browser.cjs'));

const { chromium } = load('playwright-core');

// withBrowser calls f with a browser, and ends that.
export async function withBrowser(f) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    // The sandbox cannot be had as root, as which containers run; all pages are our own.
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
  try {
    await f(browser);
  } finally {
    await browser.close();
  }
}

// Steps runs named steps one after another, takes a screenshot after each, and ends
// the program with a list of those that failed.
export class Steps {
  constructor(page, shots) {
    this.page = page;
    this.shots = shots;
    this.failed = [];
    this.n = 0;
  }

  async step(name, f) {
    const begun = Date.now();
    let failure = '';
    try {
      await f();
    } catch (err) {
      failure = String(err.message ?? err);
      this.failed.push(name);
    }
    this.n++;
    const file = `${String(this.n).padStart(2, '0')}-${name.replace(/\W+/g, '-')}.png`;
    await this.page.screenshot({ path: path.join(this.shots, file) }).catch(() => {});
    console.log(`${failure ? 'FAILED' : 'ok    '} ${name}, ${((Date.now() - begun) / 1000).toFixed(1)} s${failure && '\n       ' + failure.replace(/\n/g, '\n       ')}`);
  }

  end() {
    if (this.failed.length > 0) {
      console.log(`${this.failed.length} of ${this.n} steps failed`);
      process.exitCode = 1;
    }
  }
}

export function expect(holds, what) {
  if (!holds) throw new Error(what);
}
