// What happens on the server, as it happens: server-sent events read with
// fetch, so that a 401 can be told from a server that is away. A stream that
// ends, or says nothing for longer than its heartbeat, is opened again, each
// time a little later.
import { reach } from './api.js';

export const TIMES = { first: 400, most: 10_000, quiet: 40_000 };

// Feeds text in pieces; calls tell(event, data) for each whole event.
export function parser(tell) {
	let rest = '',
		event = 'message',
		data = [];

	function line(text) {
		if (text === '') {
			if (data.length > 0)
				tell(event, data.join('\n'));
			event = 'message';
			data = [];
		} else if (text.startsWith('event:')) {
			event = text.slice(6).trim();
		} else if (text.startsWith('data:')) {
			data.push(text.slice(5).replace(/^ /, ''));
		}
	}
	return piece => {
		const lines = (rest + piece).split(/\r\n|\n|\r/);

		rest = lines.pop();
		lines.forEach(line);
	};
}

function decoded(tell) {
	return (event, data) => {
		try {
			tell(event, JSON.parse(data));
		} catch {
			// not ours: ignored
		}
	};
}

async function read(response, take, heard) {
	const reader = response.body.getReader(),
		decoder = new TextDecoder();

	for (;;) {
		const { done, value } = await reader.read();
		if (done)
			return;
		heard();
		take(decoder.decode(value, { stream: true }));
	}
}

// onEvent(name, data); onState('live' | 'away' | 'polling');
// polling: the server is there but gives no stream. onExpired(). Returns stop().
export function listen({ onEvent, onState, onExpired, times = TIMES }) {
	let stopped = false,
		tries = 0,
		timer = 0,
		silence = 0,
		control;

	function heard() {
		clearTimeout(silence);
		silence = setTimeout(() => control.abort(), times.quiet);
	}
	async function open() {
		control = new AbortController();
		heard();
		const response = await reach('/api/events', {
			headers: { Accept: 'text/event-stream' },
			signal: control.signal,
		});

		if (response.status === 401) {
			stop();
			onExpired();
			return '';
		}
		if (!response.ok || !response.body)
			return 'polling';
		tries = 0;
		onState('live');
		await read(response, parser(decoded(onEvent)), heard);
		return 'away';
	}
	async function run() {
		let link = 'away';

		clearTimeout(timer);
		timer = 0;
		try {
			link = await open();
		} catch {
			// away
		}
		clearTimeout(silence);
		if (stopped)
			return;
		onState(link);
		timer = setTimeout(
			run,
			Math.min(times.most, times.first * 2 ** tries++) * (0.75 + Math.random() / 2),
		);
	}
	// The network is back: no need to wait any longer.
	function now() {
		if (stopped || !timer)
			return;
		tries = 0;
		run();
	}
	function stop() {
		stopped = true;
		clearTimeout(timer);
		clearTimeout(silence);
		removeEventListener('online', now);
		control?.abort();
	}
	addEventListener('online', now);
	run();
	return stop;
}
