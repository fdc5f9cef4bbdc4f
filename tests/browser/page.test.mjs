// Pages that og-render makes, in a browser: what they show, what their
// views may ask for, and what is refused.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { TESTS, axe, browser, og, pageFile, picture, workplace } from './browser.mjs';
import { run, test } from './tap.mjs';

const SIZE_MAX = 160_000;
const sample = name => readFileSync(path.join(TESTS, 'golden', name + '.json'), 'utf8');

// A stock with an action of every kind.
function stock(change = {}) {
	const result = JSON.parse(sample('inventory'));

	result.principal = 'bob';
	result.actions = [
		{ name: 'reorder', title: 'Reorder', effect: 'write', skill: 'replenish-stock', summary: 'Adds to the stock.',
			params: {
				product: { type: 'string', title: 'Product', maxLength: 60 },
				quantity: { type: 'integer', title: 'Quantity', minimum: 1, maximum: 500, default: 50 },
				urgent: { type: 'boolean', title: 'Urgent' },
				speed: { type: 'string', title: 'Speed', enum: ['fast', 'slow'] },
			}, required: ['product', 'quantity'] },
		{ name: 'look', title: 'Look again', effect: 'read', text: 'inspect stock' },
	];
	result.view = { sets: { products: { action: { action: 'reorder', label: 'Reorder',
		params: { product: '$name', quantity: 25 } } } } };
	return JSON.stringify({ ...result, ...change });
}

let pages = 0;

async function openWindow(t) {
	const page = await t.browser.newPage();

	page.on('console', message => page.logged.push(message.text()));
	page.on('pageerror', error => page.logged.push(error.message));
	return page;
}

// Opens the page of a document; what its console said is page.logged. All open
// in one window, since a window costs a second of the processor, but for those
// with a script that comes early, which would stay there; a test that leaves a
// window unfit for the next closes it.
async function open(t, document, { args = [], early, colorScheme = 'light',
	viewport = { width: 1300, height: 900 } } = {}) {
	const html = og('og-render', ['--to=html', ...args], { input: document });
	const page = early || !t.page || t.page.isClosed() ? await openWindow(t) : t.page;

	if (!early)
		t.page = page;

	await page.goto('about:blank');
	await page.mouse.move(0, 0);
	await page.setViewportSize(viewport);
	await page.emulateMedia({ colorScheme });
	page.logged = [];
	if (early)
		await page.addInitScript(early);
	const started = performance.now();
	await page.goto(pageFile(t.dir, `page-${pages++}.html`, html));
	page.view = page.frameLocator('#og-view');
	await page.view.locator('h1').waitFor({ timeout: 60_000 });
	page.ms = performance.now() - started;
	await page.waitForFunction(() => document.documentElement.dataset.view === 'running');
	return page;
}

// Sends a message as the view would, and gives the answer to its id: 'nothing'
// where there is none for so long.
function send(page, message, patience = 60_000) {
	return page.frames()[1].evaluate(([sent, ms]) => new Promise(resolve => {
		const late = setTimeout(() => resolve('nothing'), ms);
		addEventListener('message', function heard({ data }) {
			if (data?.id !== sent.id || data.method)
				return;
			clearTimeout(late);
			removeEventListener('message', heard);
			resolve(data.error ?? data.result);
		});
		parent.postMessage(sent, '*');
	}), [message, patience]);
}

const call = (page, id, name, args) =>
	send(page, { jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args } });

const activity = page => page.locator('#og-log li').allInnerTexts();

// Until its list has such a line; what a frame sent may be on its way.
async function noted(page, what) {
	for (let i = 0; i < 300 && !(await activity(page)).some(line => what.test(line)); i++)
		await page.waitForTimeout(100);
	assert.ok((await activity(page)).some(line => what.test(line)));
}

// A click in the view that asks for nothing: a person is there.
const touch = page => page.view.locator('h1').click();

test('a static page shows its title and logs nothing', async t => {
	const page = await t.browser.newPage();
	const logged = [];

	page.on('console', message => logged.push(message.text()));
	await page.goto(pageFile(t.dir, 'static.html',
		og('og-render', ['--to=html', '--static'], { input: sample('inventory') })));
	assert.match(await page.title(), /\w/);
	assert.deepEqual(logged, []);
	await page.close();
});

for (const runtime of ['preact', 'react']) {
	test(`every sample is drawn, and nothing is logged (${runtime})`, async t => {
		for (const name of ['audit', 'denied', 'empty', 'interrupt', 'inventory', 'no-skill', 'overview',
			'saga-compensated', 'saga-done', 'schema']) {
			const page = await open(t, sample(name), { args: ['--runtime', runtime] });
			assert.deepEqual(page.logged, [], name);
			assert.equal(await page.view.locator('[role=alert] .og-code').count(), 0, name);
			if (runtime === 'preact')
				await picture(page, 'page', name);
		}
	});

	test(`a table sorts and filters (${runtime})`, async t => {
		const page = await open(t, stock(), { args: ['--runtime', runtime] });
		const table = page.view.locator('table').first();

		await table.getByRole('button', { name: 'Price' }).click();
		assert.match(await table.locator('tbody tr').first().innerText(), /Wireless Mouse/);
		assert.equal(await table.locator('th[aria-sort]').count(), 1);
	});
}

test('pages are small, and the same bytes each time', () => {
	for (const name of ['audit', 'inventory', 'saga-compensated', 'overview', 'interrupt']) {
		const html = og('og-render', ['--to=html'], { input: sample(name) });

		console.log(`# ${name}: ${Buffer.byteLength(html)} bytes`);
		assert.ok(Buffer.byteLength(html) < SIZE_MAX, `${name}: ${Buffer.byteLength(html)}`);
		assert.equal(html, og('og-render', ['--to=html'], { input: sample(name) }));
	}
});

// The figure is 1 s; a busy machine gets ten.
test('first render', async t => {
	const times = [];

	for (let i = 0; i < 5; i++) {
		const page = await open(t, sample('inventory'));
		times.push(Math.round(page.ms));
	}
	times.sort((a, b) => a - b);
	console.log(`# first render in ms: ${times.join(' ')}`);
	assert.ok(times[0] < 10_000);
});

test('5,000 rows: drawn, filtered, paged', async t => {
	const rows = Array.from({ length: 5000 }, (_, i) =>
		({ order_id: i + 1, customer: `Customer ${i % 97}`, total_amount: (i * 7.31) % 900, status: i % 3 ? 'paid' : 'open' }));
	const page = await open(t, stock({ data: { orders: rows } }));
	const table = page.view.locator('table').first();

	console.log(`# 5,000 rows: ${Math.round(page.ms)} ms`);
	assert.ok(await table.locator('tbody tr').count() < 500);
	const before = performance.now();
	await page.view.getByRole('searchbox').first().fill('Customer 42');
	await page.view.getByText(/5[12] of 5,?000/).waitFor();
	console.log(`# filtered in ${Math.round(performance.now() - before)} ms`);
	assert.deepEqual(page.logged, []);
});

test('a click in a row reaches the shell: the dialog has parameters, command, principal', async t => {
	const page = await open(t, stock());

	await page.view.getByRole('button', { name: 'Reorder 1' }).click();
	const dialog = page.locator('dialog[open]'), text = await dialog.innerText();
	assert.match(text, /Reorder/);
	assert.match(text, /Product\s+Ergonomic Chair\s+Quantity\s+25/);
	assert.match(text, /Nothing runs from a file/);
	assert.match(text, /og-submit --as bob --wait --action replenish-stock --param 'product=Ergonomic Chair' --param quantity=25/);
	assert.match(text, /Runs as bob/);
	assert.doesNotMatch(text, /urgent|speed/);
	await picture(page, 'page', 'dialog');
	await dialog.getByRole('button', { name: 'Copy command' }).click();
	await page.view.getByText(/Command (copied|in Activity)/).first().waitFor();
	await noted(page, /reorder\s*og-submit --as bob/);
});

test('from a file a reading action shows its command as well', async t => {
	const page = await open(t, stock());

	await page.view.getByRole('button', { name: 'Look again' }).click();
	assert.match(await page.locator('dialog[open]').innerText(), /og-submit --as bob --wait 'inspect stock'/);
});

test('the dialog takes no yes at once, and Enter cancels', async t => {
	const page = await open(t, stock());

	// Looked at in the moment in which it opens.
	await page.evaluate(() => {
		const look = new MutationObserver(() => {
			const yes = document.querySelector('dialog[open] .primary');

			if (yes)
				look.disconnect();
			window.atOnce ??= yes?.disabled;
		});

		look.observe(document, { subtree: true, childList: true, attributes: true });
	});
	await page.view.getByRole('button', { name: 'Reorder 1' }).click();
	await page.locator('dialog[open] .primary').waitFor();
	assert.equal(await page.evaluate(() => window.atOnce), true);
	await page.keyboard.press('Enter');
	await page.locator('dialog[open]').waitFor({ state: 'detached' });
	await noted(page, /reorder cancelled/);
});

test('wrong calls of every kind are refused', async t => {
	const page = await open(t, stock());
	const good = { product: 'Chair', quantity: 5 };
	const wrong = [
		['drop_all', {}, -32602], ['__proto__', {}, -32602], ['constructor', {}, -32602], [['reorder'], {}, -32602],
		[{}, {}, -32602], [undefined, {}, -32602], ['reorder', {}, -32602], ['reorder', null, -32602],
		['reorder', [], -32602], ['reorder', 'x', -32602],
		['reorder', { ...good, extra: 1 }, -32602], ['reorder', { product: 'Chair' }, -32602],
		['reorder', { ...good, quantity: '5' }, -32602], ['reorder', { ...good, quantity: 0 }, -32602],
		['reorder', { ...good, quantity: 501 }, -32602], ['reorder', { ...good, quantity: 5.5 }, -32602],
		['reorder', { ...good, quantity: NaN }, -32602], ['reorder', { ...good, quantity: 2 ** 60 }, -32602],
		['reorder', { ...good, quantity: null }, -32602], ['reorder', { ...good, product: 5 }, -32602],
		['reorder', { ...good, product: 'x'.repeat(61) }, -32602], ['reorder', { ...good, product: 'a\nb' }, -32602],
		['reorder', { ...good, product: 'a\u0000b' }, -32602], ['reorder', { ...good, product: '\ud800' }, -32602],
		['reorder', { ...good, product: { toString: 'x' } }, -32602], ['reorder', { ...good, speed: 'warp' }, -32602],
		['reorder', { ...good, urgent: 'yes' }, -32602], ['reorder', { ...good, toString: 'x' }, -32602],
	];

	await touch(page);
	for (const [i, [name, args, code]] of wrong.entries()) {
		await page.waitForTimeout(60); // below the rate
		const answer = await call(page, 1000 + i, name, args);
		assert.equal(answer.code, code, `${JSON.stringify([name, args])}: ${JSON.stringify(answer)}`);
	}
	assert.equal(await page.locator('dialog[open]').count(), 0);
});

test('messages that are none are refused, and methods that are not ours', async t => {
	const page = await open(t, stock());
	const message = { jsonrpc: '2.0', id: 2000, method: 'tools/call', params: { name: 'look', arguments: {} } };

	await touch(page);
	assert.equal(await send(page, { ...message, params: { ...message.params, pad: 'x'.repeat(70_000) } }, 1500), 'nothing');
	assert.equal(await send(page, { ...message, id: 2001, jsonrpc: '1.0' }, 1500), 'nothing');
	assert.equal((await send(page, { jsonrpc: '2.0', id: 2002, method: 'resources/read', params: {} })).code, -32601);
	assert.equal((await send(page, { jsonrpc: '2.0', id: 2003, method: 'ui/open-link', params: { url: 'http://x' } })).code, -32601);
	for (const odd of [null, 7, 'x', [], [[]], { jsonrpc: '2.0' }, { jsonrpc: '2.0', id: {}, method: 'tools/call' },
		{ jsonrpc: '2.0', id: 1, method: 'tools/call', params: 'x' }])
		await page.frames()[1].evaluate(sent => parent.postMessage(sent, '*'), odd);
	await page.frames()[1].evaluate(() => {
		const loop = {};
		loop.loop = loop;
		parent.postMessage(loop, '*');
		parent.postMessage({ jsonrpc: '2.0', id: 5, method: 'tools/call', params: { big: 10n } }, '*');
	});
	assert.equal(await page.locator('dialog[open]').count(), 0);
	await noted(page, /not plain JSON|larger than/);
});

test('nothing without a click; one at a time', async t => {
	// By a script of the frame's own, late: what a test evaluates counts as a
	// person's hand for five seconds; that a mouse moves does not.
	const page = await open(t, stock(), { early: () => parent !== window && addEventListener('mousemove', () => setTimeout(() => {
		addEventListener('message', ({ data }) => data?.id === 3000 && (window.answer = data.error.code));
		parent.postMessage({ jsonrpc: '2.0', id: 3000, method: 'tools/call',
			params: { name: 'look', arguments: {} } }, '*');
	}, 7000), { once: true }) });

	await page.mouse.move(650, 450);
	await page.waitForTimeout(12_000);
	await noted(page, /nobody clicked/);
	assert.equal(await page.frames()[1].waitForFunction(() => window.answer).then(got => got.jsonValue()), -32001);
	await touch(page);
	const first = call(page, 3001, 'reorder', { product: 'Chair', quantity: 5 });
	await page.locator('dialog[open]').waitFor();
	assert.equal((await call(page, 3002, 'look', {})).code, -32002);
	await page.locator('dialog[open]').getByRole('button', { name: 'Cancel' }).click();
	assert.equal((await first).isError, true);
	await page.close();
});

test('another window cannot speak for the view', async t => {
	const page = await open(t, stock());

	await touch(page);
	await page.evaluate(() => postMessage({ jsonrpc: '2.0', id: 1, method: 'tools/call',
		params: { name: 'look', arguments: {} } }, '*'));
	await page.waitForTimeout(300);
	assert.equal(await page.locator('dialog[open]').count(), 0);
	assert.deepEqual(await activity(page), []);
});

test('a flood of messages is refused and the shell stays alive', async t => {
	const page = await open(t, stock());

	await page.frames()[1].evaluate(() => {
		for (let i = 0; i < 20_000; i++)
			parent.postMessage({ jsonrpc: '2.0', id: 9000 + i, method: 'tools/call', params: { name: 'x' } }, '*');
	});
	await page.locator('#og-activity').click();
	assert.equal(await page.locator('#og-drawer').isVisible(), true);
	await noted(page, /too many messages/);
	assert.ok(await page.locator('#og-log li').count() <= 200);
});

test('a view that hangs: the shell offers to stop it and does', async t => {
	const page = await open(t, stock());

	await page.frames()[1].evaluate(() => setTimeout(() => { for (;;); }, 50));
	await page.getByRole('button', { name: 'Stop the view' }).click({ timeout: 60_000 });
	await page.getByText('View stopped').first().waitFor();
	assert.equal(await page.locator('#og-view').count(), 0);
	await picture(page, 'page', 'stopped');
	await page.close();
});

test('a view that is ready before the page around it listens is running all the same', async t => {
	const page = await open(t, stock(), { early: () => {
		const listen = window.addEventListener;

		if (window.parent === window)
			window.addEventListener = (type, ...rest) =>
				setTimeout(() => listen.call(window, type, ...rest), type === 'message' ? 1500 : 0);
	} });

	assert.deepEqual(page.logged, []);
	await page.close();
});

test('a view that never begins is stopped', async t => {
	const html = og('og-render', ['--to=html'], { input: stock() });
	// Its script gone, the frame is silent; the policy still names the old one.
	const silent = html.replace(/<script>(?:(?!<\/script>)[\s\S])*<\/script>\n<\/body>\n<\/html>\n'>/, "</body></html>\n'>");
	const page = await t.browser.newPage();

	assert.notEqual(silent, html);
	await page.goto(pageFile(t.dir, 'silent.html', silent));
	await page.getByRole('button', { name: 'Stop the view' }).waitFor({ timeout: 30_000 });
	await page.locator('#og-hang').getByText('It never began').waitFor({ timeout: 60_000 });
	await page.close();
});

test('what was changed in a page after it was made does not run', async t => {
	const html = og('og-render', ['--to=html'], { input: stock() });
	const changed = html.replace(/<script>/g, "<script>console.log(&quot;mine&quot;);console.log('mine');");
	const page = await t.browser.newPage();
	const logged = [];

	page.on('console', message => logged.push(message.text()));
	await page.goto(pageFile(t.dir, 'changed.html', changed));
	for (let i = 0; i < 300 && !logged.some(line => /Content Security Policy/.test(line)); i++)
		await page.waitForTimeout(100);
	await page.waitForTimeout(500);
	assert.ok(!logged.includes('mine'), logged.join('\n'));
	assert.ok(logged.some(line => /Content Security Policy/.test(line)));
	await page.close();
});

test('theme, seal, activity, keyboard', async t => {
	const page = await open(t, stock(), { colorScheme: 'light' });
	const frameTheme = () => page.frames()[1].evaluate(() => document.documentElement.dataset.theme);

	assert.equal(await frameTheme(), 'light');
	await page.locator('#og-theme').click();
	await page.frames()[1].waitForFunction(() => document.documentElement.dataset.theme === 'dark');
	assert.equal(await frameTheme(), 'dark');
	await picture(page, 'page', 'dark');
	await page.locator('#og-seal').click();
	assert.match(await page.locator('dialog[open]').innerText(), /Network\s+None/);
	await page.keyboard.press('Escape');
	await page.locator('#og-activity').click();
	await page.keyboard.press('Escape');
	assert.equal(await page.locator('#og-drawer').isVisible(), false);
});

test('axe finds nothing: page, view, dialog; light, dark, phone', async t => {
	for (const options of [{ colorScheme: 'light' }, { colorScheme: 'dark' }, { viewport: { width: 390, height: 844 } }]) {
		const page = await open(t, stock(), options);
		const judge = frame => frame.evaluate(async source => {
			window.module = undefined;
			return source && (await axe.run(document, { iframes: false, resultTypes: ['violations'] })).violations
				.map(v => `${v.id}: ${v.nodes.map(n => n.html.slice(0, 120)).join(' | ')}`);
		}, true);
		for (const frame of page.frames())
			await inject(page, frame);
		assert.deepEqual(await judge(page.frames()[1]), []);
		await page.locator('#og-activity').click();
		assert.deepEqual(await judge(page.mainFrame()), []);
		await page.keyboard.press('Escape');
		await page.view.getByRole('button', { name: 'Reorder 1' }).click();
		await page.waitForTimeout(900);
		assert.deepEqual(await judge(page.mainFrame()), []);
	}
});

// axe as a script would not pass the policy; the test's own channel does.
async function inject(page, frame) {
	await frame.evaluate(axe());
}

test('no page scrolls sideways on a phone', async t => {
	for (const document of [stock(), sample('saga-compensated'), sample('audit'), sample('overview')]) {
		const page = await open(t, document, { viewport: { width: 390, height: 844 } });
		for (const frame of page.frames())
			assert.equal(await frame.evaluate(() => document.documentElement.scrollWidth > innerWidth), false);
		await picture(page, 'page', 'phone');
	}
});

test('the frame document alone draws its view', async t => {
	const page = await t.browser.newPage();
	const logged = [];

	page.on('console', message => logged.push(message.text()));
	await page.goto(pageFile(t.dir, 'view.html', og('og-render', ['--to=mcp-app'], { input: stock() })));
	await page.locator('h1').waitFor();
	assert.match(await page.locator('body').innerText(), /og-submit --as bob --wait/);
	assert.deepEqual(logged, []);
	await page.close();
});

await run({
	timeout: 300_000,
	async before() {
		return { ...workplace(), browser: await browser() };
	},
	async after(t) {
		await t.browser.close();
		t.done();
	},
});
