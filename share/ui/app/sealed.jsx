// A generated view in its sealed frame: no network, no access to this page.
// What it asks for goes through the checks and the confirmation of the host
// (shell/host.js) and then to the server, which checks it all again.
import { useEffect, useRef, useState } from 'react';
import { createHost } from '../shell/host.js';
import { get, post } from './api.js';
import { Button, Loading, Problem } from './parts.jsx';
import { read, useStore } from './store.js';
import { themeNow } from './theme.js';

// The one place of this page where text becomes a document: that of a frame
// which is sealed before anything in it runs.
const policy = globalThis.trustedTypes?.createPolicy('og-frame', { createHTML: text => text });
const documentOf = text => (policy ? policy.createHTML(text) : text);

const NOTHING = ['camera', 'microphone', 'geolocation', 'clipboard-read', 'clipboard-write', 'fullscreen']
	.map(what => `${what} 'none'`)
	.join('; ');

function makeFrame(title) {
	const frame = document.createElement('iframe');

	frame.setAttribute('sandbox', 'allow-scripts');
	frame.setAttribute('referrerpolicy', 'no-referrer');
	frame.setAttribute('allow', NOTHING);
	frame.title = title;
	return frame;
}

const pathOf = id => `/api/views/${encodeURIComponent(id)}`;

async function perform({ action, arguments: values, key }, id, onTask) {
	const { task_id: task } = await post(
		`${pathOf(id)}/actions`,
		{ name: action.name, arguments: values },
		{ key },
	);

	onTask?.(task);
	return { text: `Started as task ${task.slice(0, 8)}`, data: { task } };
}

function hostOf({ place, id, title, page, actions, onTask, onStop, onActivity }) {
	const frame = makeFrame(title);
	const host = createHost({
		frame,
		actions,
		principal: read().session.principal,
		served: true,
		onActivity,
		context: { theme: themeNow(read()), locale: 'en-GB', timeZone: 'UTC' },
		run: request => perform(request, id, onTask),
		onState: (state, why) => state === 'stopped' && onStop(why),
	});

	frame.srcdoc = documentOf(page);
	place.append(frame);
	return { host, frame };
}

function Stopped({ why, again }) {
	return (
		<div className="ap-note">
			<b>The view was stopped</b>
			<p>{why} Nothing it showed has changed any record.</p>
			<Button small onClick={again}>
				Show it again
			</Button>
		</div>
	);
}

function Refusals({ all }) {
	if (all.length === 0)
		return null;
	return (
		<details className="ap-refusals">
			<summary>{all.length} refused or failed in this view</summary>
			<ul>
				{all.map((one, i) => (
					<li key={i}>
						<b>{one.what}</b> {one.why}
					</li>
				))}
			</ul>
		</details>
	);
}

const REFUSALS_KEPT = 50;

// id: of a task that has ended. onTask(id): an action began another one.
export function Sealed({ id, title, onTask }) {
	const place = useRef(null),
		latest = useRef(onTask);
	const [turn, setTurn] = useState(0);
	const [state, setState] = useState({ loading: true, error: null, why: '' });
	const [refusals, setRefusals] = useState([]);
	const theme = useStore(themeNow);
	const live = useRef(null);

	latest.current = onTask;
	useEffect(() => {
		const control = new AbortController();

		async function show() {
			const [page, said] = await Promise.all([
				get(pathOf(id), { as: 'text', signal: control.signal }),
				get(`${pathOf(id)}/actions`, { signal: control.signal }),
			]);
			if (control.signal.aborted)
				return;
			live.current = hostOf({
				place: place.current,
				id,
				title,
				page,
				actions: said.actions ?? [],
				onTask: task => latest.current?.(task),
				onStop: why => setState({ loading: false, error: null, why }),
				onActivity: one =>
					one.state === 'refused' && setRefusals(all => [one, ...all].slice(0, REFUSALS_KEPT)),
			});
			setState({ loading: false, error: null, why: '' });
		}
		setState({ loading: true, error: null, why: '' });
		setRefusals([]);
		show().catch(error => error.name !== 'AbortError' && setState({ loading: false, error, why: '' }));
		return () => {
			control.abort();
			live.current?.host.close();
			live.current?.frame.remove();
			live.current = null;
		};
	}, [id, turn]);
	useEffect(() => live.current?.host.setTheme(theme), [theme]);
	return (
		<div className="ap-sealed">
			{state.loading && <Loading what="The view is being made" />}
			{state.error && <Problem error={state.error} retry={() => setTurn(turn + 1)} />}
			{state.why && <Stopped why={state.why} again={() => setTurn(turn + 1)} />}
			<div ref={place} />
			<Refusals all={refusals} />
		</div>
	);
}
