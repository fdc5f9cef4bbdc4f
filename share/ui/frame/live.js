// Live code in a worker without a document: started, fed, and stopped when
// it gives no answer. Every message to it has a number; it says which it is
// done with, so that silence is known for what it is. What it sends is
// hostile: trees go through the same list as any, calls through the host.
export const SILENCE_MS = 2000;
const LOOK_MS = 250;
const MESSAGES_MAX = 400; // a second; a view has no use for more
const TREE_MAX = 4_000_000; // characters

class Stopped extends Error {
	name = 'Stopped';
}

// The one place that names a script's address, and only that of a blob.
function scriptAddress(code) {
	const address = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));

	if (!window.trustedTypes)
		return address;
	return window.trustedTypes.createPolicy('og-worker', {
		createScriptURL(given) {
			if (!given.startsWith('blob:'))
				throw new TypeError('not an address of a worker');
			return given;
		},
	}).createScriptURL(address);
}

function thrown({ name, message }) {
	const error = new Error(String(message).slice(0, 500));

	error.name = String(name).slice(0, 40);
	return error;
}

// show(tree), fail(error, kind), call(name, params): what the view's
// messages come to. data(), event() and end() reach it.
export function startWorker(code, data, { show, fail, call }) {
	let worker = new Worker(scriptAddress(code)), ready = false;
	let sent = 1, done = 0, since = performance.now(), heard = 0;

	function tell(message) {
		if (!worker)
			return;
		if (done === sent)
			since = performance.now();
		worker.postMessage({ ...message, n: ++sent });
	}

	function end() {
		worker?.terminate();
		worker = null;
		clearInterval(timer);
	}

	function kill(why) {
		end();
		fail(new Stopped(why), 'hang');
	}

	const timer = setInterval(() => {
		heard = 0;
		if (done === sent)
			tell({ t: 'ping' });
		else if (performance.now() - since > SILENCE_MS)
			kill(`The code of this view gave no answer for ${SILENCE_MS / 1000} seconds and was stopped.`);
	}, LOOK_MS);

	// A tree comes as text: what JSON cannot say (an object without a
	// constructor, which a renderer may take for an element of its own) does
	// not get here.
	function receiveTree(text) {
		if (typeof text !== 'string' || text.length > TREE_MAX)
			return fail(new TypeError('the code of this view sent no tree'), 'render');
		try {
			return show(JSON.parse(text));
		} catch (error) {
			return fail(error, 'render');
		}
	}

	async function answerCall({ id, name, args }) {
		tell({ t: 'answer', id, result: await call(String(name), args) });
	}

	function receive(message) {
		switch (message.t) {
		case 'ready':
			ready = true;
			done = 1;
			return tell({ t: 'data', data });
		case 'done':
			done = Number.isSafeInteger(message.n) && message.n <= sent ? Math.max(done, message.n) : done;
			since = performance.now();
			return undefined;
		case 'tree':
			return receiveTree(message.tree);
		case 'error':
			return fail(thrown(message), 'render');
		case 'call':
			return answerCall(message);
		default:
			return undefined;
		}
	}

	worker.onerror = event => {
		event.preventDefault();
		fail(thrown({ name: 'Error', message: event.message }), 'script');
	};
	worker.onmessage = ({ data: message }) => {
		if (++heard > MESSAGES_MAX * LOOK_MS / 1000)
			return kill('The code of this view sent too many messages and was stopped.');
		return message && typeof message === 'object' && worker && receive(message);
	};
	return {
		data(content) {
			data = content;
			if (ready)
				tell({ t: 'data', data });
		},
		event: (fn, argument) => tell({ t: 'event', fn, args: [argument] }),
		end,
	};
}
