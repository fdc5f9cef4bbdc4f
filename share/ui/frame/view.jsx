// What runs inside the sealed frame: draws a tree with the kit and talks to
// the page around it in the dialect of MCP Apps (og-page(5)). The tree was
// checked by og-render. Only a page made with --allow-code brings the means
// for live code, which runs in a worker without a document and sends trees
// of its own, taken as hostile. Either way nothing here is ever markup or
// an address.
import { createRoot } from 'react-dom/client';
import { Boundary, Ctx, Failure, Tree } from '../kit/index.js';
import { connect } from './bridge.js';

const root = document.getElementById('root');
const block = id => document.getElementById(id)?.textContent;
const state = { context: {}, tree: null, error: null, version: 0 };
const reactRoot = createRoot(root);
let worker = null;

function hostValue() {
	const { locale = 'en-GB', timeZone = 'UTC', theme = 'light', og } = state.context;

	return { locale, timeZone, theme, actions: og?.actions ?? {}, call: bridge.call };
}

const words = error => `${error.name}: ${error.message}`.slice(0, 500);

// A view that cannot be drawn takes nothing else down: the reader sees what
// went wrong, the host hears of it.
function View() {
	if (state.error)
		return (
			<Failure
				title={state.error.name === 'Stopped' ? 'View stopped' : 'View failed'}
				text="The result it was made from is not touched by that." detail={words(state.error)}
			/>
		);
	if (!state.tree)
		return null;
	return worker ? <worker.Tree tree={state.tree} event={worker.event} /> : <Tree tree={state.tree} />;
}

const report = (kind, error) => bridge.report('error', { kind, message: words(error) });

function draw() {
	reactRoot.render(
		<Boundary key={state.version} onError={error => report('render', error)}>
			<Ctx.Provider value={hostValue()}><View /></Ctx.Provider>
		</Boundary>);
}

function show(tree) {
	state.tree = tree;
	state.error = null;
	draw();
}

function fail(error, kind) {
	state.error = error;
	state.version++; // a boundary that caught something begins anew
	report(kind, error);
	draw();
}

function adopt(context) {
	Object.assign(state.context, context);
	if (state.context.theme === 'light' || state.context.theme === 'dark')
		document.documentElement.dataset.theme = state.context.theme;
	draw();
}

// New content from the host: a tree, or data for live code.
function receive(content) {
	if (content?.tree)
		show(content.tree);
	else if (content && worker)
		worker.data(content);
}

function tearDown() {
	reactRoot.unmount();
	worker?.end();
}

function watchHeight() {
	let last = 0;

	new ResizeObserver(() => {
		const height = Math.ceil(root.getBoundingClientRect().height);

		if (Math.abs(height - last) > 1)
			bridge.size(last = height);
	}).observe(root);
}

const bridge = connect({ onContext: adopt, onContent: receive, onTeardown: tearDown });

addEventListener('error', event =>
	bridge.report('error', { kind: 'script', message: String(event.message).slice(0, 500) }));
addEventListener('unhandledrejection', event =>
	bridge.report('error', { kind: 'promise', message: String(event.reason?.message ?? event.reason).slice(0, 500) }));
addEventListener('securitypolicyviolation', event =>
	bridge.report('warning', { kind: 'csp', message: `${event.effectiveDirective} ${event.blockedURI}`.slice(0, 200) }));

// startLive(code, data, means): what runs code, in a page that may hold some.
export function begin(startLive) {
	if (startLive && block('og-code'))
		worker = startLive(block('og-code'), JSON.parse(block('og-data')), { show, fail, call: bridge.call });
	else if (block('og-tree'))
		state.tree = JSON.parse(block('og-tree'));
	draw();
	watchHeight();
	bridge.begin();
}
