// The host's side of the protocol with a sealed view (og-page(5)): JSON-RPC
// 2.0 over postMessage, in the dialect of MCP Apps. Whatever comes from the
// frame is a request of something that may be hostile; the checks stand in
// receive() and callAction() in the order in which they are made. Used by
// the page in a file and by og-serve's: they differ in what run() does.
import { argvOf, commandOf, problemWith } from './action.js';
import { confirmAction } from './confirm.js';
import { watchFrame } from './watch.js';

export const PROTOCOL = '2026-01-26';

export const LIMITS = {
	bytes: 64 * 1024, // of one message
	rate: 20, // messages a second,
	burst: 40, // and how many may come at once
	frameMin: 200, // pixels a view may be high
	frameMax: 20_000,
};

const NOT_ALLOWED = -32601, BAD_PARAMETERS = -32602, NEEDS_CLICK = -32001, RUNNING = -32002, TOO_MANY = -32005;

const text = message => ({ type: 'text', text: message });
const short = (value, most) => String(value).slice(0, most);
const isObject = value => value !== null && typeof value === 'object' && !Array.isArray(value);

// A bucket that fills with rate tokens a second: take() is false when empty.
function bucket({ rate, burst }) {
	let tokens = burst, last = performance.now();

	return function take() {
		const now = performance.now();

		tokens = Math.min(burst, tokens + (now - last) / 1000 * rate);
		last = now;
		if (tokens < 1)
			return false;
		tokens--;
		return true;
	};
}

// The size of a message as JSON, or -1 for what is none (a cycle, a
// BigInt), which no view of ours sends.
function sizeOf(message) {
	try {
		return JSON.stringify(message)?.length ?? -1;
	} catch {
		return -1;
	}
}

// options:
//   frame      the iframe, sandboxed, whose document is a view
//   actions    what it may ask for: [{name,title,effect,summary,argv,inputSchema}]
//   principal  whose actions they would be
//   context    {theme, locale, timeZone}
//   served     actions run (else a command is handed out)
//   run        async ({action, arguments, argv, command, key}) => {text, data?}; throws what the reader is told
//   onActivity ({state: ok|refused|note, what, why, time})
//   onState    (starting|running|hanging|stopped, why)
//   limits     to narrow LIMITS in tests
export function createHost(options) {
	const limits = { ...LIMITS, ...options.limits };
	const frame = options.frame;
	const context = { theme: 'light', locale: 'en-GB', timeZone: 'UTC', ...options.context };
	const actions = new Map((options.actions ?? []).map(action => [action.name, action]));
	const running = new Set();
	const take = bucket(limits);
	let shown = null, floods = 0, closed = false;

	const tell = (state, what, why) =>
		options.onActivity?.({ state, what, why: why ?? '', time: new Date() });
	// A sealed frame has no origin that could be named here; it gets what
	// this reader may see anyway.
	const send = message => frame.contentWindow?.postMessage({ jsonrpc: '2.0', ...message }, '*');
	const answer = (id, result) => id !== undefined && send({ id, result });
	const refuse = (id, code, message) => id !== undefined && send({ id, error: { code, message } });
	const watch = watchFrame({ send, onState: options.onState, onStop: stop });

	function stop(why) {
		if (closed)
			return;
		closed = true;
		removeEventListener('message', receive);
		watch.end();
		frame.remove();
		tell('refused', 'view stopped', why);
		options.onState?.('stopped', why);
	}

	function hostContext() {
		const known = [...actions.values()].map(({ name, title, effect, summary, inputSchema }) =>
			[name, { title, effect, summary, inputSchema }]);

		return { ...context, displayMode: 'inline', availableDisplayModes: ['inline'],
			og: { actions: Object.fromEntries(known) } };
	}

	// 1 sender, 2 size, 3 shape, 4 rate; what is left goes to its handler.
	function receive(event) {
		if (!frame.contentWindow || event.source !== frame.contentWindow || event.origin !== 'null')
			return;
		watch.heard();
		const message = event.data, size = sizeOf(message);
		if (size < 0 || size > limits.bytes)
			return complain('message refused', size < 0 ? 'not plain JSON' : `larger than ${limits.bytes} bytes`);
		if (!isObject(message) || message.jsonrpc !== '2.0' || !isId(message.id))
			return complain('message refused', 'not JSON-RPC 2.0');
		if (message.method === undefined)
			return; // an answer to ping or teardown
		if (!take()) {
			complain('message refused', 'too many messages');
			return refuse(message.id, TOO_MANY, 'too many messages');
		}
		handle(message.id, String(message.method), isObject(message.params) ? message.params : {});
	}

	const isId = id => id === undefined || Number.isSafeInteger(id) || (typeof id === 'string' && id.length <= 64);

	// A view that floods must not fill the list either: one line for a lot.
	function complain(what, why) {
		if (floods++ % 100 === 0)
			tell('refused', what, why);
	}

	function handle(id, method, params) {
		switch (method) {
		case 'ui/initialize':
			return answer(id, { protocolVersion: PROTOCOL, hostInfo: { name: 'omnigate', version: '1' },
				hostCapabilities: { serverTools: {}, logging: {} }, hostContext: hostContext() });
		case 'ui/notifications/initialized':
			return started();
		case 'ui/notifications/size-changed':
			return resize(params.height);
		case 'notifications/message':
			return note(params);
		case 'tools/call':
			return callAction(id, params);
		case 'ping':
			return answer(id, {});
		default:
			complain(`refused ${short(method, 60)}`, 'not part of the protocol');
			return refuse(id, NOT_ALLOWED, 'not allowed');
		}
	}

	function started() {
		watch.started();
		send({ method: 'ui/notifications/tool-input', params: { arguments: {} } });
		if (shown)
			show(shown);
	}

	function show(content) {
		shown = content;
		send({ method: 'ui/notifications/tool-result', params: { content: [], structuredContent: content } });
	}

	function resize(height) {
		if (Number.isFinite(height))
			frame.style.height = `${Math.min(limits.frameMax, Math.max(limits.frameMin, Math.ceil(height)))}px`;
	}

	function note({ level, data }) {
		const kind = short(data?.kind ?? 'message', 20);

		tell(level === 'error' ? 'refused' : 'note', `view: ${kind}`,
			short(data?.message ?? data?.blocked ?? '', 300));
	}

	// 5 known, 6 schema, 7 a person's hand, 8 one at a time, 9 consent.
	async function callAction(id, { name, arguments: values = {} }) {
		const action = typeof name === 'string' ? actions.get(name) : undefined;

		if (!action) {
			tell('refused', `refused ${short(name, 60)}`, 'not an action of this view');
			return refuse(id, BAD_PARAMETERS, 'this view may not call that action');
		}
		const problem = problemWith(action.inputSchema, values);
		if (problem) {
			tell('refused', `refused ${action.name}`, problem);
			return refuse(id, BAD_PARAMETERS, problem);
		}
		if (navigator.userActivation && !navigator.userActivation.isActive) {
			tell('refused', `refused ${action.name}`, 'nobody clicked');
			return refuse(id, NEEDS_CLICK, 'an action needs a click or a key press');
		}
		if (running.size > 0)
			return refuse(id, RUNNING, 'another action waits for its answer');
		running.add(action.name);
		try {
			answer(id, await perform(action, { ...values }));
		} catch (error) {
			tell('refused', `${action.name} failed`, error.message);
			answer(id, { content: [text(error.message)], isError: true });
		} finally {
			running.delete(action.name);
		}
	}

	async function perform(action, values) {
		const argv = argvOf(action, values), command = commandOf(argv);
		const request = { action, arguments: values, argv, command, key: crypto.randomUUID?.() ?? randomKey() };

		// From a file all there is to have is the command, so it is shown.
		if ((action.effect !== 'read' || !options.served) && !await watch.paused(() => confirmAction(request, options))) {
			tell('note', `${action.name} cancelled`);
			return { content: [text('Cancelled')], isError: true };
		}
		const result = await options.run(request);
		tell('ok', action.name, command);
		return { content: [text(result?.text ?? 'Done')], structuredContent: result?.data };
	}

	// crypto.randomUUID is for secure contexts; an idempotency key needs one anywhere.
	function randomKey() {
		return [...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, '0')).join('');
	}

	addEventListener('message', receive);
	return {
		send: show,
		stop,
		wait: () => watch.heard(),
		get stopped() { return closed; },
		setTheme(theme) {
			context.theme = theme;
			send({ method: 'ui/notifications/host-context-changed', params: { theme } });
		},
		close() {
			send({ id: 'close', method: 'ui/resource-teardown', params: { reason: 'closed' } });
			closed = true;
			removeEventListener('message', receive);
			watch.end();
		},
	};
}
