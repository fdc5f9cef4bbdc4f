// Live code (--allow-code): what it can do, what stops it, what it cannot
// reach. It runs in a worker; all it has is messages, and those are hostile.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { TESTS, browser, og, pageFile, workplace } from './browser.mjs';
import { listen } from './listeners.mjs';
import { run, test } from './tap.mjs';

const sample = JSON.parse(readFileSync(path.join(TESTS, 'golden', 'inventory.json'), 'utf8'));
const actions = [{ name: 'look', title: 'Look again', effect: 'read', text: 'inspect stock' },
	{ name: 'reorder', title: 'Reorder', effect: 'write', skill: 'replenish-stock',
		params: { product: { type: 'string' } } }];
const document = jsx => JSON.stringify({ ...sample, actions, principal: 'bob', view: { jsx } });
let pages = 0, served = '';

async function open(t, jsx, { runtime = 'preact', url } = {}) {
	const page = await t.browser.newPage({ viewport: { width: 1200, height: 900 } });
	const html = og('og-render', ['--to=html', '--allow-code', '--runtime', runtime], { input: document(jsx) });

	page.logged = [];
	page.said = new Map();
	page.on('console', message => {
		const [mark, name, what] = message.text().split('|');
		if (mark === 'R')
			page.said.set(name, what);
		else
			page.logged.push(message.text());
	});
	if (url)
		served = html;
	await page.goto(url ?? pageFile(t.dir, `live-${pages++}.html`, html));
	page.view = page.frameLocator('#og-view');
	return page;
}

const activity = page => page.locator('#og-log').innerText();

// Is the shell still there? It answers a click of its own.
async function shellWorks(page) {
	await page.locator('#og-activity').click();
	assert.equal(await page.locator('#og-drawer').isVisible(), true);
}

async function stopped(page, words) {
	await page.view.getByText(words).first().waitFor({ timeout: 60_000 });
	await shellWorks(page);
}

const FILTER = `
function Count({ rows }) {
	const total = useMemo(() => rows.reduce((sum, row) => sum + row.stock_quantity, 0), [rows]);
	return <Text>{rows.length} products, {total} units</Text>;
}
function View({ data, act }) {
	const [words, setWords] = useState('');
	const [clicks, setClicks] = useState(0);
	const [said, setSaid] = useState('');
	useEffect(() => { if (clicks > 0) setSaid('clicked ' + clicks); }, [clicks]);
	const rows = data.products.filter(row => row.name.toLowerCase().includes(words.toLowerCase()));
	return <Page title="Live">
		<div style={{ display: 'flex', gap: 8 }}>
			<input type="search" aria-label="Search" value={words} onChange={e => setWords(e.target.value)} />
			<button onClick={() => setClicks(n => n + 1)}>Count</button>
			<button onClick={async () => setSaid((await act('reorder', { product: 'Chair' })).content[0].text)}>Buy</button>
		</div>
		<Count rows={rows} />
		<p>{said}</p>
		{rows.length > 0 && <Table title="Products" rows={rows} columns={[{ key: 'name', label: 'Name' }]} />}
		<><b>fragment</b></>
	</Page>;
}`;

for (const runtime of ['preact', 'react']) {
	test(`hooks, fields, events, actions (${runtime})`, async t => {
		const page = await open(t, FILTER, { runtime });

		await page.view.getByText('7 products').waitFor();
		await page.view.getByLabel('Search').fill('desk');
		await page.view.getByText('1 products').waitFor();
		assert.equal(await page.view.getByLabel('Search').inputValue(), 'desk');
		await page.view.getByRole('button', { name: 'Count' }).click();
		await page.view.getByText('clicked 1').waitFor();
		await page.view.getByRole('button', { name: 'Buy' }).click();
		await page.locator('dialog[open]').getByRole('button', { name: 'Cancel' }).click();
		await page.view.getByText('Cancelled').waitFor();
		assert.deepEqual(page.logged, []);
		await page.close();
	});
}

test('code that throws: a card in the view, a line in the list', async t => {
	for (const jsx of ['function View() { throw new TypeError("oh dear") }', 'throw new TypeError("oh dear")',
		'function View() { return <Nothing /> }', 'function View() { useEffect(() => { throw new TypeError("oh dear") }); return "x" }',
		'function View() { return null.oh_dear }', 'const View = 7']) {
		const page = await open(t, jsx);
		await page.view.locator('[role=alert]').waitFor();
		assert.match(await activity(page), /view: render/);
		await shellWorks(page);
		await page.close();
	}
});

const LOOPS = {
	'at first render': 'function View() { for (;;); }',
	'in a handler': 'function View() { return <button onClick={() => { for (;;); }}>go</button> }',
	'in what a state change leads to':
		'function View() { const [n, setN] = useState(0); if (n) for (;;); return <button onClick={() => setN(1)}>go</button> }',
	'of microtasks': 'function View() { const f = () => Promise.resolve().then(f); f(); return "x" }',
	'of renders': 'function View() { const [n, setN] = useState(0); useEffect(() => setN(n + 1)); return String(n) }',
};

for (const [where, jsx] of Object.entries(LOOPS)) {
	test(`an endless loop ${where} is stopped, the shell goes on`, async t => {
		const page = await open(t, jsx), started = performance.now();

		if (jsx.includes('>go<'))
			await page.view.getByRole('button', { name: 'go' }).click();
		await stopped(page, /gave no answer|too many messages/);
		console.log(`# stopped after ${Math.round(performance.now() - started)} ms`);
		await page.close();
	});
}

test('a flood of trees, calls, errors from the worker is stopped', async t => {
	for (const message of ['{t:"tree",tree:"x"}', '{t:"call",id:1,name:"look",args:{}}', '{t:"error",name:"E",message:"m"}']) {
		const page = await open(t, `for (let i = 0; i < 1e5; i++) postMessage(${message}); function View() { return 'x' }`);
		await stopped(page, 'too many messages');
		await page.close();
	}
});

test('a worker that takes all memory takes nothing else', async t => {
	const page = await open(t, 'function View() { const a = []; for (;;) a.push(new Array(1e6).fill(1.5)); }');

	await page.view.locator('[role=alert]').waitFor({ timeout: 90_000 });
	await shellWorks(page);
	await page.close();
});

// What a worker can say that no engine of ours would.
const TREES = {
	script: '{c:"script",p:{},k:["document.title=1"]}',
	iframe: '{c:"iframe",p:{src:"http://127.0.0.1:PORT/hit/RUN/iframe"}}',
	image: '{c:"img",p:{src:"http://127.0.0.1:PORT/hit/RUN/image"}}',
	link: '{c:"a",p:{href:"javascript:1"},k:["x"]}',
	form: '{c:"form",p:{action:"http://127.0.0.1:PORT/hit/RUN/form"}}',
	prototype: '{c:"__proto__",p:{}}',
	constructor: '{c:"constructor",p:{}}',
	deep: '(()=>{let n={c:"b",p:{},k:[]},r=n;for(let i=0;i<5000;i++){const x={c:"b",p:{},k:[]};n.k.push(x);n=x}return r})()',
	wide: '({c:"div",p:{},k:Array.from({length:60000},()=>({c:"b",p:{},k:[]}))})',
};
// And not as the text that it must be.
const RAW = {
	element: '{type:"img",props:{src:"http://127.0.0.1:PORT/hit/RUN/element"},constructor:undefined}',
	tools: '{c:"Page",p:{tools:{type:"img",props:{src:"http://127.0.0.1:PORT/hit/RUN/tools"},constructor:undefined}}}',
	cycle: '(()=>{const n={c:"div",p:{},k:[]};n.k.push(n);return n})()',
	broken: '"{"',
	huge: '`"${"x".repeat(5e6)}"`',
	number: '7n',
};
const PROPS = {
	html: '{c:"div",p:{dangerouslySetInnerHTML:{__html:"<img src=http://127.0.0.1:PORT/hit/RUN/html>"}},k:["ok"]}',
	style: '{c:"div",p:{style:{background:"url(http://127.0.0.1:PORT/hit/RUN/style)",position:"fixed",width:"url(http://127.0.0.1:PORT/hit/RUN/style)"}},k:["ok"]}',
	element: '{c:"Page",p:{title:"ok",tools:{type:"img",props:{src:"http://127.0.0.1:PORT/hit/RUN/element"},constructor:undefined}},k:[]}',
	handler: '{c:"button",p:{onClick:"alert(1)",onMouseEnter:{$fn:"x"},formAction:"http://127.0.0.1:PORT/hit/RUN/handler"},k:["ok"]}',
	attributes: '{c:"div",p:{id:"root",name:"x",contentEditable:true,is:"x",ref:{current:1},srcdoc:"<u>"},k:["ok"]}',
	input: '{c:"input",p:{type:"file",value:"ok","aria-label":"ok"}}',
	image_input: '{c:"input",p:{type:"image",src:"http://127.0.0.1:PORT/hit/RUN/input",value:"ok"}}',
	part: '{c:"Text",p:{text:"ok",children:"x",ref:1,key:{},onClick:"x",dangerouslySetInnerHTML:{__html:"<u>"}}}',
	not_text: '{c:"Page",p:{title:{a:1},subtitle:[1],tools:{type:"script"}},k:[{c:"Table",p:{rows:7,columns:{}},k:"ok"},"ok"]}',
};

// A view whose worker sends that tree after its own.
const posts = (t, tree) => 'const View = () => { setTimeout(() => postMessage({ t: "tree", tree: ' +
	`${tree.replaceAll('PORT', t.net.port).replaceAll('RUN', 'trees')} }), 50); return 'mine' };`;
const asText = trees => Object.entries(trees).map(([name, tree]) => [name, `JSON.stringify(${tree})`]);

test('hostile trees are refused', async t => {
	for (const [name, tree] of [...asText(TREES), ...Object.entries(RAW)]) {
		const page = await open(t, posts(t, tree));
		await page.view.locator('[role=alert]').waitFor().catch(() => assert.fail(name));
		for (const tag of ['iframe', 'img', 'form', 'a', 'script:not([type]):not(:last-of-type)'])
			assert.equal(await page.view.locator(`#root ${tag}`).count(), 0, `${name}: ${tag}`);
		await shellWorks(page);
		await page.close();
	}
	assert.deepEqual([...t.net.hitsOf('trees')], []);
});

test('hostile properties are dropped', async t => {
	for (const [name, tree] of asText(PROPS)) {
		const page = await open(t, posts(t, tree));
		await page.view.getByText('mine').waitFor({ state: 'detached' }).catch(() => assert.fail(name));
		const html = await page.frames()[1].evaluate(() => window.root.innerHTML);
		assert.doesNotMatch(html, /onclick|formaction|src=|srcdoc|contenteditable|url\(|position|type="file"|type="image"|<u>/i, name);
		await page.close();
	}
	assert.deepEqual([...t.net.hitsOf('trees')], []);
});

for (const where of ['file', 'server']) {
	test(`the worker reaches nothing: from a ${where}`, async t => {
		const code = readFileSync(path.join(TESTS, 'browser', 'hostile', 'worker.js'), 'utf8')
			.replaceAll('PORT', t.net.port).replaceAll('RUN', where);
		const page = await open(t, code, where === 'server' ? { url: t.net.url('/live') } : {});

		for (let i = 0; i < 1200 && !page.said.has('END'); i++)
			await page.waitForTimeout(100);
		await page.waitForTimeout(500);
		console.log(`# ${page.said.get('END')} probes of a worker`);
		assert.ok(Number(page.said.get('END')) >= 30, [...page.said, ...page.logged].join('\n'));
		assert.deepEqual([...page.said].filter(([, what]) => what === 'REACHED').map(([name]) => name), []);
		assert.deepEqual([...t.net.hitsOf(where)], []);
		await page.close();
	});
}

test('calls of code: unknown, wrong, unasked ones are refused', async t => {
	const page = await open(t, `function View({ act }) {
		const [said, setSaid] = useState('');
		const all = async () => {
			const answers = [];
			for (const [name, args] of [['nothing', {}], ['reorder', {}], ['reorder', { product: 7 }], ['reorder', { product: 'x', y: 1 }], [{}, 1]])
				answers.push((await act(name, args)).content[0].text);
			setSaid(answers.join('; '));
		};
		return <Page title="x"><button onClick={all}>go</button><p>{said}</p></Page>;
	}`);

	await page.view.getByRole('button', { name: 'go' }).click();
	await page.view.getByText('this view may not call that action; missing parameter product; product must be text; ' +
		'unknown parameter y; this view may not call that action').waitFor();
	assert.equal(await page.locator('dialog[open]').count(), 0);
	await page.close();
});

await run({
	timeout: 300_000,
	async before() {
		const t = { ...workplace(), browser: await browser() };

		t.net = await listen({ '/live': () => served });
		return t;
	},
	async after(t) {
		await t.browser.close();
		t.net.close();
		t.done();
	},
});
