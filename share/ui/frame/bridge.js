// The frame's side of the protocol: JSON-RPC 2.0 over postMessage to the
// page around it. Only that page is listened to. Without one (the document
// opened by itself) the view stands as it is and nothing can be called.
const PROTOCOL = '2026-01-26';
const RATE = 15, BURST = 30; // below the host's own, so that it never has to refuse
const AGAIN = 250; // ms between greetings

const alone = window.parent === window;

export function connect({ onContext, onContent, onTeardown }) {
	const waiting = new Map();
	let last = 0, tokens = BURST, filled = performance.now();

	const post = message => alone || window.parent.postMessage({ jsonrpc: '2.0', ...message }, '*');
	const notify = (method, params) => post({ method, params });

	// every: it is said again after so many ms, until there is an answer.
	function request(method, params, { every } = {}) {
		const message = { id: ++last, method, params };

		if (alone)
			return Promise.reject(new Error('There is no page around this view'));
		return new Promise((resolve, reject) => {
			const timer = every && setInterval(post, every, message);

			waiting.set(message.id, { resolve, reject, timer });
			post(message);
		});
	}

	function settle({ id, result, error }) {
		const promise = waiting.get(id);

		waiting.delete(id);
		clearInterval(promise?.timer);
		if (error)
			promise?.reject(new Error(String(error.message)));
		else
			promise?.resolve(result);
	}

	function handle({ id, method, params }) {
		if (method === 'ping')
			post({ id, result: {} });
		else if (method === 'ui/notifications/tool-result')
			onContent(params?.structuredContent);
		else if (method === 'ui/notifications/host-context-changed')
			onContext(params);
		else if (method === 'ui/resource-teardown') {
			onTeardown();
			post({ id, result: {} });
		}
	}

	addEventListener('message', event => {
		const message = event.data;

		if (event.source !== window.parent || message?.jsonrpc !== '2.0')
			return;
		if (message.method === undefined)
			settle(message);
		else
			handle(message);
	});

	// Reports may be lost, answers not: a loop of errors must not use up
	// what calls need.
	function mayReport() {
		const now = performance.now();

		tokens = Math.min(BURST, tokens + (now - filled) / 1000 * RATE);
		filled = now;
		return tokens >= 1 && tokens-- > 0;
	}

	// The last height is never lost, those on the way to it may be.
	let pending = 0, height = 0;

	function sendSize() {
		pending = mayReport() ? 0 : setTimeout(sendSize, 250);
		if (!pending)
			notify('ui/notifications/size-changed', { width: innerWidth, height });
	}

	function size(now) {
		height = now;
		if (!pending)
			sendSize();
	}

	return {
		// An action by name. Always an answer, never a throw: a refusal is
		// something to show.
		call: (name, params) => request('tools/call', { name, arguments: params ?? {} }).catch(error =>
			({ content: [{ type: 'text', text: error.message }], isError: true })),
		report(level, data) {
			if (mayReport())
				notify('notifications/message', { level, logger: 'view', data });
		},
		size,
		// A frame may be ready before the page around it listens, and what is
		// said to nobody is lost.
		async begin() {
			if (alone)
				return;
			const answer = await request('ui/initialize', { protocolVersion: PROTOCOL,
				appInfo: { name: 'og-view', version: '1' },
				appCapabilities: { availableDisplayModes: ['inline'] } }, { every: AGAIN });
			onContext(answer?.hostContext ?? {});
			notify('ui/notifications/initialized', {});
		},
	};
}
