// The sealed frame under attack: some 110 ways out of a document, tried by a
// script that stands where the kit's runtime does. A control page, the same
// script with neither sandbox nor policy, shows which of them can hit.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { TESTS, browser, pageFile, workplace } from './browser.mjs';
import { renderWith } from './kit.mjs';
import { listen } from './listeners.mjs';
import { run, test } from './tap.mjs';

const probes = readFileSync(path.join(TESTS, 'browser', 'hostile', 'probes.js'), 'utf8');
const sample = readFileSync(path.join(TESTS, 'golden', 'audit.json'), 'utf8');

// Neither the sandbox nor a policy covers WebRTC: a frame's own script can
// reach a STUN server, and does here. Generated code therefore never is a
// frame's script, and og-serve sends Connection-Allowlist.

const script = (t, run, only) => probes.replaceAll('RUN', run).replaceAll('PORT', t.net.port).replaceAll('UDP', t.net.udp)
	.replace('/*ONLY*/ null', JSON.stringify(only ?? null)).replaceAll('</script', '<\\/script');

const sealed = (t, run, only) => renderWith(path.join(t.dir, only ?? run), { 'frame.js': script(t, run, only) })(
	['--to=html'], sample);

const control = (t, run, only) =>
	`<!doctype html><meta charset="utf-8"><title>Control</title><div id="root"></div><script>${script(t, run, only)}</script>`;

// Opens a page and collects what the probes said until END or, of a single
// one, for a while: for longer where it is expected to hit.
async function attack(t, url, only, hit) {
	const page = await t.browser.newPage();
	const said = new Map(), events = [];

	page.on('console', message => {
		const [mark, name, what] = message.text().split('|');
		if (mark === 'R')
			said.set(name, what);
	});
	page.on('popup', () => events.push('popup'));
	page.on('download', () => events.push('download'));
	page.on('dialog', dialog => {
		events.push('dialog');
		dialog.dismiss();
	});
	await page.goto(url);
	for (let i = 0; i < (hit ? 60 : only ? 15 : 1500) && !said.has('END') && !hit?.(); i++)
		await page.waitForTimeout(100);
	const top = page.url();
	await page.close();
	return { said, events, top };
}

const reached = said => [...said].filter(([, what]) => what === 'REACHED').map(([name]) => name);

test('control: most probes can hit', async t => {
	const { said } = await attack(t, t.net.url('/control'));
	const hits = t.net.hitsOf('control'), things = reached(said);

	t.final = said.get('FINAL').split(' ');
	t.count = Number(said.get('END'));
	console.log(`# ${t.count} probes; the control page reached ${hits.size} addresses and ${things.length} things`);
	assert.ok(hits.size >= 35, [...hits].join(' '));
	assert.ok(things.length >= 15, things.join(' '));
	assert.ok(t.net.datagrams() > 0);
});

for (const run of ['file', 'server']) {
	test(`the sealed frame reaches nothing: from a ${run}`, async t => {
		const url = run === 'file' ? pageFile(t.dir, 'sealed.html', sealed(t, run)) : t.net.url('/sealed');
		const before = t.net.datagrams();
		const { said, events, top } = await attack(t, url);

		assert.equal(Number(said.get('END')), t.count, `the last probe was ${[...said.keys()].at(-1)}`);
		assert.deepEqual([...t.net.hitsOf(run)], []);
		assert.deepEqual(reached(said), []);
		assert.deepEqual(events, []);
		assert.equal(top, url);
		console.log(`# known: ${t.net.datagrams() - before} datagrams of WebRTC`);
	});
}

test('what would end the document leads nowhere', async t => {
	const moved = [];

	for (const only of t.final) {
		const url = pageFile(t.dir, `${only}.html`, sealed(t, 'final', only));
		const { events, top } = await attack(t, url, only);
		if (top !== url || events.length > 0)
			moved.push(`${only}: ${top} ${events}`);
	}
	assert.deepEqual(moved, []);
	assert.deepEqual([...t.net.hitsOf('final')], []);
});

test('control: what would end the document does, without the seal', async t => {
	for (const only of t.final)
		await attack(t, t.net.url(`/control/${only}`), only, () => t.net.hitsOf('unsealed').has(only));
	const hits = t.net.hitsOf('unsealed');
	console.log(`# ${t.final.length} probes; the control page reached ${[...hits].join(' ')}`);
	assert.ok(hits.size >= 8, [...hits].join(' '));
});

await run({
	timeout: 400_000,
	async before() {
		const t = { ...workplace(), browser: await browser() };
		const pages = { '/control': () => control(t, 'control'), '/sealed': () => sealed(t, 'server') };

		for (const [, name] of probes.slice(probes.indexOf('const final')).matchAll(/^\t\t(\w+): n =>/gm))
			pages[`/control/${name}`] = () => control(t, 'unsealed', name);
		t.net = await listen(pages);
		return t;
	},
	async after(t) {
		await t.browser.close();
		t.net.close();
		t.done();
	},
});
