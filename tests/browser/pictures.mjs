// The pictures of the README, from the real product: a demo company, its
// worker, answers as pages of their own, and the page that og-serve serves.
//
//   node tests/browser/pictures.mjs [DIRECTORY]     default: docs/pictures
//
// OG_BUILD is the build tree. Everything happens in a temporary directory;
// only what was started here is ended.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { BUILD, browser, og, pageFile, workplace } from './browser.mjs';

const out = path.resolve(process.argv[2] ?? 'docs/pictures');
const SIZE = { width: 1280, height: 860 };
const place = workplace();
const company = path.join(place.dir, 'nordlager');
const env = { OG_HOME: path.join(company, '.omnigate') };
const started = [];

function start(program, args) {
	const child = spawn(path.join(BUILD, 'bin', program), args, {
		cwd: company, env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'],
	});

	started.push(child);
	return child;
}

// The first address in what og-serve says of itself.
function address(child) {
	return new Promise((found, failed) => {
		let said = '';

		child.stderr.on('data', piece => {
			said += piece;
			const match = said.match(/(?:127\.0\.0\.1|localhost):\d+/);

			if (match)
				found('http://' + match[0]);
		});
		child.once('exit', () => failed(new Error(`og-serve ended: ${said}`)));
	});
}

// A task may end in an honest no; its document is what we want all the same.
function ask(principal, sentence) {
	try {
		return og('og-submit', ['--as', principal, '--wait', '--timeout', '60', '--json', sentence], { env });
	} catch (error) {
		if (error.status === 1)
			return error.stdout;
		throw error;
	}
}

async function shoot(page, name) {
	const file = path.join(out, name + '.png');

	await page.waitForTimeout(700);
	await page.screenshot({ path: file });
	console.log(`${file} ${Math.round(statSync(file).size / 1024)} KB`);
}

async function renderPicture(chromium, name, result, options = {}) {
	const page = await chromium.newPage({ viewport: SIZE, ...options });

	await page.goto(pageFile(place.dir, name + '.html', og('og-render', ['--to=html'], { input: result, env })));
	await shoot(page, name);
	await page.close();
}

async function answers(chromium) {
	const stock = ask('bob', 'Inspect product stock levels');
	ask('charlie', 'Run Procure-to-Pay workflow to purchase 1 Ergonomic Chair');
	const desks = ask('charlie', 'Run Procure-to-Pay workflow to purchase 2 Standing Desks');
	const audit = ask('bob', "Show me today's anomalous transactions");
	const overview = ask('alice', 'Give me a business overview');

	await renderPicture(chromium, 'overview', overview);
	await renderPicture(chromium, 'rollback', desks);
	await renderPicture(chromium, 'audit-dark', audit, { colorScheme: 'dark' });
	await renderPicture(chromium, 'stock-phone', stock, { viewport: { width: 390, height: 844 } });
}

async function login(page, base) {
	await page.goto(base);
	await page.getByLabel('E-mail address').fill('alice@example.com');
	await page.getByLabel('Password').fill('password123');
	await page.getByLabel('Password').press('Enter');
	await page.locator('.ap-nav').waitFor();
}

// One stored text changed behind the programs' back, as an intruder would.
function tamper() {
	const change = 'DROP TRIGGER audit_ledger_no_update; UPDATE audit_ledger SET principal = \'bob\' ' +
		'WHERE seq = (SELECT max(seq) - 4 FROM audit_ledger)';

	execFileSync('sqlite3', [path.join(company, '.omnigate', 'erp.db'), '.timeout 5000', change]);
}

async function app(chromium) {
	const base = await address(start('og-serve', ['--listen', '127.0.0.1:0']));
	const page = await chromium.newPage({ viewport: SIZE });

	await login(page, base);
	await page.goto(base + '/#/explore');
	await shoot(page, 'app-explore');
	await page.goto(base + '/#/ledger');
	await shoot(page, 'app-ledger');
	tamper();
	await page.getByText(/changed|broken|does not match/i).first().waitFor({ timeout: 20_000 });
	await shoot(page, 'app-ledger-tampered');
	await page.close();
}

mkdirSync(out, { recursive: true });
mkdirSync(company);
const chromium = await browser();

try {
	execFileSync(path.join(BUILD, 'bin', 'og'), ['init', '--demo'], { cwd: company });
	start('og-worker', []);
	await answers(chromium);
	await app(chromium);
} finally {
	for (const child of started)
		child.kill('SIGTERM');
	await chromium.close();
	place.done();
}
