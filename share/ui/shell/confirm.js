// The dialog that stands between a view and an effect. The shell makes it,
// with everything that would run: parameters, exact command, principal. A
// frame cannot draw over it: the whole window is dimmed with the bar.
import { copyText, icon, make, visible } from './dom.js';
import { quote } from './action.js';

// A view could ask at the moment a reader is about to click. For this long
// after it opened the dialog takes no yes, and Enter falls on Cancel.
export const SETTLE_MS = 700;

function row(name, value) {
	return [make('dt', {}, visible(name)), make('dd', {}, visible(value))];
}

function parameters(action, values) {
	const rules = action.inputSchema?.properties ?? {};
	const names = Object.keys(values);

	return names.length > 0 &&
		make('dl', { class: 'sh-kv' }, names.map(name => row(rules[name]?.title ?? name, values[name])));
}

function commandBlock(argv, command, served) {
	const button = make('button', { class: 'sh-btn small', type: 'button', onclick: copy }, 'Copy');

	async function copy() {
		button.textContent = await copyText(command) ? 'Copied' : 'Select and copy';
	}
	const words = argv.map((word, i) =>
		[i > 0 ? ' ' : '', make('span', { class: 'word' }, visible(quote(word)))]);
	return make('div', {},
		make('p', { class: 'sh-label' },
			served ? 'Runs exactly this' : 'Nothing runs from a file. Paste this in a terminal'),
		make('div', { class: 'sh-cmd' },
			make('pre', { tabindex: 0, role: 'region', 'aria-label': 'Command' }, words), button));
}

function principalNote(principal) {
	return make('p', { class: 'sh-note' }, icon('shield', 16),
		make('span', {}, 'Runs as ', make('b', {}, visible(principal || 'nobody')),
			'. The shield checks it again and the ledger records it.'));
}

// Asks; true for yes. request: {action, arguments, argv, command}.
export function confirmAction(request, { principal, served }) {
	const { action, arguments: values, argv, command } = request;
	const yes = make('button', { class: 'sh-btn primary', type: 'button', disabled: true },
		served ? visible(action.title) : 'Copy command');
	const no = make('button', { class: 'sh-btn', type: 'button', autofocus: true }, 'Cancel');
	const dialog = make('dialog', { class: 'sh-dialog', 'aria-labelledby': 'og-confirm-title' },
		make('div', { class: 'head' }, make('h2', { id: 'og-confirm-title' }, visible(action.title)),
			make('p', {}, visible(action.summary || 'The view asks to run this action.'))),
		make('div', { class: 'in' }, parameters(action, values), commandBlock(argv, command, served),
			principalNote(principal)),
		make('div', { class: 'foot' }, no, yes));

	return new Promise(resolve => {
		const settled = setTimeout(() => { yes.disabled = false; }, SETTLE_MS);

		yes.addEventListener('click', event => event.isTrusted && dialog.close('yes'));
		no.addEventListener('click', () => dialog.close('no'));
		dialog.addEventListener('close', () => {
			clearTimeout(settled);
			dialog.remove();
			resolve(dialog.returnValue === 'yes');
		});
		document.body.append(dialog);
		dialog.showModal();
	});
}
