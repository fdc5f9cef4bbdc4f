// Pages that og-render makes, in a browser.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { TESTS, browser, og, pageFile, workplace } from './browser.mjs';
import { run, test } from './tap.mjs';

const sample = name => readFileSync(path.join(TESTS, 'golden', name + '.json'), 'utf8');

test('a static page shows its title and logs nothing', async t => {
	const page = await t.browser.newPage();
	const logged = [];

	page.on('console', message => logged.push(message.text()));
	await page.goto(pageFile(t.dir, 'static.html', og('og-render', ['--to=html', '--static'], { input: sample('inventory') })));
	assert.match(await page.title(), /\w/);
	assert.deepEqual(logged, []);
	await page.close();
});

await run({
	async before() {
		return { ...workplace(), browser: await browser() };
	},
	async after(t) {
		await t.browser.close();
		t.done();
	},
});
