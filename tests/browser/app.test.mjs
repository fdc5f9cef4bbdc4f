// The page of og-serve, as people use it: a real server, a real worker, a
// demo company of its own.
import assert from 'node:assert/strict';
import { axe, picture } from './browser.mjs';
import { closed, goTo, left, opened, say, signIn, stop, view, visit, visitAs } from './company.mjs';
import { run, test } from './tap.mjs';

const CHAIR = 'Run Procure-to-Pay workflow to purchase 1 Ergonomic Chair';
const DESKS = 'Run Procure-to-Pay workflow to purchase 2 Standing Desks';
const ANOMALIES = "Show me today's anomalous transactions";

const TRIGGERS = "FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'audit_ledger'";

const keep = (page, name, options) => picture(page, 'app', name, options);

async function close(t, page) {
	assert.deepEqual(page.logged, []);
	await left(t, page);
}

const badge = page => page.locator('.ap-card.on .top .og-badge');

test('a wrong password is told, the right one leads in', async t => {
	const page = await visit(t);

	await page.getByLabel('E-mail address').waitFor();
	await keep(page, 'login');
	await signIn(page, 'bob', 'guess');
	await page.getByText('Wrong address or password.').waitFor();
	assert.equal(await page.getByLabel('Password').inputValue(), '');
	await signIn(page, 'bob');
	await page.locator('.ap-bar').getByText('employee, clearance 2').waitFor();
	assert.equal(await page.evaluate(() => document.cookie), '', 'no script sees the session');
	await close(t, page);
});

test('a chair is bought: trace, view beside it, the task in the list', async t => {
	const page = await visitAs(t, 'bob');

	await say(page, CHAIR);
	await page.locator('.ap-card.on').getByText('Understood as procure-to-pay').waitFor();
	const frame = await view(page);
	await frame.getByText('Ergonomic Chair').first().waitFor();
	await keep(page, 'command-chair-light');
	await goTo(page, 'tasks');
	await page.getByRole('list', { name: 'Tasks' }).getByText(CHAIR).first().click();
	await page.getByRole('heading', { name: 'Time' }).waitFor();
	await keep(page, 'task-light', { fullPage: true });
	assert.equal(t.shop.sql("SELECT count(*) FROM payments WHERE status = 'authorized'") > 0, true);
	await close(t, page);
});

test('two desks are refused, and the rail shows how they were taken back', async t => {
	const page = await visitAs(t, 'bob', { width: 1360, height: 1000, theme: 'dark' });

	await say(page, DESKS, /compensated/);
	await page.locator('.ap-card.on').getByText('Undo reserve stock').waitFor();
	const frame = await view(page);
	await frame.getByText('Compensation').first().waitFor();
	assert.ok((await frame.locator('.og-step.undo').count()) >= 2);
	await frame.getByText('exceeds compliance limit').first().waitFor();
	await keep(page, 'command-desks-dark');
	await close(t, page);
});

test('Alice grants a waiver from a row: the exact command first, then a task', async t => {
	const page = await visitAs(t, 'alice');
	const order = t.shop.sql('SELECT max(id) FROM orders WHERE total_amount > 500');

	await say(page, ANOMALIES);
	const frame = await view(page);
	await frame
		.getByRole('row')
		.filter({ hasText: order })
		.getByRole('button', { name: /waiver/i })
		.click();
	const dialog = page.getByRole('dialog', { name: 'Grant a waiver' });
	await dialog
		.getByText(`og-submit --as alice --action approve-waiver --param order_id=${order}`)
		.waitFor();
	assert.match(await dialog.innerText(), /Runs as alice/);
	await keep(page, 'dialog-waiver');
	assert.equal(
		t.shop.sql(`SELECT count(*) FROM waivers WHERE order_id = ${order}`),
		'0',
		'nothing before the yes',
	);
	await dialog.getByRole('button', { name: 'Grant a waiver' }).click();
	await page.locator('.ap-card.on').filter({ hasNotText: ANOMALIES }).waitFor();
	await badge(page)
		.filter({ hasText: /done|completed/ })
		.waitFor();
	assert.equal(t.shop.sql(`SELECT count(*) FROM waivers WHERE order_id = ${order}`), '1');
	await close(t, page);
});

test('cancelling the confirmation does nothing', async t => {
	const page = await visitAs(t, 'alice');
	const before = t.shop.sql('SELECT count(*) FROM og_task');

	await say(page, 'Inspect product stock levels');
	const frame = await view(page);
	await frame
		.getByRole('button', { name: /reorder/i })
		.first()
		.click();
	await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
	await page.getByRole('dialog').waitFor({ state: 'detached' });
	assert.equal(Number(t.shop.sql('SELECT count(*) FROM og_task')), Number(before) + 1);
	await close(t, page);
});

test('Charlie asks, Alice sees it at once and approves, and it goes on', async t => {
	t.shop.run(
		'og-policy',
		[
			'add',
			'--as',
			'alice',
			'--name',
			'four-eyes',
			'--node',
			'procure-to-pay',
			'--approval',
			':total_amount > 200',
			'--step',
			'authorize-payment',
			'--approver-clearance',
			'3',
			'--message',
			'orders above 200 take two people',
			'-',
		],
		{ input: 'Orders above 200 take two people.\n' },
	);
	const alice = await visitAs(t, 'alice'),
		charlie = await visitAs(t, 'charlie');

	await goTo(alice, 'approvals');
	await alice.getByText('Nothing waits for you').waitFor();
	await say(charlie, 'buy 1 ergonomic chair', /waiting/);
	await keep(charlie, 'command-waiting');
	await alice.getByText('orders above 200 take two people').waitFor();
	await alice.locator('.ap-nav .count', { hasText: '1' }).first().waitFor();
	await keep(alice, 'approvals-light');
	await alice.getByRole('button', { name: 'Approve', exact: true }).click();
	const dialog = alice.getByRole('dialog');
	const id = t.shop.sql("SELECT id FROM og_task WHERE state = 'waiting'");
	assert.match(
		await dialog.innerText(),
		new RegExp(`og-task approve --as alice --digest [0-9a-f]{64} ${id}`),
	);
	await keep(alice, 'dialog-approve');
	await dialog.getByRole('button', { name: 'Approve what charlie asks' }).click();
	await alice.getByText('Nothing waits for you').waitFor();
	await badge(charlie)
		.filter({ hasText: /done|completed/ })
		.waitFor({ timeout: 30_000 });
	await close(t, alice);
	await close(t, charlie);
});

test('a proposal is shown as its text and as the record that would be put', async t => {
	t.shop.run('og-policy', ['propose', '--as', 'charlie', '-'], {
		input: '---\nname: small-orders\nnode: procure-to-pay\n---\nSmall orders need no look.\n',
	});
	const alice = await visitAs(t, 'alice');

	await goTo(alice, 'approvals');
	await alice.getByText(/^Small orders need no look/).waitFor();
	await alice.getByText(/"passages": \[/).waitFor();
	await alice.getByRole('button', { name: 'Reject', exact: true }).click();
	await alice.getByRole('dialog').getByRole('button', { name: /charlie/ }).click();
	await alice.getByText('Nothing waits for you').waitFor();
	await close(t, alice);
});

const unfit = page =>
	page.evaluate(async () => {
		const { violations } = await globalThis.axe.run(
			{ include: ['.ap-answer'] },
			{ iframes: false },
		);

		return violations.map(one => `${one.id}: ${one.nodes.map(node => node.html).join(' | ')}`);
	});

test('a task that asks which one: a list, by keys alone, and it goes on once', async t => {
	const page = await visitAs(t, 'charlie');
	const left = () => Number(t.shop.sql("SELECT stock_quantity FROM products WHERE name = 'Laptop Stand'"));
	const before = left();

	await say(page, 'buy 2 stand', /waiting/);
	const form = page.getByRole('form', { name: 'Answer' });
	const field = form.getByRole('combobox', { name: 'Product' });
	await field.waitFor();
	await page.evaluate(axe());
	assert.deepEqual(await unfit(page), []);
	await keep(page, 'answer-choices');
	// Nothing chosen: told, where it is missing, and nothing is sent.
	await form.getByRole('button', { name: 'Answer' }).focus();
	await page.keyboard.press('Enter');
	await form.getByText('This is needed.').waitFor();
	assert.equal(await field.getAttribute('aria-invalid'), 'true');
	assert.ok(await field.evaluate(node => node === document.activeElement));
	assert.deepEqual(await unfit(page), []);
	await page.keyboard.type('Lap');
	await page.keyboard.press('Tab');
	await page.keyboard.press('Enter');
	await badge(page)
		.filter({ hasText: /done|completed/ })
		.waitFor({ timeout: 30_000 });
	assert.equal(left(), before - 2);
	await close(t, page);
});

test('a name that is nearly right is suggested, what is missing is asked by its kind', async t => {
	const page = await visitAs(t, 'charlie');
	const orders = () => Number(t.shop.sql('SELECT count(*) FROM orders'));
	const before = orders();

	await say(page, 'buy 1 lpatop stnad', /waiting/);
	const form = page.getByRole('form', { name: 'Answer' });
	await form.getByText("Did you mean 'Laptop Stand'?").waitFor();
	await page.evaluate(axe());
	assert.deepEqual(await unfit(page), []);
	await form.getByLabel('Product').fill('a teapot');
	await form.getByRole('button', { name: 'Answer' }).click();
	await form.getByRole('status').filter({ hasText: 'teapot' }).waitFor();
	assert.equal(orders(), before);
	await form.getByRole('button', { name: 'Use Laptop Stand' }).click();
	await form.getByRole('button', { name: 'Answer' }).click();
	await badge(page)
		.filter({ hasText: /done|completed/ })
		.waitFor({ timeout: 30_000 });
	assert.equal(orders(), before + 1);
	// Somebody else's question is not theirs to answer.
	const id = t.shop.run('og-submit', ['--as', 'charlie', '--action', 'procure-to-pay']).trim();
	await goTo(page, `tasks/${id}`);
	await page.getByRole('form', { name: 'Answer' }).getByLabel('Product').waitFor();
	const alice = await visitAs(t, 'alice');
	await goTo(alice, `tasks/${id}`);
	await alice.getByText('Asks:').first().waitFor();
	assert.equal(await alice.getByRole('form', { name: 'Answer' }).count(), 0);
	t.shop.run('og-task', ['cancel', '--as', 'charlie', id]);
	await close(t, alice);
	await close(t, page);
});

test('a loop is stopped: the diagnostic view, and the budget page names it', async t => {
	const page = await visitAs(t, 'alice', { theme: 'dark', height: 1000 });

	await say(page, 'Trigger an infinite query loop test', /interrupted/);
	const frame = await view(page);
	await frame
		.getByText(/SYSTEM_INTERRUPT|same (call|statement|query)|repeat/i)
		.first()
		.waitFor();
	await keep(page, 'command-breaker-dark');
	await goTo(page, 'budgets');
	await page
		.getByRole('list', { name: 'Stopped tasks' })
		.getByText('Trigger an infinite query loop test')
		.first()
		.waitFor();
	await keep(page, 'budgets-dark');
	await close(t, page);
});

test('the ledger turns red by itself when somebody tampers with it, and names the record', async t => {
	const page = await visitAs(t, 'alice');
	const last = Number(t.shop.sql('SELECT max(seq) FROM audit_ledger')),
		seq = last - 3;
	const guards = t.shop.sql(
		`SELECT group_concat('DROP TRIGGER ' || name, ';') ${TRIGGERS}`,
	);
	const schema = t.shop.sql(
		`SELECT group_concat(sql, ';' || char(10)) ${TRIGGERS}`,
	);
	const body = t.shop.sql(`SELECT hex(body) FROM audit_ledger WHERE seq = ${seq}`);
	const change = value =>
		t.shop.sql(
			`BEGIN; ${guards};UPDATE audit_ledger SET body = ${value} WHERE seq = ${seq}; ${schema}; COMMIT`,
		);

	await goTo(page, 'ledger');
	await page.getByText('verified', { exact: true }).first().waitFor();
	await keep(page, 'ledger-light', { fullPage: true });
	const began = Date.now();
	change(`replace(body, '"', '" ')`);
	await page
		.getByRole('alert')
		.filter({ hasText: `Entry ${seq} was changed after it was written` })
		.waitFor({ timeout: 60_000 });
	t.red = Date.now() - began;
	console.log(`# red after ${t.red} ms`);
	assert.equal(await page.locator('.og-blk.broken').count(), 1);
	assert.equal(await page.locator('.og-blk.suspect').count(), 3);
	await page.getByRole('button', { name: `Show entry ${seq}` }).waitFor();
	await page.locator('.ap-nav .count.bad').first().waitFor();
	await keep(page, 'ledger-broken-light', { fullPage: true });
	change(`CAST(x'${body}' AS TEXT)`);
	await page
		.getByRole('alert')
		.filter({ hasText: 'was changed' })
		.waitFor({ state: 'detached', timeout: 60_000 });
	// Half a second where nothing else runs.
	assert.ok(t.red < 30_000, `${t.red} ms`);
	await close(t, page);
});

test('a server that restarts: told, nothing lost, and it goes on', async t => {
	const page = await visitAs(t, 'bob');

	await say(page, 'Inspect product stock levels');
	await page.locator('#ap-command').fill('half a sentence');
	await stop(t.shop.server);
	await page.getByText('The server is away.').waitFor({ timeout: 60_000 });
	await keep(page, 'away-light');
	await page.locator('#ap-command').fill(CHAIR);
	await page.keyboard.press('Enter');
	await page.getByText('The server cannot be reached').waitFor();
	assert.equal(await page.locator('#ap-command').inputValue(), CHAIR, 'what was typed stays');
	await t.shop.serve();
	await page.getByText('The server is away.').waitFor({ state: 'detached', timeout: 60_000 });
	await page.locator('#ap-command').fill('Inspect product stock levels');
	await page.keyboard.press('Enter');
	await badge(page)
		.filter({ hasText: /done|completed/ })
		.waitFor();
	await close(t, page);
});

test('signing out in one tab ends the other, and signing in leads back', async t => {
	const context = await t.browser.newContext();
	const first = await visitAs(t, 'bob', { context }),
		second = await visit(t, { context });

	await second.locator('.ap-bar').waitFor();
	await goTo(second, 'ledger');
	await first.getByRole('button', { name: 'Sign out' }).click();
	await second.getByText('You signed out in another tab.').waitFor();
	await first.getByLabel('Password').waitFor();
	await signIn(second, 'bob');
	await second.getByRole('heading', { name: 'Ledger', level: 1 }).waitFor();
	await close(t, second);
});

test('a session that ends leads to signing in, and back to where one was', async t => {
	const page = await visitAs(t, 'diana');

	await goTo(page, 'tasks');
	t.shop.run('og-serve', ['revoke', 'diana']);
	await page.reload();
	await page.getByLabel('Password').waitFor();
	await signIn(page, 'diana');
	await page.getByRole('heading', { name: 'Tasks', level: 1 }).waitFor();
	await goTo(page, 'command');
	await page.locator('#ap-command').fill('Inspect product stock levels');
	t.shop.run('og-serve', ['revoke', 'diana']);
	await page.keyboard.press('Enter');
	await page.getByText('Your session is over.').waitFor();
	await signIn(page, 'diana');
	assert.equal(
		await page.locator('#ap-command').inputValue(),
		'Inspect product stock levels',
		'the sentence is still there',
	);
	await close(t, page);
});

await run({ timeout: 240_000, before: opened, after: closed });
