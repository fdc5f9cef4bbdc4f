// og-render in a tree of its own, whose kit can be changed for a test.
import { copyFileSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { BUILD } from './browser.mjs';

export function renderWith(dir, files = {}) {
	const bin = path.join(dir, 'bin'), ui = path.join(dir, 'share', 'omnigate', 'ui');

	mkdirSync(bin, { recursive: true });
	copyFileSync(path.join(BUILD, 'bin', 'og-render'), path.join(bin, 'og-render'));
	cpSync(path.join(BUILD, 'share', 'omnigate', 'ui'), ui, { recursive: true });
	for (const [name, text] of Object.entries(files))
		writeFileSync(path.join(ui, name), text);
	return (args, input) => execFileSync(path.join(bin, 'og-render'), args,
		{ input, encoding: 'utf8', maxBuffer: 1 << 28 });
}
