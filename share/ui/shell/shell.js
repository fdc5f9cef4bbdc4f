// The trusted page around a sealed view: its bar, the list of what the view
// asked for, and what happens when it stops. og-render writes the markup,
// og-spec (what this view may do) and the frame with its document; nothing
// here makes markup, and nothing here runs anything: from a file an action
// becomes a command to paste.
import { createHost } from './host.js';
import { copyText, make, visible } from './dom.js';

const byId = id => document.getElementById(id);
const spec = JSON.parse(byId('og-spec').textContent);
const root = document.documentElement;
const LOG_MAX = 200;
let refusals = 0;

/* activity */

function logLine({ state, what, why, time }) {
	return make('li', { class: state },
		make('time', { datetime: time.toISOString() }, time.toISOString().slice(11, 19)),
		make('b', {}, visible(what)), why && make('p', {}, visible(why)));
}

function addActivity(entry) {
	const list = byId('og-log');

	list.prepend(logLine(entry));
	while (list.children.length > LOG_MAX)
		list.lastChild.remove();
	byId('og-log-empty').hidden = true;
	if (entry.state !== 'refused')
		return;
	refusals++;
	byId('og-count').textContent = String(Math.min(refusals, 99));
	byId('og-count').hidden = false;
	byId('og-activity').setAttribute('aria-label', `Activity, ${refusals} refused or failed`);
}

function showDrawer(open) {
	byId('og-drawer').hidden = !open;
	byId('og-activity').setAttribute('aria-expanded', String(open));
	(open ? byId('og-drawer-close') : byId('og-activity')).focus();
}

/* what happens to the view */

function onState(state, why) {
	const overlay = byId('og-hang'), stopped = state === 'stopped';

	root.dataset.view = state;
	overlay.hidden = state !== 'hanging' && !stopped;
	if (!stopped)
		return;
	byId('og-hang-title').textContent = 'View stopped';
	byId('og-hang-text').textContent = `${why} Nothing it showed has changed any record.`;
	byId('og-hang-buttons').hidden = true;
	byId('og-seal').classList.add('bad');
	byId('og-seal-text').textContent = 'View stopped';
	overlay.focus();
}

// Nothing runs from a file: the command goes to the clipboard and the list.
async function run({ action, argv, command }) {
	const copied = await copyText(command);

	return { text: copied ? `Command copied: ${action.title}` : `Command in Activity: ${action.title}`,
		data: { argv } };
}

const systemTheme = () => matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
const theme = () => root.dataset.theme ?? systemTheme();

const host = createHost({
	frame: byId('og-view'),
	actions: spec.actions,
	principal: spec.principal,
	context: { theme: theme(), locale: 'en-GB', timeZone: 'UTC' },
	served: false,
	run,
	onActivity: addActivity,
	onState,
});

/* the bar */

function fact(name, value, mono) {
	return value && [make('dt', {}, name), make('dd', mono ? { class: 'mono' } : {}, visible(value))];
}

function showSeal() {
	const dialog = make('dialog', { class: 'sh-dialog', 'aria-labelledby': 'og-seal-title' },
		make('div', { class: 'head' }, make('h2', { id: 'og-seal-title' }, 'What this view can do'),
			make('p', {}, 'It was made for one task and runs apart from this page and from everything else.')),
		make('div', { class: 'in' }, make('dl', { class: 'sh-kv' },
			fact('Network', 'None'),
			fact('Page, files, cookies', 'No access'),
			fact('Actions', spec.actions.map(action => action.title).join(', ') || 'None'),
			fact('Effects', 'None from a file: you get the command to paste'),
			fact('Code', spec.level === 'code' ? 'Generated; in a worker without a document' : 'None: known parts only'),
			fact('View', spec.view, true),
			fact('Made by', spec.maker))),
		make('div', { class: 'foot' }, make('button', { class: 'sh-btn', type: 'button', autofocus: true,
			onclick: () => dialog.close() }, 'Close')));

	dialog.addEventListener('close', () => dialog.remove());
	document.body.append(dialog);
	dialog.showModal();
}

function switchTheme() {
	root.dataset.theme = theme() === 'dark' ? 'light' : 'dark';
	host.setTheme(theme());
}

byId('og-seal').addEventListener('click', showSeal);
byId('og-theme').addEventListener('click', switchTheme);
byId('og-activity').addEventListener('click', () => showDrawer(byId('og-drawer').hidden));
byId('og-drawer-close').addEventListener('click', () => showDrawer(false));
byId('og-stop').addEventListener('click', () => host.stop('You stopped it.'));
byId('og-wait').addEventListener('click', () => host.wait());
addEventListener('keydown', event => {
	if (event.key === 'Escape' && !byId('og-drawer').hidden && !document.querySelector('dialog[open]'))
		showDrawer(false);
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => root.dataset.theme || host.setTheme(theme()));
