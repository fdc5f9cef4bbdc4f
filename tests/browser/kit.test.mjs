// The kit in a browser: all components in both runtimes, read by axe, used
// by keyboard, fed with garbage, printed.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ACTIONS, bundle, galleryPage, orders, ordersTable, trees } from './gallery.mjs';
import { TESTS, axe, browser, og, picture, workplace } from './browser.mjs';
import { run, test } from './tap.mjs';

const RUNTIMES = ['preact', 'react'];
const RULES = { runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa',
	'best-practice'] } };

// A window, with its console watched. One serves all tests, since opening one
// costs a second of the processor; each test has a document of its own in it.
async function openWindow(t) {
	const page = await t.browser.newPage();

	page.on('console', message => page.logged.push(message.text()));
	page.on('pageerror', error => page.logged.push(String(error)));
	return page;
}

// The gallery in that window, nothing drawn yet.
async function open(t, runtime, { width = 1360, theme = 'light', height = 900 } = {}) {
	const page = (t.page ??= await openWindow(t));

	await page.goto('about:blank');
	await page.mouse.move(0, 0);
	await page.setViewportSize({ width, height });
	await page.emulateMedia({ media: 'screen', colorScheme: theme, reducedMotion: 'no-preference',
		forcedColors: 'none' });
	page.logged = [];
	await page.goto(t.pages[runtime]);
	return page;
}

async function draw(page, tree, actions = ACTIONS) {
	await page.evaluate(([one, known]) => globalThis.draw(one, known), [tree, actions]);
	await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))));
}

const inPage = (...k) => ({ c: 'Page', p: { title: 'Test' }, k });

const overflow = page => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);

const failures = page => page.locator('.og-fail').count();

async function violations(page, rules = RULES) {
	const found = await page.evaluate(one => globalThis.axe.run(document, one), rules);

	const where = one => one.nodes.slice(0, 3).map(node => node.html.slice(0, 160)).join(' | ');

	return found.violations.map(one => `${one.id}: ${where(one)}`);
}

// A theme changes colours and nothing else, so the dark one is asked about
// those. Both runtimes make the same document, which a test below compares.
for (const [theme, rules] of [['light', RULES], ['dark', { runOnly: ['color-contrast'] }]])
	test(`axe finds nothing, ${theme}, 390 and 1360 px`, async t => {
		const page = await open(t, 'preact', { theme });

		await page.evaluate(axe());
		for (const width of [390, 1360])
			for (const [name, tree] of Object.entries(t.trees)) {
				await page.setViewportSize({ width, height: 900 });
				await draw(page, tree);
				assert.deepEqual(await violations(page, rules), [], `${name} at ${width}`);
				assert.equal(await failures(page), 0, name);
			}
		assert.deepEqual(page.logged, []);
	});

test('axe and the measures find what is planted', async t => {
	const page = await open(t, 'preact');

	await page.evaluate(axe());
	await draw(page, inPage());
	await page.evaluate(() => {
		const button = document.createElement('button'), wide = document.createElement('p');

		wide.textContent = 'x'.repeat(400);
		wide.style.cssText = 'overflow-wrap:normal;color:#999';
		document.querySelector('main').append(button, wide);
	});
	const found = (await violations(page)).map(one => one.split(':')[0]);
	assert.deepEqual(found.filter(id => id === 'button-name' || id === 'color-contrast').length, 2,
		found.join());
	assert.ok(await overflow(page) > 0);
});

test('nothing is wider than the page at 320, 390, 768, 1360 and 1920 px', async t => {
	const page = await open(t, 'preact');

	for (const width of [320, 390, 768, 1360, 1920]) {
		await page.setViewportSize({ width, height: 900 });
		for (const [name, tree] of Object.entries(t.trees)) {
			await draw(page, tree);
			assert.equal(await overflow(page), 0, `${name} at ${width}`);
		}
	}
});

if (process.env.OG_SHOTS)
	test('pictures of the gallery are kept', async t => {
		for (const [theme, width] of [['light', 1360], ['dark', 1360], ['light', 390]]) {
			const page = await open(t, 'preact', { theme, width });

			for (const name of ['operations', 'ledger', 'breaker', 'charts', 'prose', 'graph',
				'golden-saga-compensated']) {
				await draw(page, t.trees[name]);
				await picture(page, 'kit', `${name}-${width}-${theme}`, { fullPage: true });
			}
		}
	});

// Every element with its attributes, in the order of the document, and its
// text. Ids that a runtime makes up are counted instead, and what a field
// holds is compared as what it holds: one sets the attribute, one does not.
function outline() {
	const ids = new Map();
	const plain = text => text.replace(/P\d+-\d+|_r_\w+?_/g, id => ids.get(id) ?? ids.set(id, `id${ids.size}`).get(id));
	const of = node => [...node.attributes].filter(({ name }) => !/^(value|checked|selected)$/.test(name))
		.map(({ name, value }) => `${name}=${plain(value)}`).sort();

	return [document.body.innerText, ...[...document.querySelectorAll('#root *')].map(node =>
		[node.tagName, ...of(node), node.value ?? '', node.checked ?? '', node.selected ?? ''].join(' '))];
}

test('both runtimes draw the same', async t => {
	const seen = {};

	for (const runtime of RUNTIMES) {
		const page = await open(t, runtime);

		seen[runtime] = {};
		for (const width of [1360, 390]) {
			await page.setViewportSize({ width, height: 900 });
			for (const [name, tree] of Object.entries(t.trees)) {
				await draw(page, tree);
				assert.equal(await failures(page), 0, name);
				seen[runtime][`${name} at ${width}`] = await page.evaluate(outline);
			}
		}
		assert.deepEqual(page.logged, []);
	}
	assert.ok(seen.preact['operations at 1360'].length > 100);
	assert.deepEqual(seen.preact, seen.react);
});

test('components are those of the catalogue', async t => {
	const page = await open(t, 'preact');
	const catalogue = JSON.parse(og('og-render', ['--catalog']));

	assert.deepEqual(await page.evaluate(() => [...kit.names].sort()), Object.keys(catalogue).sort());
});

test('a bundle made twice has the same bytes', t => {
	for (const runtime of RUNTIMES)
		assert.equal(bundle(t.dir, runtime), bundle(t.dir, runtime));
});

/* words */

const DRAWN = '.og-table td, .og-kv dd, .og-metric dd:first-of-type, .og-shares td, .og-head h1, .og-head p, ' +
	'.og-tl time, .og-meter b';

const words = page => page.evaluate(selector => [...document.querySelectorAll(selector)].map(node =>
	(node.cloneNode(true)).textContent.replace(/, at or below [\d.,]+$/, '').replace(/\s+/g, ' ').trim()),
		DRAWN);

test('pages say the words of pages without script', async t => {
	const page = await open(t, 'preact'), plain = await t.browser.newPage({ javaScriptEnabled: true });

	for (const name of Object.keys(t.trees).filter(one => one.startsWith('golden-'))) {
		const input = readFileSync(path.join(TESTS, 'golden', `${name.slice(7)}.json`), 'utf8');

		await draw(page, t.trees[name], {});
		await page.evaluate(() => document.querySelectorAll('details').forEach(node => { node.open = true; }));
		await plain.setContent(og('og-render', ['--to=html', '--static'], { input }));
		assert.deepEqual(await words(page), await words(plain), name);
	}
	await plain.close();
});

const VALUES = [
	0, 1, -1, 12, 999, 1000, -1234567, 0.5, 0.05, 0.005, 1.005, 2.675, 1234.5, 1234.56, 1234.567, -0.01, 1e-7,
		1.5e15, 123456789012345, 1e21,
	9007199254740991, 0.125, 0.335, 1.5, -2.25, '', 'text', 'a\u202eb', 'tab\there', '\u0007', '2026-11-24',
		'2026-11-24T09:02:00Z',
	'2026-11-24T09:02:31.5Z', '2026-11-24 09:02:31', '2026-1-24', '2026-99-24T00:00:00', true, false, null,
		'f'.repeat(64),
	{ i: '9223372036854775807' }, { b: 'AAEC' }, { r: '0x1p-1074' },
];
const FORMATS = ['text', 'id', 'number', 'money', 'percent', 'date', 'time', 'bool', 'hash', 'status'];


test('every value in every format reads as in C', async t => {
	const page = await open(t, 'preact'), plain = await t.browser.newPage();
	const file = path.join(t.dir, 'words.json');
	const view = inPage(...FORMATS.map(format => ({
		c: 'KeyValue', p: { currency: 'EUR', items: VALUES.map(value => ({ label: 'x', value, format })) }, k: [],
	})));
	const said = () => [...document.querySelectorAll('.og-kv dd')].map(node => node.textContent);

	writeFileSync(file, JSON.stringify(view));
	await plain.setContent(og('og-render', ['--to=html', '--static', '--view', file, path.join(TESTS, 'golden',
		'schema.json')]));
	const expected = await plain.evaluate(said);
	assert.equal(expected.length, VALUES.length * FORMATS.length);
	await draw(page, view);
	assert.deepEqual(await page.evaluate(said), expected);
	await plain.close();
});

/* tables */

const rows = page => page.locator('.live tbody tr').count();
const column = (page, n) => page.locator(`.live tbody tr td:nth-child(${n})`).allTextContents();

test('a table is filtered from the keyboard, and the way back is there', async t => {
	const page = await open(t, 'preact');

	await draw(page, inPage(ordersTable(38)));
	assert.equal(await rows(page), 8);
	await page.keyboard.press('/');
	await page.keyboard.type('arbor');
	assert.match(await page.locator('.og-foot').first().innerText(), /^\d+ of 38 rows/);
	assert.ok((await column(page, 2)).every(name => name === 'Arbor Schools'));
	assert.equal(await page.locator('.live mark').first().innerText(), 'Arbor');
	await page.keyboard.type('zzz');
	assert.match(await page.locator('.og-empty').innerText(), /Nothing matches/);
	await page.getByRole('button', { name: 'Clear filters' }).click();
	assert.equal(await rows(page), 8);
	assert.match(await page.locator('.og-foot').first().innerText(), /^38 rows/);
	await page.locator('input[type=search]').fill('1,020');
	const grouped = await rows(page);
	await page.locator('input[type=search]').fill('1020');
	assert.equal(await rows(page), grouped);
	await page.locator('input[type=search]').press('Escape');
	assert.equal(await page.locator('input[type=search]').inputValue(), '');
});

test('a table is sorted, up, down and back, nothing last', async t => {
	const page = await open(t, 'preact');
	const list = [3, null, 10, 2].map((n, i) => ({ n, name: 'bcab'[i] + i }));

	await draw(page, inPage({ c: 'Table', p: { title: 'T', rows: list, columns: [{ key: 'n', label: 'N',
		format: 'number' }, { key: 'name', label: 'Name' }] } }));
	const button = page.getByRole('button', { name: 'N', exact: true });
	await button.click();
	assert.deepEqual(await column(page, 1), ['2', '3', '10', '\u2014']);
	assert.equal(await page.locator('th').first().getAttribute('aria-sort'), 'ascending');
	await button.press('Enter');
	assert.deepEqual(await column(page, 1), ['10', '3', '2', '\u2014']);
	await button.press('Space');
	assert.deepEqual(await column(page, 1), ['3', '\u2014', '10', '2']);
});

test('facets count, choose and combine with the filter; pages turn', async t => {
	const page = await open(t, 'preact');

	await draw(page, inPage(ordersTable(38)));
	const facets = page.getByRole('group', { name: 'Show by status' }).getByRole('button');
	const counts = (await facets.allInnerTexts()).map(text => Number(text.match(/\d+$/)[0]));
	assert.equal(counts[0], 38);
	assert.equal(counts.slice(1).reduce((a, b) => a + b, 0), 38);
	await facets.filter({ hasText: 'on hold' }).click();
	assert.ok((await column(page, 6)).every(word => word === 'on hold'));
	await facets.first().click();
	await page.getByRole('button', { name: 'Next' }).click();
	assert.match(await page.locator('.og-pager').innerText(), /2 \/ 5/);
	assert.equal((await column(page, 1))[0], 'SO-48205');
	await page.getByRole('button', { name: 'Name' }).count();
});

test('a row action sends the values of its row', async t => {
	const page = await open(t, 'preact');

	await draw(page, inPage(ordersTable(38)));
	await page.getByRole('button', { name: 'Inspect SO-48210' }).click();
	await page.getByText('Accepted as task 17').waitFor();
	assert.deepEqual(await page.evaluate(() => calls), [{ name: 'inspect', params: { order: 'SO-48210' } }]);
	await draw(page, inPage(ordersTable(38)), {});
	assert.equal(await page.getByRole('button', { name: /Inspect/ }).count(), 0);
});

test('5,000 rows answer a keystroke at once', async t => {
	const page = await open(t, 'preact');

	await draw(page, inPage(ordersTable(5000)));
	const times = await page.evaluate(async () => {
		const input = document.querySelector('input[type=search]'), out = [];

		for (const text of ['a', 'ar', 'arb', 'arbo', 'arbor', 'arbor ', 'arbor s']) {
			const start = performance.now();

			Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(input, text);
			input.dispatchEvent(new Event('input', { bubbles: true }));
			await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
			out.push(Math.round(performance.now() - start));
		}
		return out;
	});
	console.log(`# milliseconds a keystroke: ${times.join(' ')}`);
	assert.match(await page.locator('.og-foot').first().innerText(), / of 5,000 rows/);
	// A tenth of a second; a busy machine gets three of them.
	assert.ok(Math.min(...times) < 300, `even the fastest took ${Math.min(...times)} ms`);
});

test('on a phone rows are cards, with an order to choose', async t => {
	const page = await open(t, 'preact', { width: 390 });

	await draw(page, inPage(ordersTable(38)));
	assert.equal(await page.locator('.live thead').isVisible(), false);
	await page.getByRole('combobox', { name: 'Order of Orders' }).selectOption({ label: 'Total, descending' });
	const totals = (await column(page, 5)).map(text => Number(text.replace(/[$,]/g, '')));
	assert.deepEqual(totals, [...totals].sort((a, b) => b - a));
});

/* charts */

test('charts are read by arrow keys and spoken', async t => {
	const page = await open(t, 'preact');

	await draw(page, t.trees.charts);
	const chart = page.getByRole('img', { name: /^Line below zero/ }),
		live = page.locator('.og-canvas [aria-live]');
	const spoken = async () => (await live.allTextContents()).filter(Boolean);
	await chart.focus();
	await page.keyboard.press('ArrowRight');
	assert.deepEqual(await spoken(), ['Q1: Gain 420, Change \u221280']);
	await page.keyboard.press('End');
	await page.keyboard.press('ArrowLeft');
	assert.deepEqual(await spoken(), ['Q5: Gain \u2014, Change 40']);
	await page.keyboard.press('Escape');
	assert.deepEqual(await spoken(), []);
	assert.ok(await page.locator('.og-chart table').count() >= 8, 'each chart has its table');
});

test('bars keep to their scale, below zero too', async t => {
	const page = await open(t, 'preact');
	const one = rowsOf => ({ c: 'BarChart', p: { rows: rowsOf, x: 'x', series: [{ key: 'a' }, { key: 'b' }],
		stacked: true } });

	await draw(page, inPage(one([{ x: '1', a: 30, b: 10 }, { x: '2', a: -20, b: 10 }])));
	const boxes = await page.evaluate(() => [...document.querySelectorAll('.og-canvas .fill')].map(node => {
		const box = node.getBBox();
		return [Math.round(box.y), Math.round(box.height)];
	}));
	const zero = await page.evaluate(() => Number(document.querySelector('.zl').getAttribute('y1')));
	const unit = boxes[0][1] / 30;
	assert.ok(Math.abs(boxes[0][0] + boxes[0][1] - zero) < 2, 'the first stands on zero');
	assert.ok(Math.abs(boxes[1][0] + boxes[1][1] - boxes[0][0]) < 3, 'the second on the first');
	assert.ok(Math.abs(boxes[2][0] - zero) < 2 && Math.abs(boxes[2][1] - 20 * unit) < 3,
		'what is negative hangs');
});

/* forms, tabs, graph, focus */

test('a form says what is wrong where it is wrong, and sends values of their type', async t => {
	const page = await open(t, 'preact');
	const form = { c: 'ActionForm', p: { action: 'reorder', title: 'Reorder', fields: [] } };

	await draw(page, inPage(form));
	await page.getByRole('button', { name: 'Reorder' }).click();
	assert.equal(await page.locator('.og-err').count(), 3);
	assert.equal(await page.evaluate(() => document.activeElement.tagName), 'SELECT');
	await page.getByLabel('Item').selectOption('BRG-6204');
	await page.getByLabel('Quantity').fill('501');
	await page.getByLabel('Supplier').fill('nordlager');
	await page.getByLabel('Quantity').press('Enter');
	assert.deepEqual(await page.locator('.og-err').allInnerTexts(), ['At most 500',
		'Not in the form that is expected']);
	assert.equal(await page.getByLabel('Quantity').getAttribute('aria-invalid'), 'true');
	const described = await page.getByLabel('Quantity').getAttribute('aria-describedby');
	assert.equal(await page.locator(`[id="${described.split(' ')[0]}"]`).innerText(), 'At most 500');
	assert.equal(await page.evaluate(() => calls.length), 0);
	await page.getByLabel('Quantity').fill('40');
	await page.getByLabel('Supplier').fill('Nordlager');
	await page.getByLabel('Deliver tomorrow').check();
	await page.getByLabel('Supplier').press('Enter');
	await page.getByText('Accepted as task 17').waitFor();
	assert.deepEqual(await page.evaluate(() => calls), [
		{ name: 'reorder', params: { sku: 'BRG-6204', quantity: 40, supplier: 'Nordlager', urgent: true } },
	]);
	assert.equal(await page.locator('form').count(), 0);
});

test('what a host refuses is said beside the button; without the action its command stands there',
	async t => {
	const page = await open(t, 'preact');
	const button = { c: 'ActionButton', p: { action: 'refused', label: 'Freeze' }, k: [{ c: 'Command',
		p: { title: 'Freeze', text: 'og-x' } }] };

	await draw(page, inPage({ c: 'Section', p: {}, k: [button] }));
	await page.getByRole('button', { name: 'Freeze' }).click();
	await page.getByText('The limit does not allow that').waitFor();
	await draw(page, inPage({ c: 'Section', p: {}, k: [button] }), {});
	assert.equal(await page.getByRole('button', { name: 'Freeze' }).count(), 0);
	assert.equal(await page.getByText('og-x').count(), 1);
});

test('tabs and the graph are walked with the keyboard', async t => {
	const page = await open(t, 'preact');

	await draw(page, t.trees.prose);
	await page.getByRole('tab', { name: 'Facts' }).focus();
	await page.keyboard.press('ArrowRight');
	assert.equal(await page.getByRole('tabpanel', { name: 'Statement' }).isVisible(), true);
	await page.keyboard.press('End');
	assert.equal(await page.getByRole('tab', { name: 'Nothing' }).getAttribute('aria-selected'), 'true');
	await draw(page, t.trees.graph);
	await page.getByLabel('Node').selectOption('invoices');
	await page.locator('.og-walk').getByRole('button', { name: 'orders' }).press('Enter');
	assert.equal(await page.locator('.og-walk .here b').innerText(), 'orders');
	assert.equal(await page.getByLabel('Node').inputValue(), 'orders');
});

test('Tab reaches everything in the order of the page, with a ring to see', async t => {
	const page = await open(t, 'preact');
	let last = -1, seen = 0;

	await draw(page, t.trees.operations);
	for (let i = 0; i < 80; i++) {
		await page.keyboard.press('Tab');
		const at = await page.evaluate(() => {
			const all = [...document.querySelectorAll('#root *')], node = document.activeElement,
				style = getComputedStyle(node);

			return node === document.body ? null : { at: all.indexOf(node),
				ring: style.outlineStyle !== 'none' && style.outlineWidth };
		});
		if (!at || at.at <= last)
			break;
		assert.equal(at.ring, '2px');
		last = at.at;
		seen++;
	}
	assert.ok(seen > 20, `${seen} stops`);
});

/* media */

test('print is light, whole, and without what cannot be pressed', async t => {
	const page = await open(t, 'preact', { theme: 'dark' });

	await draw(page, inPage(ordersTable(38)));
	await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
	await page.waitForFunction(() => document.querySelectorAll('.live tbody tr').length === 38);
	assert.equal(await page.locator('.og-tbar').isVisible(), false);
	assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor),
		'rgb(255, 255, 255)');
	await draw(page, t.trees.prose);
	assert.equal(await page.getByText('Try another part.').isVisible(), true, 'all tabs are printed');
	assert.ok((await page.pdf()).length > 10_000);
	await page.emulateMedia({ media: 'screen' });
	await draw(page, inPage(ordersTable(38)));
	await page.waitForFunction(() => document.querySelectorAll('.live tbody tr').length === 8);
});

test('the theme of the root wins over the system; motion and forced colours are respected', async t => {
	const page = await open(t, 'preact', { theme: 'dark' });
	const styleOf = (selector, name) => page.locator(selector).first()
		.evaluate((node, one) => getComputedStyle(node)[one], name);
	const ground = () => styleOf('body', 'backgroundColor');

	await draw(page, t.trees.operations);
	assert.equal(await ground(), 'rgb(14, 16, 20)');
	await page.evaluate(() => { document.documentElement.dataset.theme = 'light'; });
	assert.equal(await ground(), 'rgb(246, 246, 243)');
	await page.emulateMedia({ reducedMotion: 'reduce' });
	assert.equal(await styleOf('.og-btn', 'transitionDuration'), '0s');
	await page.emulateMedia({ forcedColors: 'active' });
	assert.notEqual(await styleOf('.og-badge.warn', 'borderTopStyle'), 'none');
});

/* garbage */

// The same numbers in each run.
function random(seed) {
	let state = seed;

	return n => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return state % n;
	};
}

const HOSTILE = [
	undefined, null, true, 0, -1, 1e308, -1e308, NaN, Infinity, 1.5, '', 'x', '<img src=x onerror=alert(1)>',
		'javascript:alert(1)', '\u202e\u0000',
	'w'.repeat(3000), [], [[]], {}, { constructor: undefined, type: 'iframe', props: { srcdoc: 'x' },
		key: null, ref: null }, { toString: 1 },
	{ $$typeof: 'react.element', type: 'script' }, '2026-11-24T09:02:00Z', ['a', 1, null, {}], '__proto__',
		'constructor', { length: 5 },
];

function garbage(next, catalogue, depth) {
	const names = Object.keys(catalogue), name = names[next(names.length)];
	const any = level => {
		if (level > 2 || next(3) > 0)
			return HOSTILE[next(HOSTILE.length)];
		return next(2) ? Array.from({ length: next(5) }, () => any(level + 1)) : object(level + 1);
	};
	const keys = ['key', 'label', 'value', 'title', 'state', 'undo', 'seq', 'max', 'format', 'text', 'id',
		'from', 'to', 'start', 'ms', 'depth', 'trend', 'action', 'params', 'name', 'dir', 'time'];
	const object = level => Object.fromEntries(Array.from({ length: next(7) }, () => [keys[next(keys.length)],
		any(level)]));
	const props = {};

	for (const prop of Object.keys(catalogue[name].props ?? {}))
		if (next(5) > 0)
			props[prop] = next(3) ? Array.from({ length: next(4) }, () => object(0)) : any(0);
	Object.assign(props, { dangerouslySetInnerHTML: { __html: '<b id=evil>x</b>' }, onClick: 'alert(1)',
		style: 'x', tools: HOSTILE[19], children: HOSTILE[19] });
	return { c: next(20) ? name : 'script', p: props, k: Array.from({ length: depth < 3 ? next(3) : 0 },
		() => (next(4) ? garbage(next, catalogue, depth + 1) : any(0))) };
}

for (const runtime of RUNTIMES)
	test(`garbage in every property is drawn or left out, ${runtime}`, async t => {
		const page = await open(t, runtime);
		const catalogue = JSON.parse(og('og-render', ['--catalog'])), next = random(20261126);

		for (let round = 0; round < 250; round++) {
			const tree = inPage(garbage(next, catalogue, 0), garbage(next, catalogue, 0), garbage(next, catalogue, 0));

			await page.evaluate(([one, known]) => globalThis.draw(one, known), [tree, ACTIONS]);
			if (round % 10 === 0)
				await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))));
			const bad = await page.evaluate(() => [
				...[...document.querySelectorAll('#root :is(script, iframe, img, a, object), #evil')]
					.map(node => node.outerHTML),
				...[...document.querySelectorAll('.og-fail')].map(node => node.textContent),
				...[...document.querySelectorAll('#root *')].flatMap(node => [...node.attributes])
					.filter(one => /^on|^href$|^src/.test(one.name)).map(one => one.name),
			]);
			assert.deepEqual(bad, [], `round ${round}: ${JSON.stringify(tree).slice(0, 2000)}`);
		}
		assert.deepEqual(page.logged, []);
	});

test('one broken part leaves the others standing', async t => {
	const page = await open(t, 'preact');

	await page.evaluate(() => {
		kit.components.Text = () => { throw new Error('deliberate'); };
		globalThis.draw({ c: 'Page', p: { title: 'Still here' }, k: [{ c: 'Text', p: {} }, { c: 'Badge',
			p: { text: 'me too' } }] });
	});
	await page.getByText('deliberate').waitFor();
	assert.equal(await page.getByText('me too').isVisible(), true);
});

await run({
	timeout: 300_000,
	async before() {
		const place = workplace();
		const pages = Object.fromEntries(RUNTIMES.map(runtime => [runtime, galleryPage(place.dir, runtime)]));

		return { ...place, pages, trees: trees(), browser: await browser() };
	},
	async after(t) {
		await t.browser.close();
		t.done();
	},
});
