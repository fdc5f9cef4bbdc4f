// Small parts that every section needs: states of loading and failure in
// words, buttons, and data that is fetched again when something happened.
import { useCallback, useEffect, useRef, useState } from 'react';
import { Alert, Badge, Empty, Tools, safe, wordTone } from '../kit/index.js';
import { ApiError, get } from './api.js';
import { useStore } from './store.js';

export const stateWords = state => safe(String(state ?? '')).replace(/_/g, ' ');

const TONES = { interrupted: 'bad', cancelled: '', expired: 'warn', rejected: 'bad' };

export const State = ({ state }) => <Badge text={stateWords(state)} tone={TONES[state] ?? wordTone(state)} />;

// {data, error, loading, reload()} of a path; path null: nothing is fetched.
// What was there stays while it is fetched again, also when that fails.
export function useData(path, again) {
	const [found, setFound] = useState({ path: null, data: null, error: null });
	const [turn, setTurn] = useState(0);
	const reload = useCallback(() => setTurn(n => n + 1), []);

	useEffect(() => {
		const control = new AbortController();

		if (path === null)
			return undefined;
		get(path, { signal: control.signal }).then(
			data => setFound({ path, data, error: null }),
			error =>
				error instanceof ApiError &&
				setFound(before => ({ path, data: before.path === path ? before.data : null, error })),
		);
		return () => control.abort();
	}, [path, again, turn]);
	const own = found.path === path;
	return {
		data: own ? found.data : null,
		error: own ? found.error : null,
		loading: path !== null && (!own || (!found.data && !found.error)),
		reload,
	};
}

// Grows with every task event, at most once in a while: a list need not be
// fetched for each of a hundred events.
export function useTurn(wait = 300) {
	const turn = useStore(state => state.turn);
	const [calm, setCalm] = useState(turn);
	const timer = useRef(0);

	useEffect(() => {
		if (turn !== calm && !timer.current)
			timer.current = setTimeout(() => {
				timer.current = 0;
				setCalm(turn);
			}, wait);
	}, [turn, calm, wait]);
	useEffect(() => () => clearTimeout(timer.current), []);
	return calm;
}

export function Button({ kind, small, busy, onClick, children, ...rest }) {
	return (
		<button
			type="button"
			className={['og-btn', kind, small && 'sm'].filter(Boolean).join(' ')}
			aria-disabled={busy || undefined}
			onClick={event => !busy && onClick?.(event)}
			{...rest}
		>
			{busy && <span className="og-spin" />}
			{children}
		</button>
	);
}

export function Loading({ what = 'Loading' }) {
	return (
		<div className="ap-loading" role="status">
			<span className="vh">{what}</span>
			<i />
			<i />
			<i />
		</div>
	);
}

const REASONS = {
	0: ['The server cannot be reached', 'The page goes on by itself as soon as it answers.'],
	403: ['Not for your role', ''],
	404: ['Not found', 'It does not exist, or it is not yours to see.'],
	429: ['Too many requests', ''],
	503: ['Too much to do', 'The server has more to do than it takes. Try again in a moment.'],
};

export function Problem({ error, retry }) {
	const [title, text] = REASONS[error.status] ?? ['That did not work', ''];

	return (
		<Alert
			tone={error.status === 403 || error.status === 404 ? 'info' : 'bad'}
			title={title}
			text={[safe(error.message), text]
				.filter((words, i, all) => words && words !== title && all.indexOf(words) === i)
				.join('. ')}
			fix={safe(error.hint ?? '')}
		>
			{retry && error.status !== 403 && (
				<Tools>
					<Button small onClick={retry}>
						Try again
					</Button>
				</Tools>
			)}
		</Alert>
	);
}

// Loading, failed, empty, or the children with the data.
export function Loaded({ from, what, empty, isEmpty, children }) {
	if (from.loading)
		return <Loading what={what} />;
	if (from.error && !from.data)
		return <Problem error={from.error} retry={from.reload} />;
	return (
		<>
			{from.error && <Problem error={from.error} retry={from.reload} />}
			{isEmpty?.(from.data) ? <Empty {...empty} /> : children(from.data)}
		</>
	);
}

// A choice of a few, as a row of buttons; [[value, label, count?]].
export function Choice({ label, options, value, onChange }) {
	return (
		<div className="og-seg ap-choice" role="group" aria-label={label}>
			{options.map(([key, words, n]) => (
				<button key={key} type="button" aria-pressed={key === value} onClick={() => onChange(key)}>
					{words}
					{n !== undefined && <span className="n">{n}</span>}
				</button>
			))}
		</div>
	);
}
