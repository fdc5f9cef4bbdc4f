// What leaves the machine before any request: look-ups of names and early
// connections. In a network namespace of its own, with a server of names
// that answers nothing and notes what it was asked. A browser usually is
// told not to (--disable-background-networking); here it is not.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { BUILD, TESTS, og, workplace } from './browser.mjs';
import { renderWith } from './kit.mjs';
import { run, test } from './tap.mjs';

const INSIDE = process.env.OG_DNS_INSIDE;
const sample = name => readFileSync(path.join(TESTS, 'golden', name + '.json'), 'utf8');
const unshare = ['--net', '--mount', ...(process.getuid() === 0 ? [] : ['--map-root-user'])];

// The names of a run are all below RUN.example.test.
const early = run => `
	const link = (rel, href) => {
		const node = document.createElement('link');
		node.rel = rel;
		node.href = href;
		document.head.append(node);
	};
	link('dns-prefetch', '//dns-${run}.example.test');
	link('preconnect', 'http://pre-${run}.example.test/');
	const anchor = document.createElement('a');
	anchor.href = 'http://anchor-${run}.example.test/';
	anchor.textContent = 'x';
	document.body.append(anchor);
	try {
		const peer = new RTCPeerConnection({ iceServers: [{ urls: 'stun:stun-${run}.example.test:3478' }] });
		peer.createDataChannel('x');
		peer.setLocalDescription();
	} catch {}`;

const tree = run => ({ v: 1, task: 't', state: 'done', principal: 'bob', answer: `http://answer-${run}.example.test/`,
	data: { rows: [{ id: 1, name: `http://cell-${run}.example.test/` }, { id: 2, name: `<link rel=dns-prefetch href=//x-${run}.example.test>` }] } });

const code = run => `function View() {
	for (const go of [() => fetch('http://fetch-${run}.example.test/'), () => new WebSocket('ws://ws-${run}.example.test/'),
		() => new EventSource('http://es-${run}.example.test/'), () => importScripts('http://import-${run}.example.test/'),
		() => new RTCPeerConnection(), () => new WebTransport('https://wt-${run}.example.test/')])
		try { Promise.resolve(go()).catch(() => {}) } catch {}
	setTimeout(() => postMessage({ t: 'tree', tree: JSON.stringify({ c: 'Page', p: { title: 'x', tools: [{ c: 'link' }] },
		k: [{ c: 'link', p: { rel: 'preconnect', href: 'http://node-${run}.example.test/' } }] }) }), 50);
	return <Page title="x"><Text>http://text-${run}.example.test/</Text></Page>;
}`;

async function inside() {
	const dgram = await import('node:dgram'), http = await import('node:http'), fs = await import('node:fs');
	const asked = new Set(), pages = new Map();
	const sink = dgram.createSocket('udp4');

	sink.on('message', (message, from) => {
		const labels = [];
		for (let at = 12; message[at]; at += message[at] + 1)
			labels.push(message.toString('latin1', at + 1, at + 1 + message[at]));
		asked.add(labels.join('.').toLowerCase());
		message[2] = 0x81;
		message[3] = 0x83; // no such name
		sink.send(message, from.port, from.address);
	});
	await new Promise(done => sink.bind(53, '127.0.0.1', done));
	const server = http.createServer((request, response) => {
		response.setHeader('content-type', 'text/html; charset=utf-8');
		response.end(pages.get(request.url) ?? '');
	});
	await new Promise(done => server.listen(0, '127.0.0.1', done));
	fs.writeFileSync('/etc/resolv.conf', 'nameserver 127.0.0.1\n');
	const place = workplace();
	// A profile of its own: in a private window a browser looks up nothing early.
	const { chromium } = createRequire(path.join(BUILD, 'ui', 'package.json'))('playwright-core');
	const context = await chromium.launchPersistentContext(path.join(place.dir, 'profile'), {
		executablePath: '/usr/bin/chromium', chromiumSandbox: false,
		args: ['--disable-quic', '--no-first-run', '--disable-gpu'], timeout: 120_000,
		ignoreDefaultArgs: ['--disable-background-networking'] });

	// For a while, and for longer where names are expected.
	async function visit(name, html, ...expected) {
		const all = () => [...asked].filter(host => host.endsWith(`-${name}.example.test`));

		pages.set(`/${name}`, html);
		const page = await context.newPage();
		await page.goto(`http://127.0.0.1:${server.address().port}/${name}`);
		await page.waitForTimeout(3500);
		for (let i = 0; i < 600 && !expected.every(start => all().some(host => host.startsWith(start))); i++)
			await page.waitForTimeout(100);
		await page.close();
		return all();
	}

	const live = JSON.stringify({ ...tree('live'), view: { jsx: code('live') } });
	const found = {
		control: await visit('control', `<!doctype html><body><script>${early('control')}</script>`, 'dns-', 'stun-'),
		tree: await visit('tree', og('og-render', ['--to=html'], { input: JSON.stringify(tree('tree')) })),
		live: await visit('live', og('og-render', ['--to=html', '--allow-code'], { input: live })),
		script: await visit('script', renderWith(place.dir, { 'frame.js': early('script') })(['--to=html'], sample('audit'))),
	};

	await context.close();
	place.done();
	console.log(JSON.stringify(found));
	process.exit(0);
}

// /etc/resolv.conf becomes a file of the namespace's own; an interface that
// leads nowhere, since with loopback alone a browser takes itself for offline.
const SCRIPT = `ip link set lo up && ip link add d0 type veth peer name d1 && ip link set d1 up &&
	ip addr add 10.9.9.1/24 dev d0 &&
	ip link set d0 up && ip route add default via 10.9.9.2 && : >"$1" && mount --bind "$1" /etc/resolv.conf && shift && exec "$@"`;

function namespace(dir) {
	return new Promise((resolve, reject) => {
		const child = spawn('unshare', [...unshare, 'sh', '-c', SCRIPT, 'sh', path.join(dir, 'resolv.conf'),
			process.execPath, new URL(import.meta.url).pathname], { env: { ...process.env, OG_DNS_INSIDE: '1' } });
		let out = '', trouble = '';

		child.stdout.on('data', data => { out += data; });
		child.stderr.on('data', data => { trouble += data; });
		child.on('close', status => status === 0 ? resolve(JSON.parse(out.trim().split('\n').at(-1)))
			: reject(new Error(`${status}: ${trouble}`)));
	});
}

if (INSIDE)
	await inside();

test('a view looks up no name and opens no connection; a script in its place would', async t => {
	const able = spawnSync('unshare', [...unshare, 'sh', '-c',
		'ip link set lo up && ip link add d0 type veth peer name d1 && mount -t tmpfs none /mnt'], { encoding: 'utf8' });

	if (able.status !== 0)
		t.skip(`no network namespace here: ${able.stderr || able.error}`);
	const found = await namespace(t.dir);
	console.log(`# control asked for ${found.control.join(' ') || 'nothing'}`);
	console.log(`# known: a script in the frame asked for ${found.script.join(' ') || 'nothing'}`);
	assert.ok(found.control.some(name => name.startsWith('dns-')), 'the control page asked for no name');
	assert.ok(found.control.some(name => name.startsWith('stun-')), 'the control page used no WebRTC');
	assert.deepEqual(found.tree, []);
	assert.deepEqual(found.live, []);
});

await run({
	timeout: 300_000,
	async before() {
		return workplace();
	},
	async after(t) {
		t.done();
	},
});
