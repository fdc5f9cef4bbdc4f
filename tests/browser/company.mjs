// A demo company of a test's own: an instance, a server at a free port, a
// worker, and a person in front of a browser.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { BUILD, browser, workplace } from './browser.mjs';

const program = name => path.join(BUILD, 'bin', name);

function ended(child) {
	return new Promise(done => {
		if (child.exitCode !== null || child.signalCode !== null)
			done();
		else child.once('exit', done);
	});
}

export async function stop(child) {
	child?.kill('SIGTERM');
	if (child)
		await ended(child);
}

// The child and what it says on standard error, line by line, until ready
// matches; its match.
function started(name, args, env, ready) {
	const child = spawn(program(name), args, {
		env: { ...process.env, ...env },
		stdio: ['ignore', 'ignore', 'pipe'],
	});
	let said = '';

	return new Promise((resolve, reject) => {
		child.stderr.on('data', data => {
			said += data;
			const match = ready?.exec(said);
			if (match)
				resolve({ child, match });
		});
		child.once('exit', code => reject(new Error(`${name} ended with ${code}: ${said}`)));
		if (!ready)
			resolve({ child });
	});
}

export async function company() {
	const place = workplace();
	const home = path.join(place.dir, 'shop', '.omnigate');
	const env = { OG_HOME: home };
	const run = (name, args, options = {}) =>
		execFileSync(program(name), args, {
			encoding: 'utf8',
			env: { ...process.env, ...env },
			stdio: ['pipe', 'pipe', 'pipe'],
			...options,
		});
	const self = { dir: place.dir, home, run, url: '', worker: null, server: null };

	run('og', ['init', '--demo', path.join(place.dir, 'shop')]);
	self.sql = text =>
		execFileSync('sqlite3', ['-cmd', '.timeout 5000', path.join(home, 'erp.db'), text], {
			encoding: 'utf8',
		}).trim();
	const serveAt = at => started('og-serve', ['--quiet', '--listen', at], env, /listening at (http:\S+?)\/\s/);
	// At the address of before, when there was one: below those ports that the
	// kernel hands out itself, so that nobody is given it meanwhile.
	self.serve = async () => {
		let up = self.url && (await serveAt(new URL(self.url).host));

		for (let tries = 0; !up; tries++)
			up = await serveAt(`127.0.0.1:${20_000 + Math.floor(Math.random() * 12_000)}`).catch(error => {
				if (tries === 20)
					throw error;
			});
		self.server = up.child;
		self.url = up.match[1];
	};
	self.work = async () => {
		self.worker = (await started('og-worker', ['--quiet'], env)).child;
	};
	self.end = async () => {
		await stop(self.worker);
		await stop(self.server);
		place.done();
	};
	return self;
}

// Whether this server has a route: another method of it is 405, no route 404.
const has = async (shop, route) => (await fetch(shop.url + route, { method: 'PUT' })).status !== 404;

const built = () => existsSync(path.join(BUILD, 'share', 'omnigate', 'ui', 'app.js'));

function skipAll(reason) {
	console.log(`ok 1 all # skip ${reason}\n1..1`);
	process.exit(0);
}

// For run({ before, after }): {shop, browser}.
export async function opened() {
	if (!built())
		skipAll('pages with script are not built here');
	const shop = await company();

	await shop.serve();
	if (!(await has(shop, '/api/query')) || !(await has(shop, '/api/events'))) {
		await shop.end();
		skipAll('this og-serve has no /api/query');
	}
	await shop.work();
	return { shop, browser: await browser() };
}

export async function closed(t) {
	await t.browser.close();
	await t.shop.end();
}

// A page whose console is watched. What a refused request leaves there is
// the browser's own line and no fault of the page's.
async function openWindow(context) {
	const page = await context.newPage();

	page.on('console', message => {
		if (!/Failed to load resource|net::ERR/.test(message.text()))
			page.logged.push(message.text());
	});
	page.on('pageerror', error => page.logged.push(String(error)));
	page.logged = [];
	return page;
}

// Opens our page. A window costs a second of the processor, so one that left()
// gave back is taken where a plain one will do: nobody is signed in there.
export async function visit(t, { width = 1360, height = 900, theme = 'light', context, ...options } = {}) {
	const plain = !context && Object.keys(options).length === 0;
	const own = context ?? (plain ? undefined : await t.browser.newContext(options));
	const page = (plain && t.windows?.pop()) || (await openWindow(own ?? (await t.browser.newContext())));

	page.plain = plain;
	if (!context) {
		await page.setViewportSize({ width, height });
		await page.emulateMedia({ colorScheme: theme });
	}
	await page.goto(`${t.shop.url}/`);
	return page;
}

// The page is no longer needed: its window is for the next one, without cookies
// and without what the page kept.
export async function left(t, page) {
	if (!page.plain) {
		await page.context().close();
		return;
	}
	await page.unrouteAll({ behavior: 'ignoreErrors' });
	await page.evaluate(() => {
		sessionStorage.clear();
		localStorage.clear();
	});
	await page.goto('about:blank');
	await page.context().clearCookies();
	await page.mouse.move(0, 0);
	page.logged = [];
	(t.windows ??= []).push(page);
}

export async function signIn(page, name, password = 'password123') {
	await page.getByLabel('E-mail address').fill(`${name}@example.com`);
	await page.getByLabel('Password').fill(password);
	await page.getByRole('button', { name: 'Sign in' }).click();
}

export async function visitAs(t, name, options) {
	const page = await visit(t, options);

	await signIn(page, name);
	await page.locator('.ap-bar').waitFor();
	return page;
}

// Says a sentence; resolves when its card says that it is in one of the states.
export async function say(page, sentence, states = /done|completed|compensated|interrupted|refused|failed/) {
	const cards = page.locator('.ap-card.on');

	await page.locator('#ap-command').fill(sentence);
	await page.keyboard.press('Enter');
	await cards
		.filter({ hasText: sentence })
		.locator('.top .og-badge')
		.filter({ hasText: states })
		.waitFor({ timeout: 60_000 });
}

// The document inside the sealed frame.
export async function view(page) {
	const frame = page.frameLocator('.ap-sealed iframe');

	await frame.locator('h1').first().waitFor({ timeout: 60_000 });
	return frame;
}

export const goTo = async (page, section) => {
	await page.evaluate(to => {
		location.hash = `#/${to}`;
	}, section);
	await page.locator('.og-head h1').waitFor();
};
