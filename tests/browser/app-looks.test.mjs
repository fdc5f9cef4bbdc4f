// How the page of og-serve looks and reads: axe in every section, phones,
// keys, roles, hostile texts, and what it says when something fails.
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import path from 'node:path';
import { BUILD, axe, picture } from './browser.mjs';
import { closed, goTo, left, opened, say, view, visit, visitAs } from './company.mjs';
import { run, test } from './tap.mjs';

const SECTIONS = ['command', 'tasks', 'approvals', 'ledger', 'explore', 'budgets', 'services'];
const RULES = {
	runOnly: {
		type: 'tag',
		values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
	},
};
const DESKS = 'Run Procure-to-Pay workflow to purchase 2 Standing Desks';
const HOSTILE = '<img src=x onerror="globalThis.hit=1"><script>globalThis.hit=2</script>';

const keep = (page, name) => picture(page, 'app', name, { fullPage: true });

// Until nothing is being fetched any more.
async function settled(page) {
	await page.locator('.ap-loading').first().waitFor({ state: 'detached', timeout: 30_000 });
	await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))));
}

async function close(t, page) {
	assert.deepEqual(page.logged, []);
	await left(t, page);
}

// The page's own document; what stands in a sealed frame has tests of its own.
async function violations(page, rules) {
	const found = await page.evaluate(async one => {
		const { violations: all } = await globalThis.axe.run(
			{ exclude: ['iframe'] },
			{ ...one, iframes: false },
		);

		return all.map(
			one =>
				`${one.id}: ${one.nodes
					.map(node => node.html.slice(0, 160))
					.slice(0, 3)
					.join(' | ')}`,
		);
	}, rules);

	return found;
}

const overflow = page => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);

// A theme changes colours and nothing else: the dark one is asked about those.
for (const [theme, rules] of [['light', RULES], ['dark', { runOnly: ['color-contrast'] }]])
	test(`axe finds nothing and nothing is too wide: ${theme}, 390 and 1360 px`, async t => {
		const page = await visit(t, { theme });

		await page.getByLabel('Password').waitFor();
		await page.evaluate(axe());
		assert.deepEqual(await violations(page, rules), [], 'signing in');
		await left(t, page);
		for (const width of [1360, 390]) {
			const own = await visitAs(t, 'alice', { theme, width, height: width === 390 ? 844 : 900 });

			const found = [];

			await own.evaluate(axe());
			await say(own, 'Inspect product stock levels');
			await view(own);
			for (const section of [...SECTIONS, `tasks/${t.task}`]) {
				await goTo(own, section);
				await settled(own);
				found.push(...(await violations(own, rules)).map(one => `${section} at ${width}: ${one}`));
				if ((await overflow(own)) > 0)
					found.push(`${section} at ${width} is too wide`);
				await keep(own, `${section.split('/').length > 1 ? 'task' : section}-${width}-${theme}`);
			}
			assert.deepEqual(found, []);
			await close(t, own);
		}
	});

test('320 px: nothing is too wide, and the sections are reached below', async t => {
	const page = await visitAs(t, 'alice', { width: 320, height: 640, theme: 'dark' });

	for (const section of SECTIONS) {
		await goTo(page, section);
		await settled(page);
		assert.ok((await overflow(page)) <= 0, section);
	}
	await page.getByRole('button', { name: 'More' }).click();
	await page.getByRole('link', { name: 'Budgets' }).click();
	await page.getByRole('heading', { name: 'Budgets', level: 1 }).waitFor();
	await close(t, page);
});

test('keys: the box, its history, the sections, the list of keys', async t => {
	const page = await visitAs(t, 'bob');

	// A page less than a second old, as a fast machine shows it, hears its keys.
	await page.evaluate(() => Object.defineProperty(performance, 'now', { value: () => 500 }));
	for (const section of ['command', 'budgets']) {
		await goTo(page, section);
		await page.locator('.ap-content').focus();
		await page.keyboard.press('/');
		await page.locator('#ap-command:focus').waitFor({ timeout: 30_000 });
	}
	await say(page, 'Inspect product stock levels');
	await say(page, 'show stock levels of all products', /./);
	await page.locator('#ap-command').fill('draft');
	await page.keyboard.press('ArrowUp');
	assert.equal(await page.locator('#ap-command').inputValue(), 'show stock levels of all products');
	await page.keyboard.press('ArrowUp');
	assert.equal(await page.locator('#ap-command').inputValue(), 'Inspect product stock levels');
	await page.keyboard.press('ArrowDown');
	await page.keyboard.press('ArrowDown');
	assert.equal(await page.locator('#ap-command').inputValue(), 'draft');
	await page.getByRole('link', { name: 'Tasks', exact: true }).focus();
	await page.keyboard.press('?');
	await page.getByRole('dialog', { name: 'Keys' }).waitFor();
	await page.keyboard.press('Escape');
	await page.keyboard.press('g');
	await page.keyboard.press('l');
	await page.getByRole('heading', { name: 'Ledger', level: 1 }).waitFor();
	await page.waitForFunction(() => document.activeElement.className === 'ap-content');
	await page.reload();
	await goTo(page, 'command');
	assert.equal(await page.locator('#ap-command').inputValue(), 'draft', 'a reload loses nothing');
	await close(t, page);
});

test('an address that changes while the page begins is followed', async t => {
	const context = await t.browser.newContext();

	// As soon as the sections are drawn, when the page does not listen yet.
	await context.addInitScript(() => {
		const drawn = new MutationObserver(() => {
			if (!document.querySelector('.ap-content'))
				return;
			drawn.disconnect();
			history.replaceState(null, '', '#/budgets');
			dispatchEvent(new Event('hashchange'));
		});

		drawn.observe(document, { childList: true, subtree: true });
	});
	const page = await visitAs(t, 'alice', { context });

	await page.getByRole('heading', { name: 'Budgets', level: 1 }).waitFor();
	await context.close();
});

test('suggestions follow what is typed', async t => {
	const page = await visitAs(t, 'bob');
	const offers = page.getByRole('list', { name: 'Examples' });

	await offers.getByRole('button').first().waitFor();
	await page.locator('#ap-command').fill('stock');
	await offers.getByRole('button').filter({ hasNotText: /stock/i }).first().waitFor({ state: 'detached' });
	const words = await offers.getByRole('button').first().locator('span').innerText();
	await offers.getByRole('button').first().click();
	assert.equal(await page.locator('#ap-command').inputValue(), words);
	await close(t, page);
});

test('a customer is offered what a customer may see, and told why not', async t => {
	const page = await visitAs(t, 'charlie');

	await page.getByRole('link', { name: 'Tasks', exact: true }).waitFor();
	assert.deepEqual(
		(await page.locator('.ap-nav > a').allInnerTexts()).map(text => text.trim()),
		['Command', 'Tasks'],
	);
	for (const section of ['ledger', 'approvals', 'services'])
		await goTo(page, section).then(() => page.getByText('Not for your role').waitFor());
	await goTo(page, `tasks/${t.task}`);
	await page.getByText('Not found').first().waitFor();
	await goTo(page, 'nowhere');
	await page.getByText('This address leads nowhere').waitFor();
	await close(t, page);
});

test('hostile texts are texts, in every section', async t => {
	const page = await visitAs(t, 'alice', { height: 1200 });

	t.shop.sql(`UPDATE products SET name = '${HOSTILE.replace(/'/g, "''")}' WHERE id = 3`);
	await say(page, `Inspect product stock levels ${HOSTILE}`, /./);
	await say(page, 'Inspect product stock levels');
	const frame = await view(page);
	await frame.getByText('<img src=x').first().waitFor();
	await page.route('**/api/logs*', route =>
		route.fulfill({
			json: { lines: [{ time: '2026-11-26T00:00:00Z', service: HOSTILE, text: HOSTILE }] },
		}),
	);
	for (const section of SECTIONS) {
		await goTo(page, section);
		await settled(page);
		assert.equal(
			await page.evaluate(() => document.querySelectorAll('#root img, #root script').length),
			0,
			section,
		);
	}
	await page.locator('.ap-log').getByText('<img src=x').first().waitFor();
	await goTo(page, 'tasks');
	await page.getByText('<img src=x').first().waitFor();
	assert.equal(await page.evaluate(() => globalThis.hit), undefined);
	await close(t, page);
});

test("the frame is sealed, and the page's policy allows no inline script", async t => {
	const page = await visitAs(t, 'bob');
	const policy = (await page.request.get(`${t.shop.url}/`)).headers()['content-security-policy'];

	assert.match(policy, /require-trusted-types-for 'script'; trusted-types og-frame/);
	assert.doesNotMatch(policy, /unsafe/);
	await say(page, 'Inspect product stock levels');
	await view(page);
	assert.equal(await page.locator('.ap-sealed iframe').getAttribute('sandbox'), 'allow-scripts');
	const refused = await page.evaluate(() => {
		try {
			document.body.insertAdjacentHTML('beforeend', '<b>x</b>');
			return false;
		} catch {
			return true;
		}
	});
	assert.ok(refused, 'no text becomes markup here');
	page.logged.length = 0; // the browser tells of that one
	await close(t, page);
});

// What it says when the server says no; answers are made up for these only.
for (const [status, words, button] of [
	[503, 'Too much to do', 'Try again'],
	[500, 'That did not work', 'Try again'],
	[429, 'Too many requests', 'Try again'],
	[403, 'Not for your role', ''],
])
	test(`an answer of ${status} is explained`, async t => {
		const page = await visitAs(t, 'alice');

		await page.route('**/api/ledger*', route =>
			route.fulfill({
				status,
				json: { detail: `<b>made up</b> ${status}` },
				headers: { 'Retry-After': '7' },
			}),
		);
		await goTo(page, 'ledger');
		await page.getByText(words).first().waitFor();
		await page.getByText(`<b>made up</b> ${status}`).first().waitFor();
		assert.equal(await page.getByRole('button', { name: 'Try again' }).count(), button ? 1 : 0);
		await page.unroute('**/api/ledger*');
		if (button) {
			await page.getByRole('button', { name: button }).click();
			await page.getByRole('heading', { name: 'Integrity' }).waitFor();
		}
		await close(t, page);
	});

test('reduced motion: nothing moves', async t => {
	const page = await visitAs(t, 'bob', { reducedMotion: 'reduce' });

	await page.route('**/api/tasks?*', () => {}); // never answered
	await goTo(page, 'tasks');
	await page.locator('.ap-loading i').first().waitFor();
	assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
	await close(t, page);
});

test('it is small, and there soon', async t => {
	const size = statSync(path.join(BUILD, 'share', 'omnigate', 'ui', 'app.js')).size;
	const page = await visit(t);

	await page.getByLabel('Password').waitFor();
	const first = await page.evaluate(
		() =>
			performance.getEntriesByType('paint').find(one => one.name === 'first-contentful-paint')
				?.startTime,
	);
	console.log(`# app.js ${size} bytes, first paint after ${Math.round(first)} ms`);
	assert.ok(size <= 130 * 1024, `${size} bytes`);
	await close(t, page);
});

await run({
	timeout: 420_000,
	async before() {
		const t = await opened();

		return { ...t, task: t.shop.run('og-submit', ['--as', 'alice', DESKS]).trim() };
	},
	after: closed,
});
