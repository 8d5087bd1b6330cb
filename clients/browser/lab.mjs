// Uses JupyterLab as a reader does, with the keyboard and the mouse.
//
// usage: lab.mjs URL TOKEN NOTEBOOK SCREENSHOTS
//
// URL serves a folder with NOTEBOOK, a lesson, and with trial.ipynb, a notebook with an empty cell.

import { Steps, expect, withBrowser } from './browser.mjs';

const [url, token, notebook, shots] = process.argv.slice(2);
const minute = 60_000;

// The visible document: JupyterLab keeps those in other tabs, hidden.
const open = '.jp-NotebookPanel:not(.lm-mod-hidden)';

class Notebook {
  constructor(page) {
    this.page = page;
    this.panel = page.locator(open);
    this.cells = this.panel.locator('.jp-CodeCell');
  }

  async open(name) {
    await this.page.goto(`${url}lab/tree/${name}?token=${token}&reset`);
    await this.panel.locator('.jp-Toolbar-kernelName', { hasText: 'Go (lockstep)' }).waitFor({ timeout: minute });
    await this.idle();
  }

  async idle(timeout = minute) {
    await this.panel.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').waitFor({ timeout });
  }

  // menu chooses an entry of the menu bar.
  async menu(name, entry) {
    await this.page.locator('.lm-MenuBar-itemLabel', { hasText: new RegExp(`^${name}$`) }).click();
    const item = this.page.locator('.lm-Menu-itemLabel', { hasText: entry }).first();
    await item.waitFor();
    await item.click();
  }

  // ran waits until every code cell has its number; one that is hidden shows none.
  async ran(timeout) {
    await this.page.waitForFunction(
      open => {
        const numbers = [...document.querySelectorAll(`${open} .jp-CodeCell .jp-InputPrompt`)].map(p => p.textContent).filter(n => n !== '');
        return numbers.length > 0 && numbers.every(n => /^\[\d+\]:$/.test(n));
      },
      open,
      { timeout },
    );
    await this.idle(timeout);
  }

  // saved is the notebook as JupyterLab writes it.
  async saved(name) {
    await this.page.keyboard.press('Control+s');
    await this.page.waitForFunction(() => !document.querySelector('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-mod-dirty, .lm-TabBar-tab.lm-mod-current.jp-mod-dirty'), null, { timeout: minute });
    let reply;
    for (const until = Date.now() + minute; ; await this.page.waitForTimeout(200)) {
      reply = await fetch(`${url}api/contents/${name}?content=1`, { headers: { Authorization: `token ${token}` } });
      if (reply.status !== 400 || Date.now() > until) break; // the server writes in place: in between there is no notebook to read
    }
    expect(reply.ok, `${name}: ${reply.status}`);
    return (await reply.json()).content;
  }

  // type puts text into the last cell, in place of what is in it.
  async type(text) {
    const cell = this.cells.last();
    await cell.locator('.cm-content').click();
    await this.page.keyboard.press('Control+a');
    await this.page.keyboard.press('Delete');
    await this.page.keyboard.insertText(text);
    return cell;
  }

  // run types text, executes it, and returns the cell; beneath it there is a new one then.
  async run(text) {
    const n = await this.cells.count();
    await this.type(text);
    await this.page.keyboard.press('Shift+Enter');
    await this.page.waitForFunction(([open, n]) => document.querySelectorAll(`${open} .jp-CodeCell`).length > n, [open, n]);
    return this.cells.nth(n - 1);
  }

  async output(cell, text, timeout = minute) {
    await cell.locator('.jp-OutputArea-output', { hasText: text }).first().waitFor({ timeout });
  }
}

// problems are the errors among the outputs of a notebook that no tag announces.
function problems(content) {
  return content.cells.flatMap(c =>
    c.cell_type !== 'code' || c.metadata.tags?.includes('raises-exception')
      ? []
      : c.outputs.filter(o => o.output_type === 'error').map(o => `${c.id}: ${o.ename}: ${o.evalue}`));
}

function outputs(content) {
  return content.cells.filter(c => c.cell_type === 'code').flatMap(c => c.outputs);
}

await withBrowser(async browser => {
  const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
  page.setDefaultTimeout(minute / 2);
  const lesson = new Notebook(page);
  const steps = new Steps(page, shots);

  await steps.step('a lesson opens with its kernel', async () => {
    await lesson.open(notebook);
    // Keywords have a colour: JupyterLab knows the language.
    await lesson.panel.locator('.cm-content span[class]', { hasText: /^func$/ }).first().waitFor();
  });

  await steps.step('run all cells', async () => {
    await lesson.menu('Run', 'Run All Cells');
    await lesson.ran(3 * minute);
    const content = await lesson.saved(notebook);
    expect(problems(content).length === 0, problems(content).join('\n'));
  });

  await steps.step('tables and pictures are visible', async () => {
    const content = await lesson.saved(notebook);
    const tables = outputs(content).filter(o => o.data?.['text/html']?.toString().includes('<table'));
    const pictures = outputs(content).filter(o => o.data?.['image/svg+xml'] || o.data?.['text/html']?.toString().includes('<svg'));
    expect(tables.length > 0 && pictures.length > 0, `tables: ${tables.length}, pictures: ${pictures.length}`);
    for (const selector of ['.jp-OutputArea-output table', '.jp-OutputArea-output svg, .jp-OutputArea-output img[src^="data:image/svg"]']) {
      const seen = lesson.panel.locator(selector).first();
      await seen.scrollIntoViewIfNeeded();
      const box = await seen.boundingBox();
      expect(box && box.width > 100 && box.height > 50, `${selector}: ${JSON.stringify(box)}`);
    }
  });

  await steps.step('restart and run all', async () => {
    await lesson.menu('Run', 'Restart Kernel and Run All Cells…');
    await page.locator('.jp-Dialog .jp-mod-accept').click();
    // The last cell has lost its number: from here on those of the new kernel come.
    await page.waitForFunction(open => !/\d/.test([...document.querySelectorAll(`${open} .jp-CodeCell .jp-InputPrompt`)].at(-1).textContent), open);
    await lesson.ran(3 * minute);
    const content = await lesson.saved(notebook);
    expect(problems(content).length === 0, problems(content).join('\n'));
    const code = content.cells.filter(c => c.cell_type === 'code' && c.source.length > 0);
    expect(code.every((c, i) => c.execution_count === i + 1), `numbers: ${code.map(c => c.execution_count)}`);
  });

  const trial = new Notebook(page);
  await steps.step('a cell of one\'s own', async () => {
    await trial.open('trial.ipynb');
    await trial.output(await trial.run('6 * 7'), '42');
  });

  await steps.step('progress is shown in place', async () => {
    const cell = await trial.run('%%compare -n 2 -r 6 --modes simple,goroutines\ntime.Sleep(100 * time.Millisecond)');
    await cell.evaluate(node => {
      window.seen = { texts: new Set(), most: 0 };
      const look = () => {
        const children = [...node.querySelectorAll('.jp-OutputArea-child')];
        const line = children.find(c => c.querySelector('progress'));
        if (line) {
          window.seen.texts.add(line.querySelector('.jp-OutputArea-output').innerHTML);
          window.seen.most = Math.max(window.seen.most, children.length);
        }
      };
      new MutationObserver(look).observe(node, { subtree: true, childList: true, characterData: true, attributes: true });
      look();
    });
    await trial.output(cell, 'goroutines');
    await trial.idle();
    const seen = await page.evaluate(() => ({ texts: [...window.seen.texts], most: window.seen.most }));
    expect(seen.texts.length >= 3, `progress lines seen: ${seen.texts.join(' | ')}`);
    expect(seen.most <= 2, `outputs beneath each other while it ran: ${seen.most}`);
  });

  await steps.step('the stop button ends a comparison, and the kernel goes on', async () => {
    await trial.run('kept := 41');
    const cell = await trial.run('%%compare -n 2 -r 3\nfor i := 0; ; i++ { _ = i }');
    await cell.locator('progress').waitFor();
    await trial.panel.locator('jp-button[data-command="notebook:interrupt-kernel"], [data-command="notebook:interrupt-kernel"] button, [data-jp-item-name="interrupt"] jp-button, [data-jp-item-name="interrupt"] button').first().click();
    await trial.output(cell, /interrupt/i, 5_000);
    await trial.output(await trial.run('kept + 1'), '42');
  });

  await steps.step('%recycle starts another process with what the session has', async () => {
    const process = async () => {
      const cell = await trial.run('os.Getpid()');
      await trial.output(cell, /^\d+$/);
      return cell.locator('.jp-OutputArea-output').first().textContent();
    };
    const before = await process();
    await trial.run('%recycle');
    await trial.output(await trial.run('kept + 1'), '42');
    expect(await process() !== before, `the process is still ${before}`);
    await trial.run('waiting := make(chan int)');
    await trial.output(await trial.run('%recycle'), 'waiting: waiting is of type chan int');
  });

  await steps.step('completion answers', async () => {
    await trial.type('strings.ToUp');
    await page.keyboard.press('Tab');
    // A single match is put in at once, several are listed.
    await page.waitForFunction(open => document.querySelector('.jp-Completer:not(.lm-mod-hidden)') || /strings\.ToUpper/.test([...document.querySelectorAll(`${open} .cm-content`)].at(-1).textContent), open);
    await page.keyboard.press('Escape');
    await trial.type('strings.Tri');
    await page.keyboard.press('Tab');
    await page.locator('.jp-Completer-item', { hasText: 'TrimSpace' }).first().waitFor();
    await page.screenshot({ path: `${shots}/completion.png` });
    await page.keyboard.press('Escape');
  });

  await steps.step('the tooltip and the inspector answer', async () => {
    await trial.type('strings.TrimSpace');
    await page.keyboard.press('Shift+Tab');
    await page.locator('.jp-Tooltip', { hasText: 'func TrimSpace(s string) string' }).waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+i');
    await page.locator('.jp-Inspector').waitFor();
    await trial.cells.last().locator('.cm-content').click();
    await page.keyboard.press('End');
    await page.locator('.jp-Inspector', { hasText: 'func TrimSpace(s string) string' }).waitFor();
  });

  await steps.step('a cell asks for input', async () => {
    const cell = await trial.run('var name string\nfmt.Print("your name: ")\nfmt.Scanln(&name)\nfmt.Println("hello", name)');
    const box = cell.locator('.jp-Stdin-input');
    await box.waitFor();
    await box.fill('gopher');
    await box.press('Enter');
    await trial.output(cell, 'hello gopher');
  });

  await steps.step('a syntax error shows its line', async () => {
    const cell = await trial.run('x := 1\nif x = 2 {\n}\n');
    await trial.output(cell, 'if x = 2 {');
    const text = await cell.locator('.jp-OutputArea-output').allTextContents();
    expect(text.join('\n').includes('line 2, column 4'), `got ${text}`);
  });

  await steps.step('a declaration, its use, a panic with its line', async () => {
    await trial.run('type Point struct{ X, Y int }\n\nfunc (p Point) Sum() int { return p.X + p.Y }');
    await trial.output(await trial.run('Point{20, 22}.Sum()'), '42');
    const cell = await trial.run('xs := []int{1}\ni := 3\nxs[i]');
    await trial.output(cell, 'index out of range');
    await trial.output(await trial.run('len(xs)'), '1');
  });

  steps.end();
});
