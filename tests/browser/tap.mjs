// Tests that speak TAP: test('name', async t => { ... }); await run().
// A test fails when it throws; t.skip(reason) leaves it out with a notice.
const tests = [];

export function test(name, body) {
	tests.push({ name, body });
}

class Skip extends Error {}

const says = error => String(error?.stack ?? error).replace(/^/gm, '# ');

export async function run({ before, after, timeout = 120_000 } = {}) {
	let failed = 0;
	const context = {
		skip(reason) {
			throw new Skip(reason);
		},
	};

	Object.assign(context, before ? await before() : {});
	for (const [i, { name, body }] of tests.entries()) {
		let timer;
		const late = new Promise((_, fail) => {
			timer = setTimeout(() => fail(new Error(`no end after ${timeout} ms`)), timeout);
		});
		try {
			await Promise.race([body(context), late]);
			console.log(`ok ${i + 1} ${name}`);
		} catch (error) {
			if (error instanceof Skip) {
				console.log(`ok ${i + 1} ${name} # skip ${error.message}`);
			} else {
				failed++;
				console.log(`not ok ${i + 1} ${name}\n${says(error)}`);
			}
		}
		clearTimeout(timer);
	}
	console.log(`1..${tests.length}`);
	await after?.(context);
	process.exit(failed ? 1 : 0);
}
