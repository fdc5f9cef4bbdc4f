// The kit on a page of its own: bundled as tools/ui bundles it, drawn under
// the policy that real pages have, with trees of real results and made ones
// for what no sample has.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { BUILD, TESTS, og, pageFile } from './browser.mjs';

const KIT = path.join(TESTS, '..', 'share', 'ui', 'kit');
const PREACT = [
	'--alias:react=preact/compat', '--alias:react-dom=preact/compat',
	'--alias:react-dom/client=preact/compat/client', '--alias:react/jsx-runtime=preact/jsx-runtime',
];

const ENTRY = `
import { Component } from 'react';
import { createRoot } from 'react-dom/client';
import * as kit from ${JSON.stringify(path.join(KIT, 'index.js'))};

let root;
globalThis.kit = kit;
globalThis.calls = [];
globalThis.host = {
	...kit.NOBODY,
	call: async (name, params) => {
		calls.push({ name, params });
		if (name === 'refused')
			throw new Error('The limit does not allow that');
		return { content: [{ type: 'text', text: 'Accepted as task 17' }] };
	},
};
globalThis.draw = (tree, actions = {}) => {
	root ??= createRoot(document.getElementById('root'));
	root.render(<kit.Ctx.Provider value={{ ...host, actions }}><kit.Tree tree={tree} /></kit.Ctx.Provider>);
};
`;

// The bundle's text, for 'preact' or 'react'.
export function bundle(dir, runtime) {
	const entry = path.join(dir, `gallery-${runtime}.jsx`), out = path.join(dir, `gallery-${runtime}.js`);

	writeFileSync(entry, ENTRY);
	execFileSync('esbuild', [
		entry, '--bundle', '--minify', '--format=iife', '--target=es2020', '--charset=utf8',
		'--legal-comments=none', '--jsx=automatic', '--jsx-import-source=react',
		'--define:process.env.NODE_ENV="production"', '--log-level=warning',
		...(runtime === 'preact' ? PREACT : []), `--outfile=${out}`,
	], { env: { ...process.env, NODE_PATH: path.join(BUILD, 'ui', 'node_modules') } });
	return readFileSync(out, 'utf8');
}

export const styles = () => readFileSync(path.join(BUILD, 'share/omnigate/ui/kit.css'), 'utf8');

const digest = text => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

// The URL of a page that draws nothing yet; window.draw(tree, actions) does.
export function galleryPage(dir, runtime) {
	const css = styles(), js = bundle(dir, runtime);
	const policy = `default-src 'none'; script-src ${digest(js)}; style-src ${digest(css)}; base-uri 'none'; ` +
		"form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

	return pageFile(dir, `gallery-${runtime}.html`, `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Gallery</title>
<style>${css}</style></head><body><div id="root"></div><script>${js}</script></body></html>`);
}

const node = (c, p = {}, ...k) => ({ c, p, k });

const page = (title, ...k) => node('Page', { title, subtitle: 'Made for the gallery', state: 'done',
	tone: 'ok' }, ...k);

const section = (title, ...k) => node('Section', { title }, ...k);

const half = (...k) => node('Stack', { span: 6 }, ...k);

const DAY = 86_400_000;

const date = (day, minutes = 0) =>
	new Date(Date.UTC(2026, 10, 21, 9, 12) - day * DAY - minutes * 60_000).toISOString();

const CUSTOMERS = ['Vintner Supply', 'Sato Precision', 'Arbor Schools', 'Brightwater Co-op', 'Lumen Optics',
	'Halden Marine'];
const STATES = ['shipped', 'shipped', 'on hold', 'shipped', 'picking', 'shipped', 'open'];

export const orders = n => Array.from({ length: n }, (_, i) => ({
	order: `SO-${48213 - i}`, customer: CUSTOMERS[(i * 7) % 6], placed: date(Math.floor(i / 4), i * 317 % 1400),
	lines: i * 13 % 9 + 1, total: Math.round((i * 7919 % 210_000) + 4500) / 100, status: STATES[i % 7],
		open: i % 3 === 0,
}));

export const ordersTable = (n, more = {}) => node('Table', {
	title: 'Orders', currency: 'USD', facet: 'status', page: 8, rows: orders(n),
	columns: [
		{ key: 'order', label: 'Order', format: 'id' }, { key: 'customer', label: 'Customer', format: 'text' },
		{ key: 'placed', label: 'Placed', format: 'date' }, { key: 'lines', label: 'Lines', format: 'number' },
		{ key: 'total', label: 'Total', format: 'money' }, { key: 'status', label: 'Status', format: 'status' },
	],
	row_action: { action: 'inspect', label: 'Inspect', params: { order: '$order' }, when: 'open' },
	...more,
});

const STOCK = [
	['SEAL-22', 'Shaft seal 22\u00d735\u00d77', 'B-11', 0, 12], ['MTR-075', 'Motor 0.75 kW', 'A-02', 3, 4],
	['BRG-6204', 'Bearing 6204-2RS', 'B-04', 6, 40], ['PMP-118', 'Diaphragm pump 118', 'A-01', 9, 8],
	['CPL-L095', 'Jaw coupling L095', 'B-06', 14, 20], ['VBELT-A38', 'V-belt A38', 'C-02', 31, 30],
	['GRS-400', 'Bearing grease 400 g', 'D-03', 86, 48], ['FLT-0091', 'Oil filter 0091', 'C-07', 112, 60],
].map(([sku, item, bin, stock, point]) => ({ sku, item, bin, stock, point }));

const MONTHS = ['Dec', 'Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov'];

const spend = MONTHS.map((month, i) => ({ month, orders: 18_000 + 9000 * Math.sin(i / 2.2) ** 2,
	direct: 5000 + 700 * (i % 4) }));

const days = Array.from({ length: 30 }, (_, i) => ({
	day: date(29 - i).slice(0, 10), orders: Math.round(24 + 11 * Math.sin(i / 3)),
		late: Math.round(4 + 3 * Math.cos(i / 2)),
}));

export const ACTIONS = {
	inspect: { title: 'Inspect', effect: 'read', inputSchema: { type: 'object',
		properties: { order: { type: 'string' } } } },
	audit: { title: 'Run limit audit', effect: 'read', inputSchema: { type: 'object', properties: {} } },
	refused: { title: 'Freeze writes', effect: 'write', inputSchema: { type: 'object', properties: {} } },
	reorder: {
		title: 'Reorder', effect: 'write', inputSchema: {
			type: 'object', required: ['sku', 'quantity', 'supplier'], properties: {
				sku: { type: 'string', title: 'Item', enum: STOCK.map(row => row.sku) },
				quantity: { type: 'integer', title: 'Quantity', minimum: 1, maximum: 500 },
				supplier: { type: 'string', title: 'Supplier', pattern: '[A-Z][A-Za-z ]+', maxLength: 40 },
				urgent: { type: 'boolean', title: 'Deliver tomorrow' },
				note: { type: 'string', title: 'Note', maxLength: 400 },
			},
		},
	},
};

const form = node('ActionForm', {
	action: 'reorder', submit: 'Review order',
	fields: [
		{ name: 'sku' }, { name: 'quantity', value: 40, help: 'Orders above $500.00 need a waiver' },
		{ name: 'supplier', value: 'Nordlager' }, { name: 'urgent' }, { name: 'note' },
	],
});

const operations = page('Orders and stock',
	node('ActionButton', { action: 'audit', kind: 'primary' }),
	node('Metrics', {
		currency: 'USD', items: [
			{ label: 'Open orders', value: 15, trend: [14, 16, 12, 13, 17, 16, 15], delta: -0.08,
				hint: 'against last week', tone: 'ok' },
			{ label: 'Value not shipped', value: 9635, format: 'money', trend: [2, 3, 3, 5, 4, 6, 8], delta: 0.12,
				hint: 'against last week' },
			{ label: 'On hold', value: 2, hint: 'Needs clearance 3' },
			{ label: 'Below reorder point', value: 4, unit: 'SKUs', trend: [0, 0, 1, 1, 3, 4], tone: 'bad',
				delta: '1 out of stock' },
		],
	}),
	node('Grid', {},
		node('Stack', { span: 8 }, ordersTable(38)),
		node('Stack', { span: 4 }, node('Section', { title: 'Reorder', hint: 'Runs procure-to-pay' }, form))),
	node('Grid', {},
		half(node('Table', {
			title: 'Stock', rows: STOCK, sort: { key: 'stock', dir: 'asc' },
			columns: [
				{ key: 'sku', label: 'SKU', format: 'id' }, { key: 'item', label: 'Item', format: 'text' },
				{ key: 'bin', label: 'Bin' }, { key: 'stock', label: 'On hand', format: 'level', max: 120,
					target: 'point' },
			],
		})),
		half(
			node('Section', { title: 'Purchasing spend', hint: 'Last 12 months' }, node('BarChart', {
				rows: spend, x: 'month', stacked: true, format: 'money', currency: 'USD', label: 'Purchasing spend',
				series: [{ key: 'orders', label: 'Purchase orders' }, { key: 'direct', label: 'Direct buys' }],
			})),
			node('Section', { title: 'Orders per day', hint: 'Last 30 days' }, node('LineChart', {
				rows: days, x: 'day', label: 'Orders per day',
				series: [{ key: 'orders', label: 'Orders' }, { key: 'late', label: 'Late' }],
			})))));

const hash = n => createHash('sha256').update(String(n)).digest('hex');

const entries = [
	['Skill lookup', 'skill procure-to-pay, clearance 2'],
	['Policy check', 'policy high-value-law, limit 500.00, allowed'],
	['Read', "SELECT quantity, reorder_point FROM stock WHERE sku = 'BRG-6204'"],
	['Saga step', 'step reserve_stock, sku BRG-6204, quantity 40'],
	['Saga step', 'step pay_supplier, supplier Nordlager, amount 912.00'],
	['Saga step', 'step write_invoice, invoice INV-20931, amount 412.00'], ['Refused', 'DROP TABLE suppliers'],
	['Schema change', 'ALTER TABLE products ADD COLUMN shelf TEXT'],
].map(([title, detail], i) => ({
	seq: 1038 + i, title, detail, agent: 'og-worker', principal: i === 6 ? 'charlie' : 'bob',
	time: date(0, 400 - i), prev: hash(i), hash: hash(i + 1), node: 'procure-to-pay',
	state: i < 4 ? 'ok' : i === 4 ? 'broken' : 'suspect',
	...(i === 4 ? {
		witnessed: detail.replace('9', '4'), stored: detail, recomputed: hash(99),
		problem: 'The text does not match the recorded hash',
	} : {}),
}));

const ledger = page('Ledger verification',
	node('Alert', {
		tone: 'bad', title: 'Entry 1042 was changed after it was written',
		text: 'Its text no longer matches its recorded hash. The 3 entries after it link to the recorded hash, ' +
			'so they cannot be confirmed until this one is explained.',
	}, node('ActionButton', { action: 'refused', kind: 'danger' })),
	node('Section', { title: 'Integrity', hint: 'One cell for each entry' },
		node('Integrity', { states: '....x???', from: 1038 })),
	node('Grid', {},
		node('Stack', { span: 8 }, section('Chain', node('Chain', { entries, check: 'og-ledger verify' }))),
		node('Stack', { span: 4 },
			section('What changed', node('KeyValue', {
				items: [{ label: 'Entry', value: 1042, format: 'id' }, { label: 'Field', value: 'details' },
					{ label: 'Hash', value: hash(5), format: 'hash' },
					{ label: 'State', value: 'changed', tone: 'bad' }],
			})),
			section('All of it', node('Integrity', { states: '.'.repeat(900) + 'x' + '?'.repeat(120), from: 1 })),
			section('Check it yourself', node('Command', { title: 'Verify from here', effect: 'read',
				text: "og-ledger verify --from 1038 --json | jq 'select(.ok == false)'" })))));

const breaker = node('Page', { title: 'Agent run stopped',
	subtitle: 'Stopped by the loop guard before it could repeat itself a fourth time', state: 'interrupted',
	tone: 'bad' },
	node('Alert', { tone: 'bad', title: 'SYSTEM_INTERRUPT: same statement, three times, same result',
		text: 'Nothing was written; the run can be resumed or dropped.' }),
	node('Grid', {},
		node('Stack', { span: 5 },
			section('Budgets', node('Meters', {
				items: [{ label: 'Repeats of one statement', value: 3, max: 3 }, { label: 'Cycles', value: 3, max: 12 },
					{ label: 'Tokens', value: 8196, max: 20_000 },
					{ label: 'Cost', value: 0.04, max: 0.25, format: 'money' }, { label: 'Wall time', value: 52, max: 60,
						unit: 's' }],
			})),
			section('Tokens per cycle', node('BarChart', {
				rows: [1, 2, 3].map(cycle => ({ cycle, prompt: 1700 + 400 * cycle, output: 230 })), x: 'cycle',
					stacked: true, height: 180,
				series: [{ key: 'prompt', label: 'Prompt' }, { key: 'output', label: 'Output' }],
					reference: { label: 'Cap', value: 4000 },
			}))),
		node('Stack', { span: 7 },
			section('Last cycles', node('Timeline', {
				items: [['Cycle 1: query', 'ok'], ['Cycle 2: same query', 'warn'], ['Cycle 3: same query', 'bad'],
					['Interrupted before cycle 4', 'bad']]
					.map(([title, tone], i) => ({ title, tone, time: date(0, 9 - i), detail: 'fp 7c1e\u2026a09d, 0 rows' })),
			})),
			section('Repeated statement', node('Code',
				{ text: "SELECT o.id, o.total\nFROM orders AS o\nWHERE o.total > 500 AND s.region = 'north'" })),
			section('Likely cause', 'No supplier has region north. The comparison is case sensitive.'))));

const signed = [['Q1', 420, -80], ['Q2', -160, -240], ['Q3', 310, 90], ['Q4', 0, 120]].map(([x, a,
	b]) => ({ x, a, b }));
const AB = [{ key: 'a', label: 'Gain' }, { key: 'b', label: 'Change' }];
const long = ['Industrial bearings and bushings, sealed', 'Diaphragm pumps with stainless steel housing',
	'Grease', 'A name that is very much longer than any column could ever be wide enough to show on a phone']
	.map((name, i) => ({ name, value: 900 - 210 * i }));

const charts = page('Charts', node('Grid', {},
	half(
		section('Stacked area', node('AreaChart', { rows: spend, x: 'month', stacked: true,
			series: [{ key: 'orders', label: 'Purchase orders' }, { key: 'direct', label: 'Direct buys' }],
			format: 'money', currency: 'EUR', label: 'Stacked area' })),
		section('Below zero', node('BarChart', { rows: signed, x: 'x', series: AB, label: 'Below zero' })),
		section('Stacked below zero', node('BarChart', { rows: signed, x: 'x', series: AB, stacked: true,
			label: 'Stacked below zero' })),
		section('Line below zero, a value missing', node('LineChart', { rows: [...signed, { x: 'Q5', a: null,
			b: 40 }, { x: 'Q6', a: 90, b: 10 }], x: 'x', series: AB, reference: { label: 'Floor', value: -200 },
			label: 'Line below zero' })),
		section('Shares', node('ShareBar', { by: 'Category', format: 'money', currency: 'GBP',
			items: [['Furniture', 29984.5], ['Hardware', 12500], ['Rest', 0]].map(([label, value]) => ({ label,
			value })) }))),
	half(
		section('Long names', node('BarChart', { rows: long, x: 'name', series: [{ key: 'value',
			label: 'Units' }], reference: { label: 'Limit', value: 500 } })),
		section('All zero', node('BarChart', { rows: [{ x: 'a', y: 0 }, { x: 'b', y: 0 }], x: 'x',
			series: [{ key: 'y', label: 'Nothing' }], label: 'All zero' })),
		section('One value', node('LineChart', { rows: [{ x: '2026-11-20', y: 12 }], x: 'x', series: [{ key: 'y',
			label: 'Alone' }], label: 'One value' })),
		section('No values', node('LineChart', { rows: [], x: 'x', series: [] })),
		section('Four series', node('LineChart', { rows: days.map((row, i) => ({ ...row, c: 14 + i / 3,
			d: 40 - i })), x: 'day', series: ['orders', 'late', 'c', 'd'].map(key => ({ key, label: key })),
			label: 'Four series' })),
		section('Sparkline', node('Sparkline', { values: [1, 5, 2, 8, 4], label: 'Load' })))));

const skill = 'name: reorder\nsteps:\n  - price\n  - reserve\nlimit: 500\nowner: bob\n';

const prose = page('Words', node('Grid', {},
	half(
		section('Difference', node('Diff', { before: skill, after: skill.replace('500',
			'650').replace('  - reserve\n', '  - reserve\n  - authorize\n'), before_label: 'version 3',
			after_label: 'version 4' })),
		section('Source', node('Citation', { policy: 'high-value-law', title: 'High-Value Transaction Act',
			line: 3, text: 'An order above 500.00 needs a waiver that names who granted it.' })),
		section('Badges', node('Badge', { text: 'done' }), ...['ok', 'warn', 'bad',
			'info'].map(tone => node('Badge', { text: tone, tone })))),
	half(
		section('Trace', node('Waterfall', {
			items: [['task', 0, 87, '', 0], ['understand', 1, 6, 'info', 1], ['step reserve-stock', 9, 22, 'ok', 1],
				['shield sql.write', 12, 9, '', 2],
				['step authorize-payment', 34, 31, 'bad', 1], ['undo reserve-stock', 68, 14, 'warn', 1]]
				.map(([title, start, ms, tone, depth]) => ({ title, start, ms, tone, depth })),
		})),
		section('Parts', node('Tabs', { labels: ['Facts', 'Statement', 'Nothing'] },
			node('KeyValue', { items: [{ label: 'Status', value: 'waived', format: 'status' }, { label: 'Paid',
				value: true }] }),
			node('Code', { text: 'SELECT 1' }), node('Empty', { title: 'Nothing here', text: 'Try another part.' }))),
		...['ok', 'warn', 'info', ''].map(tone => node('Alert', { tone, title: `An alert, ${tone || 'plain'}`,
			text: 'What it means.', fix: 'What to do.' })))));

const TABLES = ['products', 'orders', 'order_lines', 'customers', 'suppliers', 'invoices', 'payments',
	'waivers', 'ledger', 'policies'];
const LINKS = [[2, 0], [2, 1], [1, 3], [0, 4], [5, 1], [6, 5], [7, 1], [7, 9], [8, 1], [4, 0], [5, 5]];

const graph = page('Schema', section('Tables and keys', node('Graph', {
	title: 'Tables', nodes: TABLES.map((id, i) => ({ id, label: id, kind: `${3 + i} columns`,
		tone: id === 'ledger' ? 'info' : '' })),
	edges: LINKS.map(([from, to]) => ({ from: TABLES[from], to: TABLES[to], type: 'foreign key' })),
})));

const nothing = page('Nothing to show',
	node('Empty', { title: 'No orders', text: 'Nothing was ordered since Monday.' }),
	node('Table', { title: 'Orders', rows: [], columns: [{ key: 'a', label: 'Order' }],
		empty: 'No orders since Monday' }),
	node('Table', { rows: [{ a: 1 }] }), node('Metrics', {}), node('Chain', {}), node('Integrity', {}),
		node('Graph', {}), node('Waterfall', {}),
	node('NoSuchThing', {}, node('Text', { text: 'Drawn all the same' })));

const inside = page('Within a card', section('Orders',
	node('Metrics', { items: [{ label: 'One', value: 1 }, { label: 'Two', value: 2 }] }), ordersTable(12,
		{ title: undefined, search: false })));

const MADE = { operations, ledger, breaker, charts, prose, graph, nothing, inside };

const real = name => JSON.parse(og('og-render', ['--to=tree'], { input: readFileSync(path.join(TESTS,
	'golden', name), 'utf8') }));

// name -> tree.
export function trees() {
	const samples = readdirSync(path.join(TESTS, 'golden')).filter(name => name.endsWith('.json'));

	return { ...MADE, ...Object.fromEntries(samples.map(name => [`golden-${name.slice(0, -5)}`, real(name)])) };
}
