// What runs inside the sealed frame: draws a tree with the kit and talks to
// the page around it in the dialect of MCP Apps (og-page(5)). The tree was
// checked by og-render; live code (--allow-code) runs in a worker without a
// document and sends trees of its own, which are taken as hostile. Either
// way nothing here is ever markup, code or an address.
import { Component } from 'react';
import { createRoot } from 'react-dom/client';
import { Ctx } from './parts.jsx';
import { connect } from './bridge.js';
import { drawTree, ViewError } from './draw.jsx';
import { startWorker } from './live.js';

const root = document.getElementById('root');
const block = id => document.getElementById(id)?.textContent;
const state = { context: {}, tree: null, error: null, version: 0 };
const reactRoot = createRoot(root);
let worker = null;

// A component that throws takes the view down, not the page: the reader
// sees what went wrong, the host hears of it.
class Boundary extends Component {
	constructor(props) {
		super(props);
		this.state = { error: null };
	}

	static getDerivedStateFromError(error) {
		return { error };
	}

	componentDidCatch(error) {
		bridge.report('error', { kind: 'render', message: `${error.name}: ${error.message}`.slice(0, 500) });
	}

	render() {
		return this.state.error ? <ViewError error={this.state.error} /> : this.props.children;
	}
}

function hostValue() {
	const { locale = 'en-GB', timeZone = 'UTC', theme = 'light', og } = state.context;

	return { locale, timeZone, theme, actions: og?.actions ?? {}, call: bridge.call };
}

function View() {
	if (state.error)
		return <ViewError error={state.error} />;
	return state.tree && drawTree(state.tree, worker?.event);
}

function draw() {
	reactRoot.render(
		<Boundary key={state.version}>
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
	bridge.report('error', { kind, message: `${error.name}: ${error.message}`.slice(0, 500) });
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

if (block('og-code')) {
	worker = startWorker(block('og-code'), JSON.parse(block('og-data') ?? '{}'),
		{ show, fail, call: bridge.call });
} else if (block('og-tree')) {
	state.tree = JSON.parse(block('og-tree'));
}
draw();
watchHeight();
bridge.begin();
