// Is the view still there? A frame that never says it is ready, or gives no
// answer to a ping, is busy, stuck, or navigated away; the page around it
// goes on and offers to stop it. Where the browser runs the frame in the
// page's own process a loop in it would stop us as well: then nothing here
// runs, and no harm is done either.
export const TIMES = {
	ping: 1000, // ms between pings
	start: 10_000, // for a view to say that it is ready, until the reader is asked
	hang: 3000, // of silence, until the reader is asked
	kill: 30_000, // of either, until it is stopped unasked: a slow machine is no hang
};

// send(message) reaches the frame; onState('running'|'hanging'); onStop(why).
export function watchFrame({ send, onState, onStop, times = TIMES }) {
	const born = performance.now();
	let alive = false, last = born, pings = 0, hanging = false, pauses = 0;

	function change(next) {
		if (next !== hanging) {
			hanging = next;
			onState?.(hanging ? 'hanging' : 'running', '');
		}
	}

	// A page that is not looked at gets no turns: neither side is to blame.
	function look() {
		const now = performance.now();

		if (document.hidden || pauses > 0) {
			last = now;
			return;
		}
		if (alive)
			send({ id: `ping-${pings++}`, method: 'ping', params: {} });
		const quiet = now - last;
		if (quiet > times.kill)
			onStop(alive ? `It gave no answer for ${times.kill / 1000} seconds.` : 'It never began.');
		else
			change(quiet > (alive ? times.hang : times.start));
	}

	const timer = setInterval(look, times.ping);
	onState?.('starting', '');
	return {
		started() {
			alive = true;
			last = performance.now();
			onState?.('running', '');
		},
		heard() {
			last = performance.now();
			change(false);
		},
		// Nobody waits for a view while a dialog waits for the reader.
		async paused(task) {
			pauses++;
			try {
				return await task();
			} finally {
				pauses--;
				last = performance.now();
			}
		},
		end: () => clearInterval(timer),
	};
}
