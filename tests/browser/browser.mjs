// Debian's Chromium through playwright-core, and the programs under test.
import { createRequire } from 'node:module';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

export const BUILD = path.resolve(process.env.OG_BUILD ?? 'build');
export const TESTS = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '..');
const require = createRequire(path.join(BUILD, 'ui', 'package.json'));

// Without a network of its own kind a browser must not look for one; a test
// that wants to see what leaves it leaves some of these out.
const QUIET = [
	'--disable-quic', '--no-first-run', '--disable-component-update', '--disable-sync',
	'--disable-background-networking', '--disable-gpu',
];

// A browser; close() it. options as of playwright's launch().
export async function browser({ args = [], quiet = QUIET, ...options } = {}) {
	const { chromium } = require('playwright-core');

	return chromium.launch({
		executablePath: '/usr/bin/chromium',
		chromiumSandbox: process.getuid() !== 0,
		args: [...quiet, ...args],
		timeout: 120_000,
		...options,
	});
}

// The source of axe-core, for page.addScriptTag or a frame's evaluate.
export const axe = () => require('axe-core').source;

// A directory of this run's own, removed by done().
export function workplace() {
	const dir = mkdtempSync(path.join(tmpdir(), 'og-browser-'));

	return { dir, done: () => rmSync(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }) };
}

// A picture of the page for people to look at, as name.png below $OG_SHOTS;
// none where that is not set, since no test reads it.
export async function picture(page, suite, name, options = {}) {
	if (!process.env.OG_SHOTS)
		return;
	const dir = path.join(process.env.OG_SHOTS, suite);

	mkdirSync(dir, { recursive: true });
	await page.screenshot({ path: path.join(dir, `${name}.png`), ...options });
}

// Runs a program of ours; its standard output. Throws unless status is 0.
export function og(program, args, { input, env } = {}) {
	return execFileSync(path.join(BUILD, 'bin', program), args, {
		input, encoding: 'utf8', maxBuffer: 1 << 28, env: { ...process.env, ...env },
	});
}

// Writes a page into dir; its file: URL.
export function pageFile(dir, name, html) {
	const file = path.join(dir, name);

	writeFileSync(file, html);
	return pathToFileURL(file).href;
}
